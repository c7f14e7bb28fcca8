"""An ICMP echo, where the kernel lets people without privileges send one; else a connection, if a port is given."""

from icmplib import ICMPLibError, SocketPermissionError, async_ping

from monitor.checks import text
from monitor.checks.probes.probe import Probe, Result, place, require
from monitor.checks.probes.tcp import Tcp
from myweb.network_policy import Reach, resolve_host
from myweb.stored_text import Duration, join_texts
from myweb.stored_text import stored_gettext as _

COUNT = 3


class Ping(Probe, tag="ping"):
    """Target ``host``."""

    port: int = 0  # connected to instead, where the kernel refuses pings

    def check(self) -> None:
        require(0 <= self.port < 65536, _("The port must be a number from 1 to 65535."))
        place(self.target, self.port or 1)

    async def ask(self, reach: Reach) -> Result:
        host = place(self.target, self.port or 1)[0]
        address = (await resolve_host(host, self.port, reach))[0]
        try:
            found = await async_ping(address, count=COUNT, interval=0.2, timeout=1, privileged=False)
        except SocketPermissionError:
            return await self.connect_instead(host, reach)
        except ICMPLibError as error:
            return Result(False, text.trouble(error))
        if not found.is_alive:
            return Result(False, _("No response to %(count)d pings.") % {"count": COUNT}, None, {"loss": 100.0})
        seconds = found.avg_rtt / 1000
        numbers = {"loss": found.packet_loss * 100, "jitter": found.jitter / 1000}
        return Result(True, _("Responded in %(time)s.") % {"time": Duration(seconds)}, seconds, numbers)

    async def connect_instead(self, host: str, reach: Reach) -> Result:
        refused = _("The kernel of the collector's machine does not allow pings (net.ipv4.ping_group_range).")
        if not self.port:
            return Result(None, join_texts(refused, _("Give a port to connect to instead.")))
        target = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
        result = await Tcp(target=target).ask(reach)
        result.said = join_texts(result.said, refused)
        return result
