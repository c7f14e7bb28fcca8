"""An HTTP request: the status, words in the answer, a place in its JSON, and where the time went."""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from monitor.checks.probes.content import Content, decode_text, decompress
from monitor.checks.probes.json_path import BadPath, as_text, equals_text, load_json, parse_path, steps_of, value_at
from monitor.checks.probes.probe import Probe, Result, require
from myweb.network_policy import Reach
from myweb.stored_text import stored_gettext as _
from myweb.text import normalize_text

if TYPE_CHECKING:
    from monitor.checks.probes.exchange import Answer

METHODS = ("GET", "HEAD", "POST", "OPTIONS")
MOST_BYTES = 8_000_000


class Http(Probe, tag="http"):
    method: str = "GET"
    status: str = "200-299"  # "200, 204, 300-399"
    keyword: str = ""  # must be in the answer
    absent: str = ""  # must not
    json_path: str = ""  # "checks.0.state"; alone: it must be there
    json_equals: str = ""
    max_bytes: int = 1_000_000  # of the answer, sent and unpacked; more are not read
    follow: bool = True  # redirects
    verify: bool = True  # the certificate

    def check(self) -> None:
        from monitor.checks.probes.visit import address

        address(self.target)
        require(self.method in METHODS, _("The method must be GET, HEAD, POST or OPTIONS."))
        status_ranges(self.status)
        require(0 < self.max_bytes <= MOST_BYTES, _("At most 8,000,000 bytes of a response are read."))
        body = self.keyword or self.absent or self.json_path
        require(not body or self.method != "HEAD", _("A HEAD response has no body to search."))
        require(self.json_path or not self.json_equals, _("Enter the JSON path of the value."))
        try:
            parse_path(self.json_path or "a")
        except BadPath:
            require(False, _("Write the JSON path like checks.0.state or checks[0].state."))

    def prepare(self) -> None:
        import monitor.checks.probes.visit  # noqa: F401 - 3 MB, and no time of the first check

    async def ask(self, reach: Reach) -> Result:
        from monitor.checks.probes.visit import visit

        return await visit(self, reach)

    def inspect(self, answer: "Answer") -> tuple[Content, str]:
        """What it holds, and a sentence on what is wrong with it, or nothing."""
        content = decompress(
            answer.body, ",".join(answer.header_list("content-encoding")), self.max_bytes, cut=answer.cut
        )
        if not any(low <= answer.status <= high for low, high in status_ranges(self.status)):
            wanted = {"status": answer.status, "wanted": self.status}
            return content, _("HTTP %(status)d, expected %(wanted)s.") % wanted
        if answer.broken:
            return content, _("The connection was closed before the response was complete.")
        return content, content.problem or self.wrong_content(content, answer.header("content-type"))

    def wrong_content(self, content: Content, content_type: str) -> str:
        if not (self.keyword or self.absent or self.json_path):
            return ""
        text = decode_text(content, content_type)
        return (
            self.missing_keyword(content, text)
            or self.forbidden_words(content, text)
            or (self.wrong_json(content, text) if self.json_path else "")
        )

    def missing_keyword(self, content: Content, text: str) -> str:
        if not self.keyword or contains(text, self.keyword):
            return ""
        if content.cut:
            told = {"words": self.keyword, "count": len(content.data)}
            return _("“%(words)s” is not in the first %(count)d bytes of the response. The rest was not read.") % told
        return _("“%(words)s” is not in the response.") % {"words": self.keyword}

    def forbidden_words(self, content: Content, text: str) -> str:
        if not self.absent:
            return ""
        if contains(text, self.absent):
            return _("“%(words)s” is in the response.") % {"words": self.absent}
        if not text.strip():
            return _("The response is empty, so it can't be searched for “%(words)s”.") % {"words": self.absent}
        if content.cut:
            told = {"words": self.absent, "count": len(content.data)}
            return _("Only the first %(count)d bytes were read, so the rest can't be searched for “%(words)s”.") % told
        return ""

    def wrong_json(self, content: Content, text: str) -> str:
        try:
            value = value_at(load_json(text), steps_of(self.json_path))
            fine = not self.json_equals or equals_text(value, self.json_equals)
            found = as_text(value)[:80]
        except (ValueError, RecursionError):
            if content.cut:
                return _("The JSON is larger than %(count)d bytes and was not read completely.") % {
                    "count": len(content.data)
                }
            return _("The response is not JSON.")
        except LookupError:
            return _("The JSON has no %(path)s.") % {"path": self.json_path}
        if fine:
            return ""
        told = {"path": self.json_path, "found": found, "wanted": self.json_equals}
        return _("%(path)s is “%(found)s”, expected “%(wanted)s”.") % told


def contains(text: str, words: str) -> bool:
    """An ä may be one character or two."""
    if words in text:
        return True
    return not words.isascii() and normalize_text("NFC", words) in normalize_text("NFC", text)


@lru_cache(256)
def status_ranges(status: str) -> tuple[tuple[int, int], ...]:
    parts = [re.fullmatch(r"([1-5]\d\d)(?:-([1-5]\d\d))?", part) for part in status.replace(",", " ").split()]
    require(parts and all(parts), _("Write the expected status like 200, 204 or 200-399."))
    return tuple((int(part[1]), int(part[2] or part[1])) for part in parts if part)
