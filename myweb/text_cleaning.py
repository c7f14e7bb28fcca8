"""Normalizes and cleans texts of users. Names are stored without invisible characters."""

import re
import unicodedata
from html import unescape
from typing import Any, Literal

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

# Letters, marks and symbols by category, and blank by design.
FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc\U0001d159")
# Unassigned and to be ignored, or no characters at all.
NEVER = re.compile(r"[\u2065\ufdd0-\ufdef\ufff0-\ufff8\ufffe\uffff\U000e0000-\U000e0fff]|[^\x00-\U0001fffd]")
# Scripts that are written with joiners: Arabic, those of India and its neighbours, Mongolian; and emoji.
JOINED = (
    r"\u0600-\u109f\u1780-\u18af\u1900-\u1cff\u2190-\u2bff\ufb50-\ufdff\ufe0f\ufe70-\ufefc\ua800-\uaaff\uabc0-\uabff"
    r"\U00010a00-\U00011fff\U0001e900-\U0001faff"
)
HAN = r"\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
EMOJI = r"#*0-9\xa9\xae\u203c-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
# Hidden characters that change what is seen: joiners, the tags of England's flag, and selectors of a variant.
MEANT = re.compile(
    rf"(?<=[{JOINED}])[\u200c\u200d](?=[{JOINED}])"
    r"|(?<=\U0001f3f4)[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f"
    rf"|(?<=[{HAN}])[\ufe00-\ufe02\U000e0100-\U000e01ef]|(?<=[{EMOJI}])[\ufe0e\ufe0f]|(?<=[\u1820-\u18aa])[\u180b-\u180f]"
)
JOINERS = re.compile(r"([\u200c\u200d])[\u200c\u200d]+")
SELECTORS = re.compile(r"[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
MOST_MARKS = 4  # on one letter of a name; more of them would be drawn over other lines
BLOCK = re.compile(r"<(?=/?(?:p|li|h\d|td|th|br|blockquote|pre)\b)")
MAX_SUMMARIZED = 4_096  # characters of HTML that a summary is made from
MAX_NAME = 10_000  # characters of a name that are looked at; every field takes far less

MARKS = 30  # in a row: more than any script needs, by Unicode's Stream-Safe Text Format (UAX #15)
# Signs that may be marks, or become some in forms KC and KD: those of half-width kana are letters.
MARK_RUN = re.compile(rf"(?:[^\x00-\xff\w]|[\uff9e\uff9f]){{{MARKS + 1}}}")


def normalize_text(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
    """``unicodedata.normalize`` in linear time: it sorts a run of marks by insertion, so long runs are cut first."""
    if text.isascii() or not MARK_RUN.search(text):
        return unicodedata.normalize(form, text)
    pieces, begin, marks = [], 0, 0
    for place, sign in enumerate(text):
        marks = marks + 1 if unicodedata.combining(unicodedata.normalize("NFKD", sign)[0]) else 0
        if marks > MARKS:
            pieces.append(text[begin:place])
            begin, marks = place, 1
    return "".join(unicodedata.normalize(form, piece) for piece in [*pieces, text[begin:]])


def limit_marks(text: str) -> str:
    """Of the marks on a letter only the first few."""
    kept, marks = [], 0
    for sign in text:
        marks = marks + 1 if unicodedata.combining(sign) or unicodedata.category(sign) == "Me" else 0
        if marks <= MOST_MARKS:
            kept.append(sign)
    return "".join(kept)


def has_visible_text(text: str) -> bool:
    """False for spaces, controls, marks without a letter and everything else that leaves no ink."""
    return any(unicodedata.category(sign)[0] in "LNPSC" and not is_hidden(sign) for sign in text)


def is_hidden(sign: str) -> bool:
    """Controls, surrogates, private and format characters, among them those that turn the direction of a text."""
    category = unicodedata.category(sign)
    if category == "Cn":  # nothing to us: an emoji of next year, or one of those that stay unassigned
        return bool(NEVER.match(sign))
    return sign in FILLERS or category in {"Cc", "Cf", "Co", "Cs"} or bool(SELECTORS.match(sign))


def clean_name(text: str) -> str:
    """``text`` in one line and in normal form C, without hidden characters; empty if nothing visible remains."""
    text = JOINERS.sub(r"\1", " ".join(normalize_text("NFC", text[:MAX_NAME]).split()))
    kept = {place for match in MEANT.finditer(text) for place in range(*match.span())}
    name = "".join(sign for place, sign in enumerate(text) if place in kept or not is_hidden(sign))
    return " ".join(limit_marks(name).split()) if has_visible_text(name) else ""


class NameField(forms.CharField):
    """A name in a form. One that shows nothing is an error, also where a name may be left out."""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "dir": "auto"}

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        name = clean_name(text)
        if text and not name:
            raise ValidationError(_("This name has no visible characters. Use letters, digits or symbols."))
        return name


def summarize_html(html: str, length: int) -> str:
    """The visible text of our own HTML in one line of at most ``length`` characters, with an ellipsis if it was cut."""
    return shorten_text(" ".join(unescape(strip_tags(BLOCK.sub(" <", html[:MAX_SUMMARIZED]))).split()), length)


def shorten_text(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"
