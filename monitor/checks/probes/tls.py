"""The certificate of a TLS server: how many days it is still good, for which names, and who vouches for it."""

import math
import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from monitor.checks import text
from monitor.checks.probes.certificates import chain_of, common_names, ends_first, fault_of, names_of
from monitor.checks.probes.probe import Probe, Result, ascii_host, place, require
from monitor.checks.probes.tcp import Line, connect, hang_up
from monitor.metrics.tls_contexts import get_tls_context_async
from myweb.network_policy import Reach

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

DAY = 86_400


class Tls(Probe, tag="tls"):
    """Target ``host`` or ``host:port``."""

    days: int = 14  # fewer are a failure
    name: str = ""  # that the certificate must be for, if it is another than the host
    verify: bool = True  # that somebody known here vouches for it

    def check(self) -> None:
        place(self.target, 443)
        ascii_host(self.name)
        require(0 <= self.days <= 3650, _("The number of days must be at most 3650."))

    def prepare(self) -> None:
        import cryptography.x509  # noqa: F401 - 6 MB, and no time of the first check

    async def ask(self, reach: Reach) -> Result:
        host, port = place(self.target, 443)
        times: dict[str, float] = {}
        problem = ""
        try:
            chain = await self.chain(host, port, reach, times, self.verify)
        except ssl.SSLCertVerificationError as error:
            problem = text.trouble(error)
            times.clear()
            chain = await self.chain(host, port, reach, times, False)
        if not self.verify:
            problem = fault_of(chain, ascii_host(self.name) or host)
        first = ends_first(chain)
        left = (first.not_valid_after_utc - datetime.now(UTC)).total_seconds() / DAY
        times["days"] = round(left, 2)
        return self.judged(problem, math.floor(left), chain, times)

    async def chain(
        self, host: str, port: int, reach: Reach, times: dict[str, float], verify: bool
    ) -> list["Certificate"]:
        tls = await get_tls_context_async(verify=verify)
        _reader, writer = await self.line(host, port, reach, times, tls)
        try:
            return chain_of(writer.get_extra_info("ssl_object"))
        finally:
            await hang_up(writer)

    async def line(self, host: str, port: int, reach: Reach, times: dict[str, float], tls: ssl.SSLContext) -> Line:
        return await connect((host, port), reach, times, tls=tls, name=ascii_host(self.name))

    def judged(self, problem: str, left: int, chain: list["Certificate"], times: dict[str, float]) -> Result:
        if problem:
            names = ", ".join(names_of(chain[0]))[:120]
            said = f"{problem} {_('It is for %(names)s.') % {'names': names}}" if names else problem
            return Result(False, said, None, times)
        return Result(left >= self.days, days_left(left, chain), None, times)


def days_left(left: int, chain: list["Certificate"]) -> str:
    first = ends_first(chain)
    if first is chain[0]:
        return ngettext(
            "The certificate is valid for %(days)d day.", "The certificate is valid for %(days)d days.", left
        ) % {"days": left}
    name = ", ".join(common_names(first)) or first.subject.rfc4514_string()
    return ngettext(
        "The intermediate certificate “%(name)s” is valid for %(days)d day.",
        "The intermediate certificate “%(name)s” is valid for %(days)d days.",
        left,
    ) % {"days": left, "name": name[:100]}
