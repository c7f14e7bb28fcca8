"""Short texts that people give: names, titles and topics. What is seen is what is stored."""

import re
import unicodedata
from typing import Any

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
    text = " ".join(unicodedata.normalize("NFC", text).split())
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
