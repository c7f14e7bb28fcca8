"""What a page says of itself. Another process parses it; what that says is cleaned here."""

import subprocess
import sys
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import msgspec

from link_previews.models import LinkPreview
from myweb.guarded_fetch import FetchedDocument
from myweb.http_content import Content, decode_body
from myweb.text_cleaning import clean_name, shorten_text

CHILD = Path(__file__).with_name("page_child.py")
TIMEOUT = 10.0  # seconds; the child has fewer of CPU
MAX_RESULT = 100_000  # bytes


class PageWords(msgspec.Struct):
    """What the child prints."""

    title: str = ""
    text: str = ""
    site: str = ""
    image: str = ""
    base: str = ""


class PageSummary(msgspec.Struct):
    title: str = ""
    text: str = ""
    site: str = ""
    image: str = ""  # a URL


def summarize_page(document: FetchedDocument) -> PageSummary:
    text = decode_body(Content(document.body, document.is_truncated), document.content_type)
    words = run_child(text)
    title = clean_text(words.title, LinkPreview.TITLE_LENGTH)
    text = clean_text(words.text, LinkPreview.TEXT_LENGTH)
    return PageSummary(
        title,
        "" if text == title else text,
        clean_text(words.site, LinkPreview.SITE_LENGTH) or get_site(document.url),
        join_url(document.url, words.base, words.image),
    )


def run_child(text: str) -> PageWords:
    """Nothing for a page that takes too long."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(CHILD)],
            input=text.encode("utf-8", "replace"),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            timeout=TIMEOUT,
            check=False,
        )
        return msgspec.json.decode(done.stdout[:MAX_RESULT], type=PageWords) if done.returncode == 0 else PageWords()
    except (subprocess.TimeoutExpired, msgspec.DecodeError):
        return PageWords()


def clean_text(text: str, length: int) -> str:
    """One line without hidden characters, such as those that turn the direction of what follows."""
    return shorten_text(clean_name(text), length)


def get_site(url: str) -> str:
    return clean_text((urlsplit(url).hostname or "").removeprefix("www."), LinkPreview.SITE_LENGTH)


def join_url(page: str, base: str, address: str) -> str:
    """As a browser would read it in the page. The guarded fetch judges it."""
    if not address:
        return ""
    try:
        return urljoin(urljoin(page, base), address)
    except ValueError:
        return ""
