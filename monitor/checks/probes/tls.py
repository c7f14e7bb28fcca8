"""The certificate of a TLS server: how many days it is still good, for which names, and who vouches for it."""

import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from monitor.checks import words
from monitor.checks.probes.probe import Probe, Result, place, require
from monitor.checks.probes.tcp import Line, connect, hang_up
from monitor.checks.reach import Reach

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
        require(0 <= self.days <= 3650, _("The days are a number up to 3650."))

    async def ask(self, reach: Reach) -> Result:
        host, port = place(self.target, 443)
        times: dict[str, float] = {}
        problem = ""
        try:
            certificate = await self.certificate(host, port, reach, times, ssl.create_default_context())
        except ssl.SSLCertVerificationError as error:
            problem = self.problem(error)
            certificate = await self.certificate(host, port, reach, times, trusting())
        left = (certificate.not_valid_after_utc - datetime.now(UTC)).total_seconds() / DAY
        times["days"] = round(left, 2)
        return self.judged(problem, int(left), certificate, times)

    async def certificate(
        self, host: str, port: int, reach: Reach, times: dict[str, float], tls: ssl.SSLContext
    ) -> "Certificate":
        from cryptography.x509 import load_der_x509_certificate  # 6 MB, which only the collector needs

        _reader, writer = await self.line(host, port, reach, times, tls)
        try:
            told = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        finally:
            await hang_up(writer)
        return load_der_x509_certificate(told)

    async def line(self, host: str, port: int, reach: Reach, times: dict[str, float], tls: ssl.SSLContext) -> Line:
        return await connect((host, port), reach, times, tls=tls, name=self.name)

    def problem(self, error: ssl.SSLCertVerificationError) -> str:
        """Empty if it is one that this check does not mind; a wrong name is always minded."""
        return words.trouble(error) if self.verify or error.verify_code in {9, 10, 62, 64} else ""

    def judged(self, problem: str, left: int, certificate: "Certificate", times: dict[str, float]) -> Result:
        if problem:
            names = ", ".join(names_of(certificate))[:120]
            said = f"{problem} {_('It is for %(names)s.') % {'names': names}}" if names else problem
            return Result(False, said, None, times)
        said = ngettext("The certificate is good for %(days)d day.", "The certificate is good for %(days)d days.", left)
        return Result(left >= self.days, said % {"days": left}, None, times)


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def names_of(certificate: "Certificate") -> list[str]:
    from cryptography import x509

    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [str(each.value) for each in found]
