"""Queries a name server, and compares the records with the expected ones."""

import re
import time
from typing import TYPE_CHECKING, Any

from monitor.checks import text as words
from monitor.checks.probes.certificates import is_address
from monitor.checks.probes.dns_records import (
    BadValue,
    check_expected,
    format_record,
    matches_expected,
    split_expected,
    to_record_value,
)
from monitor.checks.probes.probe import Probe, Result, get_time_left, parse_host_port, require_valid
from myweb.network_policy import Reach, resolve_host
from myweb.stored_text import Duration, join_texts
from myweb.stored_text import stored_gettext as _

if TYPE_CHECKING:
    from dns.asyncresolver import Resolver
    from dns.name import Name

RECORD_TYPES = ("A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT", "CAA")
RETRY_AFTER = 2.0  # seconds without a response, after which the query is sent again


class DnsProbe(Probe, tag="dns"):
    """Target: a name, or for PTR also an address."""

    record: str = "A"
    expect: str = ""  # all expected values, one per line
    server: str = ""  # "192.0.2.1:53"; empty: the name server of the collector's machine

    def check(self) -> None:
        require_valid(
            self.record in RECORD_TYPES,
            _("The record type must be one of %(all)s.") % {"all": ", ".join(RECORD_TYPES)},
            "record",
        )
        require_valid(
            self.target and not any(character.isspace() for character in self.target), _("A name can't contain spaces.")
        )
        if self.server:
            parse_host_port(self.server, 53, "server")
        field = "target"
        try:
            parse_dns_name(self.target, self.record)
            field = "expect"
            check_expected(self.record, self.expect)
        except BadValue as error:
            values = {"value": str(error)[:100], "record": self.record}
            require_valid(False, _("“%(value)s” is not a valid %(record)s record.") % values, field)

    def prepare(self) -> None:
        import dns.asyncresolver  # noqa: F401 - 3 MB, and no time of the first check

    async def run(self, reach: Reach) -> Result:
        import dns.exception  # only the collector needs it
        import dns.resolver

        name, resolver = parse_dns_name(self.target, self.record), await self.build_resolver(reach)
        started = time.perf_counter()
        try:
            answer = await resolver.resolve(name, self.record, search=False)
        except dns.resolver.NXDOMAIN:
            return Result(False, _("This name does not exist."))
        except dns.resolver.NoAnswer:
            return Result(False, _("The name has no %(record)s record.") % {"record": self.record})
        except dns.resolver.NoNameservers as error:
            return Result(False, describe_refusal(error))
        except dns.resolver.NoResolverConfiguration:
            return Result(False, _("The collector's machine has no name server configured."))
        except dns.exception.Timeout:
            raise TimeoutError from None
        except dns.exception.DNSException as error:
            return Result(False, f"{str(error).rstrip('.')}.")
        seconds = time.perf_counter() - started
        return self.evaluate(list(answer), answer.rrset.ttl if answer.rrset else 0, seconds)

    def evaluate(self, records: list[Any], ttl: int, seconds: float) -> Result:
        received = ", ".join(sorted(map(format_record, records)))
        numbers = {"records": float(len(records)), "ttl": float(ttl)}
        if self.expect.strip() and not matches_expected(
            self.record, self.expect, {to_record_value(record) for record in records}
        ):
            expected = ", ".join(sorted(split_expected(self.expect)[-1]))
            sentence = _("Got %(found)s, expected %(wanted)s.") % {"found": received[:120], "wanted": expected[:120]}
            return Result(False, sentence, seconds, numbers)
        sentence = _("%(values)s in %(time)s.") % {"values": received[:200], "time": Duration(seconds)}
        return Result(True, sentence, seconds, numbers)

    async def build_resolver(self, reach: Reach) -> "Resolver":
        from dns.asyncresolver import Resolver

        resolver = Resolver(configure=not self.server)
        if self.server:
            host, port = parse_host_port(self.server, 53)
            resolver.nameservers, resolver.port = list(await resolve_host(host, port, reach)), port
        resolver.timeout = RETRY_AFTER
        resolver.lifetime = get_time_left() or RETRY_AFTER
        return resolver


def parse_dns_name(target: str, record: str) -> "Name":
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


def describe_refusal(error: Any) -> str:
    """Describes the error of the name servers. The last one counts."""
    from dns.rcode import to_text

    *_others, (server, _tcp, _port, cause, response) = error.kwargs.get("errors") or [(None,) * 5]
    if response is None:
        why = words.describe_probe_error(cause) if isinstance(cause, OSError) else ""
        return join_texts(_("No name server gave an answer."), why)
    values = {"server": re.sub(r"\ADo53:|@\d+\Z", "", str(server)), "code": to_text(response.rcode())}
    return TEXT_OF_RCODE.get(values["code"], TEXT_OF_RCODE["OTHER"])() % values


TEXT_OF_RCODE = {
    "REFUSED": lambda: _("The name server %(server)s refused to answer (REFUSED)."),
    "SERVFAIL": lambda: _("The name server %(server)s failed to resolve the name (SERVFAIL)."),
    "NOERROR": lambda: _("The name server %(server)s sent an invalid response."),
    "OTHER": lambda: _("The name server %(server)s returned an error (%(code)s)."),
}
