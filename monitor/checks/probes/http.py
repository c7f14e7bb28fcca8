"""An HTTP probe: status, text and JSON of the response, and the times of its steps."""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from monitor.checks.probe_helpers.json_path import (
    BadPath,
    equals_text,
    find_json_value,
    format_json_value,
    load_json,
    parse_path,
    split_path,
)
from monitor.checks.probes.probe import Probe, Result, require_valid
from myweb.http_content import Content, decode_body, decompress_body
from myweb.network_policy import Reach
from myweb.stored_text import stored_gettext as _
from myweb.text_cleaning import normalize_text

if TYPE_CHECKING:
    from myweb.http_exchange import HttpAnswer

METHODS = ("GET", "HEAD", "POST", "OPTIONS")
MAX_RESPONSE_BYTES = 8_000_000


class HttpProbe(Probe, tag="http"):
    method: str = "GET"
    status: str = "200-299"  # "200, 204, 300-399"
    keyword: str = ""  # must be in the response
    absent: str = ""  # must not be in the response
    json_path: str = ""  # "checks.0.state"; alone, the path must exist
    json_equals: str = ""
    max_bytes: int = 1_000_000  # of the response, compressed and decompressed
    follow: bool = True  # redirects
    verify: bool = True  # the certificate

    def check(self) -> None:
        from monitor.checks.probe_helpers.http_redirects import parse_url

        parse_url(self.target)
        require_valid(self.method in METHODS, _("The method must be GET, HEAD, POST or OPTIONS."), "method")
        parse_status_ranges(self.status)
        require_valid(
            0 < self.max_bytes <= MAX_RESPONSE_BYTES, _("At most 8,000,000 bytes of a response are read."), "max_bytes"
        )
        body = self.keyword or self.absent or self.json_path
        require_valid(not body or self.method != "HEAD", _("A HEAD response has no body to search."), "method")
        require_valid(self.json_path or not self.json_equals, _("Enter the JSON path of the value."), "json_path")
        try:
            parse_path(self.json_path or "a")
        except BadPath:
            require_valid(False, _("Write the JSON path like checks.0.state or checks[0].state."), "json_path")

    def prepare(self) -> None:
        import monitor.checks.probe_helpers.http_redirects  # noqa: F401 - 3 MB, and no time of the first check

    async def run(self, reach: Reach) -> Result:
        from monitor.checks.probe_helpers.http_redirects import request_url

        return await request_url(self, reach)

    def inspect(self, answer: "HttpAnswer") -> tuple[Content, str]:
        """Returns the content, and a sentence on the problem or an empty string."""
        content = decompress_body(
            answer.body, ",".join(answer.header_list("content-encoding")), self.max_bytes, truncated=answer.truncated
        )
        if not any(low <= answer.status <= high for low, high in parse_status_ranges(self.status)):
            values = {"status": answer.status, "wanted": self.status}
            return content, _("HTTP %(status)d, expected %(wanted)s.") % values
        if answer.broken:
            return content, _("The connection was closed before the response was complete.")
        return content, content.problem or self.find_wrong_content(content, answer.header("content-type"))

    def find_wrong_content(self, content: Content, content_type: str) -> str:
        if not (self.keyword or self.absent or self.json_path):
            return ""
        text = decode_body(content, content_type)
        return (
            self.find_missing_keyword(content, text)
            or self.find_forbidden_words(content, text)
            or (self.find_wrong_json(content, text) if self.json_path else "")
        )

    def find_missing_keyword(self, content: Content, text: str) -> str:
        if not self.keyword or contains_text(text, self.keyword):
            return ""
        if content.truncated:
            values = {"words": self.keyword, "count": len(content.data)}
            return _("“%(words)s” is not in the first %(count)d bytes of the response. The rest was not read.") % values
        return _("“%(words)s” is not in the response.") % {"words": self.keyword}

    def find_forbidden_words(self, content: Content, text: str) -> str:
        if not self.absent:
            return ""
        if contains_text(text, self.absent):
            return _("“%(words)s” is in the response.") % {"words": self.absent}
        if not text.strip():
            return _("The response is empty, so it can't be searched for “%(words)s”.") % {"words": self.absent}
        if content.truncated:
            values = {"words": self.absent, "count": len(content.data)}
            return (
                _("Only the first %(count)d bytes were read, so the rest can't be searched for “%(words)s”.") % values
            )
        return ""

    def find_wrong_json(self, content: Content, text: str) -> str:
        try:
            value = find_json_value(load_json(text), split_path(self.json_path))
            is_equal = not self.json_equals or equals_text(value, self.json_equals)
            value_text = format_json_value(value)[:80]
        except (ValueError, RecursionError):
            if content.truncated:
                return _("The JSON is larger than %(count)d bytes and was not read completely.") % {
                    "count": len(content.data)
                }
            return _("The response is not JSON.")
        except LookupError:
            return _("The JSON has no %(path)s.") % {"path": self.json_path}
        if is_equal:
            return ""
        values = {"path": self.json_path, "found": value_text, "wanted": self.json_equals}
        return _("%(path)s is “%(found)s”, expected “%(wanted)s”.") % values


def contains_text(text: str, words: str) -> bool:
    """Compares normalized text, since an "ä" can be one character or two."""
    if words in text:
        return True
    return not words.isascii() and normalize_text("NFC", words) in normalize_text("NFC", text)


@lru_cache(256)
def parse_status_ranges(status: str) -> tuple[tuple[int, int], ...]:
    parts = [re.fullmatch(r"([1-5]\d\d)(?:-([1-5]\d\d))?", part) for part in status.replace(",", " ").split()]
    require_valid(parts and all(parts), _("Write the expected status like 200, 204 or 200-399."), "status")
    return tuple((int(part[1]), int(part[2] or part[1])) for part in parts if part)
