"""Reads the head of one HTML page, in a process of its own with limits.

``python -I page_child.py <page >result``: the page is UTF-8. It prints the texts that describe the page as JSON, see
PageWords of pages.py. Nothing of the site is imported: html.parser takes quadratic time for some broken pages, and here
that ends with this process.
"""

import contextlib
import json
import resource
import sys
from html.parser import HTMLParser

MEGABYTE = 1024 * 1024
ADDRESS_SPACE = 256 * MEGABYTE
CPU_SECONDS = 2
OUTPUT_SIZE = MEGABYTE
MAX_TEXT = 2_000  # characters of each value
MAX_TAGS = 20_000
# The first of them that a page has.
NAMES = {
    "title": ("og:title", "twitter:title"),
    "text": ("og:description", "twitter:description", "description"),
    "site": ("og:site_name", "application-name"),
    "image": ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src"),
}
WANTED = {name for names in NAMES.values() for name in names}


class Enough(Exception):
    """Nothing that is wanted follows."""


class HeadParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.values: dict[str, str] = {}
        self.title: list[str] = []
        self.base = ""
        self.is_in_title = False
        self.has_title = False
        self.foreign = 0  # svg has titles of its own
        self.tags = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags += 1
        if self.tags > MAX_TAGS:
            raise Enough
        if tag == "svg":
            self.foreign += 1
        elif tag == "title" and not self.foreign:
            self.is_in_title = not self.has_title
        elif tag == "base" and not self.base:
            self.base = (dict(attributes).get("href") or "")[:MAX_TEXT]
        elif tag == "meta":
            self.read_meta({name: value or "" for name, value in reversed(attributes)})

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag != "svg":
            self.handle_starttag(tag, attributes)

    def read_meta(self, attributes: dict[str, str]) -> None:
        name = (attributes.get("property") or attributes.get("name") or "").strip().lower()
        content = attributes.get("content", "").strip()[:MAX_TEXT]
        if name in WANTED and content:
            self.values.setdefault(name, content)

    def handle_endtag(self, tag: str) -> None:
        if tag == "svg":
            self.foreign = max(0, self.foreign - 1)
        elif tag == "title" and self.is_in_title:
            self.is_in_title, self.has_title = False, True

    def handle_data(self, text: str) -> None:
        if self.is_in_title and len(self.title) < MAX_TEXT:
            self.title.append(text[:MAX_TEXT])


def read_page(text: str) -> dict[str, str]:
    parser = HeadParser()
    with contextlib.suppress(Enough, AssertionError):  # html.parser asserts that some broken declarations do not exist
        parser.feed(text)
        parser.close()
    result = {
        key: next((parser.values[name] for name in names if name in parser.values), "") for key, names in NAMES.items()
    }
    result["title"] = result["title"] or "".join(parser.title)[:MAX_TEXT]
    return {**result, "base": parser.base}


def limit_process() -> None:
    limits = {
        resource.RLIMIT_AS: ADDRESS_SPACE,
        resource.RLIMIT_CPU: CPU_SECONDS,
        resource.RLIMIT_FSIZE: OUTPUT_SIZE,
        resource.RLIMIT_CORE: 0,
    }
    for what, limit in limits.items():
        hard = resource.getrlimit(what)[1]
        lower = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(what, (lower, lower))


def main() -> None:
    limit_process()
    json.dump(read_page(sys.stdin.buffer.read().decode("utf-8", "replace")), sys.stdout)


if __name__ == "__main__":
    main()
