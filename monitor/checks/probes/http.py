"""An HTTP request: the status, words in the answer, a place in its JSON, and where the time went."""

import json
import re
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from monitor.checks.probes.probe import Probe, Result, require
from monitor.checks.reach import Reach

METHODS = ("GET", "HEAD", "POST", "OPTIONS")
MOST_BYTES = 8_000_000


class Http(Probe, tag="http"):
    method: str = "GET"
    status: str = "200-299"  # "200, 204, 300-399"
    keyword: str = ""  # must be in the answer
    absent: str = ""  # must not
    json_path: str = ""  # "checks.0.state"
    json_equals: str = ""
    max_bytes: int = 1_000_000  # of the answer; more are not read
    follow: bool = True  # redirects
    verify: bool = True  # the certificate

    def check(self) -> None:
        from monitor.checks.probes.visit import address

        address(self.target)
        require(self.method in METHODS, _("The method is GET, HEAD, POST or OPTIONS."))
        wanted(self.status)
        require(0 < self.max_bytes <= MOST_BYTES, _("At most 8,000,000 bytes of an answer are read."))
        body = self.keyword or self.absent or self.json_path
        require(not body or self.method != "HEAD", _("The answer to HEAD has no text to look into."))
        require(self.json_path or not self.json_equals, _("Say where in the JSON the value stands."))

    async def ask(self, reach: Reach) -> Result:
        from monitor.checks.probes.visit import visit  # brings a client of 3 MB

        return await visit(self, reach)

    def wrong(self, status: int, body: bytes) -> str:
        if not any(low <= status <= high for low, high in wanted(self.status)):
            return _("HTTP %(status)d, where %(wanted)s was expected.") % {"status": status, "wanted": self.status}
        text = body.decode("utf-8", "replace") if self.keyword or self.absent else ""
        if self.keyword and self.keyword not in text:
            return _("“%(words)s” is not in the answer.") % {"words": self.keyword}
        if self.absent and self.absent in text:
            return _("“%(words)s” is in the answer.") % {"words": self.absent}
        return self.wrong_json(body) if self.json_path else ""

    def wrong_json(self, body: bytes) -> str:
        try:
            found = inside(json.loads(body), self.json_path.split("."))
        except (ValueError, RecursionError):
            return _("The answer is not JSON.")
        except LookupError:
            return _("There is no %(path)s in the JSON.") % {"path": self.json_path}
        if spelled(found) == self.json_equals:
            return ""
        told = {"path": self.json_path, "found": spelled(found)[:80], "wanted": self.json_equals}
        return _("%(path)s is “%(found)s”, not “%(wanted)s”.") % told


def wanted(status: str) -> list[tuple[int, int]]:
    parts = [re.fullmatch(r"([1-5]\d\d)(?:-([1-5]\d\d))?", part) for part in status.replace(",", " ").split()]
    require(parts and all(parts), _("Write the expected status like 200, 204 or 200-399."))
    return [(int(part[1]), int(part[2] or part[1])) for part in parts if part]


def inside(value: Any, path: Iterable[str]) -> Any:
    for step in path:
        value = value[int(step)] if isinstance(value, list) and step.isdecimal() else by_key(value, step)
    return value


def by_key(value: Any, key: str) -> Any:
    if not isinstance(value, dict):
        raise KeyError(key)
    return value[key]


def spelled(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
