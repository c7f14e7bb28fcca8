"""A question to a name server: which records there are, and whether they are the expected ones."""

import re
import time
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from monitor.checks import text as words
from monitor.checks.probes.dns_records import BadValue, check_expected, matches_expected, readings, text_of, value_of
from monitor.checks.probes.probe import Probe, Result, place, require, time_left
from myweb.network_policy import Reach, resolve_host
from myweb.stored_text import Duration, join_texts
from myweb.stored_text import stored_gettext as _

if TYPE_CHECKING:
    from dns.asyncresolver import Resolver
    from dns.name import Name

RECORDS = ("A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT", "CAA")
TRY_AGAIN = 2.0  # seconds without an answer, after which the request is sent again


class Dns(Probe, tag="dns"):
    """Target: a name, or for PTR also an address."""

    record: str = "A"
    expect: str = ""  # values that must be there, and no others; one a line
    server: str = ""  # "192.0.2.1:53"; else that of the collector's machine

    def check(self) -> None:
        require(self.record in RECORDS, _("The record type must be one of %(all)s.") % {"all": ", ".join(RECORDS)})
        require(self.target and not any(sign.isspace() for sign in self.target), _("A name can't contain spaces."))
        if self.server:
            place(self.server, 53)
        try:
            name_of(self.target, self.record)
            check_expected(self.record, self.expect)
        except BadValue as error:
            told = {"value": str(error)[:100], "record": self.record}
            require(False, _("“%(value)s” is not a valid %(record)s record.") % told)

    def prepare(self) -> None:
        import dns.asyncresolver  # noqa: F401 - 3 MB, and no time of the first check

    async def ask(self, reach: Reach) -> Result:
        import dns.exception  # only the collector needs it
        import dns.resolver

        name, resolver = name_of(self.target, self.record), await self.resolver(reach)
        begun = time.perf_counter()
        try:
            answer = await resolver.resolve(name, self.record, search=False)
        except dns.resolver.NXDOMAIN:
            return Result(False, _("This name does not exist."))
        except dns.resolver.NoAnswer:
            return Result(False, _("The name has no %(record)s record.") % {"record": self.record})
        except dns.resolver.NoNameservers as error:
            return Result(False, refusal(error))
        except dns.resolver.NoResolverConfiguration:
            return Result(False, _("The collector's machine has no name server configured."))
        except dns.exception.Timeout:
            raise TimeoutError from None
        except dns.exception.DNSException as error:
            return Result(False, f"{str(error).rstrip('.')}.")
        seconds = time.perf_counter() - begun
        return self.judged(list(answer), answer.rrset.ttl if answer.rrset else 0, seconds)

    def judged(self, records: list[Any], ttl: int, seconds: float) -> Result:
        found = ", ".join(sorted(map(text_of, records)))
        numbers = {"records": float(len(records)), "ttl": float(ttl)}
        if self.expect.strip() and not matches_expected(self.record, self.expect, {value_of(each) for each in records}):
            wanted = ", ".join(sorted(readings(self.expect)[-1]))
            said = _("Got %(found)s, expected %(wanted)s.") % {"found": found[:120], "wanted": wanted[:120]}
            return Result(False, said, seconds, numbers)
        fine = _("%(values)s in %(time)s.") % {"values": found[:200], "time": Duration(seconds)}
        return Result(True, fine, seconds, numbers)

    async def resolver(self, reach: Reach) -> "Resolver":
        from dns.asyncresolver import Resolver

        resolver = Resolver(configure=not self.server)
        if self.server:
            host, port = place(self.server, 53)
            resolver.nameservers, resolver.port = list(await resolve_host(host, port, reach)), port
        resolver.timeout = TRY_AGAIN
        resolver.lifetime = time_left() or TRY_AGAIN
        return resolver


def name_of(target: str, record: str) -> "Name":
    """Raises :class:`BadValue`."""
    import dns.exception
    import dns.name
    import dns.reversename

    try:
        if record == "PTR" and is_address(target):
            return dns.reversename.from_address(target)
        return dns.name.from_text(target, idna_codec=dns.name.IDNA_2008_Practical)
    except dns.exception.DNSException:
        raise BadValue(target) from None


def is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def refusal(error: Any) -> str:
    """What the name servers answered instead of an answer; the last one speaks for all."""
    from dns.rcode import to_text

    *_others, (server, _tcp, _port, trouble, response) = error.kwargs.get("errors") or [(None,) * 5]
    if response is None:
        why = words.trouble(trouble) if isinstance(trouble, OSError) else ""
        return join_texts(_("No name server gave an answer."), why)
    told = {"server": re.sub(r"\ADo53:|@\d+\Z", "", str(server)), "code": to_text(response.rcode())}
    return RCODES.get(told["code"], RCODES["OTHER"])() % told


RCODES = {
    "REFUSED": lambda: _("The name server %(server)s refused to answer (REFUSED)."),
    "SERVFAIL": lambda: _("The name server %(server)s failed to resolve the name (SERVFAIL)."),
    "NOERROR": lambda: _("The name server %(server)s sent an invalid response."),
    "OTHER": lambda: _("The name server %(server)s returned an error (%(code)s)."),
}
