"""An ICMP echo if the kernel allows it without privileges, else a TCP connection if a port is configured."""

from icmplib import ICMPLibError, SocketPermissionError, async_ping

from monitor.checks import text
from monitor.checks.probes.probe import Probe, Result, parse_host_port, require_valid
from monitor.checks.probes.tcp import TcpProbe
from myweb.network_policy import Reach, resolve_host
from myweb.stored_text import Duration, join_texts
from myweb.stored_text import stored_gettext as _

COUNT = 3


class PingProbe(Probe, tag="ping"):
    """Target ``host``."""

    port: int = 0  # connected to instead, if the kernel does not allow pings

    def check(self) -> None:
        require_valid(0 <= self.port < 65536, _("The port must be a number from 1 to 65535."), "port")
        parse_host_port(self.target, self.port or 1)

    async def run(self, reach: Reach) -> Result:
        host = parse_host_port(self.target, self.port or 1)[0]
        address = (await resolve_host(host, self.port, reach))[0]
        try:
            reply = await async_ping(address, count=COUNT, interval=0.2, timeout=1, privileged=False)
        except SocketPermissionError:
            return await self.connect_instead(host, reach)
        except ICMPLibError as error:
            return Result(False, text.describe_probe_error(error))
        if not reply.is_alive:
            return Result(False, _("No response to %(count)d pings.") % {"count": COUNT}, None, {"loss": 100.0})
        seconds = reply.avg_rtt / 1000
        numbers = {"loss": reply.packet_loss * 100, "jitter": reply.jitter / 1000}
        return Result(True, _("Responded in %(time)s.") % {"time": Duration(seconds)}, seconds, numbers)

    async def connect_instead(self, host: str, reach: Reach) -> Result:
        refused = _("The kernel of the collector's machine does not allow pings (net.ipv4.ping_group_range).")
        if not self.port:
            return Result(None, join_texts(refused, _("Give a port to connect to instead.")))
        target = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
        result = await TcpProbe(target=target).run(reach)
        result.message = join_texts(result.message, refused)
        return result
