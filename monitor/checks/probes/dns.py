"""A question to a name server: which records there are, and whether they are the expected ones."""

import time
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from monitor.checks import words
from monitor.checks.probes.probe import Probe, Result, place, require
from monitor.checks.reach import Reach, resolve

if TYPE_CHECKING:
    from dns.asyncresolver import Resolver

RECORDS = ("A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT", "CAA")


class Dns(Probe, tag="dns"):
    """Target: a name."""

    record: str = "A"
    expect: str = ""  # values that must be there, and no others; separated by commas
    server: str = ""  # "192.0.2.1:53"; else that of the collector's machine

    def check(self) -> None:
        require(self.record in RECORDS, _("The record is one of %(all)s.") % {"all": ", ".join(RECORDS)})
        require(self.target and " " not in self.target, _("A name has no spaces."))
        if self.server:
            place(self.server, 53)

    async def ask(self, reach: Reach) -> Result:
        import dns.exception  # 3 MB, which only the collector needs
        import dns.resolver

        begun = time.perf_counter()
        try:
            answer = await (await self.resolver(reach)).resolve(self.target, self.record, search=False)
        except dns.resolver.NXDOMAIN:
            return Result(False, _("There is no such name."))
        except dns.resolver.NoAnswer:
            return Result(False, _("The name has no %(record)s record.") % {"record": self.record})
        except (dns.resolver.NoNameservers, dns.resolver.NoResolverConfiguration):
            return Result(False, _("No name server gave an answer."))
        except dns.exception.Timeout:
            raise TimeoutError from None
        except dns.exception.DNSException as error:
            return Result(False, f"{str(error).rstrip('.')}.")
        seconds = time.perf_counter() - begun
        found = sorted(spelled(each.to_text()) for each in answer)
        said = self.wrong(found)
        numbers = {"records": float(len(found)), "ttl": float(answer.rrset.ttl if answer.rrset else 0)}
        fine = _("%(values)s in %(time)s.") % {"values": ", ".join(found)[:200], "time": words.took(seconds)}
        return Result(not said, said or fine, seconds, numbers)

    async def resolver(self, reach: Reach) -> "Resolver":
        from dns.asyncresolver import Resolver

        if not self.server:
            return Resolver()
        host, port = place(self.server, 53)
        found = Resolver(configure=False)
        found.nameservers, found.port = list(await resolve(host, port, reach)), port
        return found

    def wrong(self, found: list[str]) -> str:
        wanted = sorted(spelled(each.strip()) for each in self.expect.split(",") if each.strip())
        if not wanted or wanted == found:
            return ""
        return _("It is %(found)s, not %(wanted)s.") % {
            "found": ", ".join(found)[:120],
            "wanted": ", ".join(wanted)[:120],
        }


def spelled(value: str) -> str:
    return value.strip('"') if value.startswith('"') else value.rstrip(".").lower()
