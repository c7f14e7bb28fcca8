"""A probe of a TLS certificate: remaining days, names and trust."""

import math
import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from monitor.checks import result_text
from monitor.checks.probe_helpers.certificate_chain import (
    find_fault,
    find_first_to_expire,
    load_chain,
    read_certificate_names,
    read_common_names,
)
from monitor.checks.probes.probe import Probe, Result, encode_host, parse_host_port, require_valid
from myweb.network_policy import Reach
from myweb.stored_text import join_texts
from myweb.stored_text import stored_gettext as _
from myweb.stored_text import stored_ngettext as ngettext
from myweb.tcp_streams import TcpStreams, close_streams, open_streams
from myweb.tls_contexts import get_tls_context_async

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

DAY = 86_400


class CertificateProbe(Probe, tag="tls"):
    """Target ``host`` or ``host:port``."""

    days: int = 14  # fewer days are a failure
    name: str = ""  # expected name, if it differs from the host
    verify: bool = True  # require a trusted issuer

    def check(self) -> None:
        parse_host_port(self.target, 443)
        encode_host(self.name, "name")
        require_valid(0 <= self.days <= 3650, _("The number of days must be at most 3650."), "days")

    def prepare(self) -> None:
        import cryptography.x509  # noqa: F401 - 6 MB, and no time of the first check

    async def run(self, reach: Reach) -> Result:
        host, port = parse_host_port(self.target, 443)
        times: dict[str, float] = {}
        problem = ""
        try:
            chain = await self.load_chain(host, port, reach, times, self.verify)
        except ssl.SSLCertVerificationError as error:
            problem = result_text.describe_probe_error(error)
            times.clear()
            chain = await self.load_chain(host, port, reach, times, False)
        if not self.verify:
            problem = find_fault(chain, encode_host(self.name) or host)
        first = find_first_to_expire(chain)
        remaining_days = (first.not_valid_after_utc - datetime.now(UTC)).total_seconds() / DAY
        times["days"] = round(remaining_days, 2)
        return self.evaluate(problem, math.floor(remaining_days), chain, times)

    async def load_chain(
        self, host: str, port: int, reach: Reach, times: dict[str, float], verify: bool
    ) -> list["Certificate"]:
        tls = await get_tls_context_async(verify=verify)
        _reader, writer = await self.open_streams(host, port, reach, times, tls)
        try:
            return load_chain(writer.get_extra_info("ssl_object"))
        finally:
            await close_streams(writer)

    async def open_streams(
        self, host: str, port: int, reach: Reach, times: dict[str, float], tls: ssl.SSLContext
    ) -> TcpStreams:
        return await open_streams((host, port), reach, times, tls=tls, name=encode_host(self.name))

    def evaluate(
        self, problem: str, remaining_days: int, chain: list["Certificate"], times: dict[str, float]
    ) -> Result:
        if problem:
            names = ", ".join(read_certificate_names(chain[0]))[:120]
            sentence = join_texts(problem, _("It is for %(names)s.") % {"names": names}) if names else problem
            return Result(False, sentence, None, times)
        return Result(remaining_days >= self.days, describe_days_left(remaining_days, chain), None, times)


def describe_days_left(remaining_days: int, chain: list["Certificate"]) -> str:
    first = find_first_to_expire(chain)
    if first is chain[0]:
        return ngettext(
            "The certificate is valid for %(days)d day.", "The certificate is valid for %(days)d days.", remaining_days
        ) % {"days": remaining_days}
    name = ", ".join(read_common_names(first)) or first.subject.rfc4514_string()
    return ngettext(
        "The intermediate certificate “%(name)s” is valid for %(days)d day.",
        "The intermediate certificate “%(name)s” is valid for %(days)d days.",
        remaining_days,
    ) % {"days": remaining_days, "name": name[:100]}
