"""The words of a notification: the beginning of its message, without markup."""

from html import unescape

from django.db.models.functions import Substr
from django.utils.html import strip_tags

MAX_TEXT = 140  # characters
BEGINNING = Substr("html", 1, 4_096)  # of a message: the text is looked for in it


def shorten_text(html: str) -> str:
    text = " ".join(unescape(strip_tags(html)).split())
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1].rstrip()}…"
