"""Texts that people give: what is seen of them, and their normal forms. Names are stored as they are seen."""

import re
import unicodedata
from typing import Any, Literal

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Letters, marks and symbols by category, and blank by design.
FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc\U0001d159")
# Unassigned and to be ignored, or no characters at all.
NEVER = re.compile(r"[\u2065\ufdd0-\ufdef\ufff0-\ufff8\ufffe\uffff\U000e0000-\U000e0fff]|[^\x00-\U0001fffd]")
# Persian, the scripts of India and emoji are written with joiners; England's flag and some others with tags.
MEANT = re.compile(
    r"(?<=[^\x00-\xff\s])[\u200c\u200d](?=[^\x00-\xff\s])|(?<=\U0001f3f4)[\U000e0020-\U000e007e]+\U000e007f"
)

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


def has_visible_text(text: str) -> bool:
    """False for spaces, controls, marks without a letter and everything else that leaves no ink."""
    return any(unicodedata.category(sign)[0] in "LNPSC" and not is_hidden(sign) for sign in text)


def is_hidden(sign: str) -> bool:
    """Controls, surrogates, private and format characters, among them those that turn the direction of a text."""
    category = unicodedata.category(sign)
    if category == "Cn":  # nothing to us: an emoji of next year, or one of those that stay unassigned
        return bool(NEVER.match(sign))
    return sign in FILLERS or category in {"Cc", "Cf", "Co", "Cs"}


def clean_name(text: str) -> str:
    """``text`` in one line and in normal form C, without hidden characters; empty if nothing visible remains."""
    text = " ".join(normalize_text("NFC", text).split())
    kept = {place for match in MEANT.finditer(text) for place in range(*match.span())}
    name = "".join(sign for place, sign in enumerate(text) if place in kept or not is_hidden(sign))
    return " ".join(name.split()) if has_visible_text(name) else ""


class NameField(forms.CharField):
    """A name in a form. One that shows nothing is an error, also where a name may be left out."""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "dir": "auto"}

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        name = clean_name(text)
        if text and not name:
            raise ValidationError(_("This name shows nothing. Use letters, digits or signs."))
        return name
