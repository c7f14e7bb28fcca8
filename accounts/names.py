"""Makes a handle, initials and a colour from a name in any script."""

import re
import unicodedata
import zlib
from typing import Protocol

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from myweb.text_cleaning import FILLERS, normalize_text

HANDLE_LENGTH = 30
BOT_SIGN = "!"  # in place of initials
COLOURS = 12  # how many avatar colours the style sheet knows
# Words after @ that are no user: @oncall is resolved by chat/role_mentions.py, the others may be in a later version.
# Mentions are found in chat/markdown/mentions.py.
RESERVED_HANDLES = frozenset({"all", "channel", "everyone", "here", "oncall", "room"})


class Handles(Protocol):
    def filter(self, *, handle: str) -> "Handles": ...
    def exists(self) -> bool: ...


def fold_handle(text: str) -> str:
    """One spelling for what looks the same: ``"Ａda"`` and ``"ADA"`` are ``"ada"``."""
    return normalize_text("NFKC", text).casefold()


def strip_accents(text: str) -> str:
    """Latin and Greek letters without their accents, which many keyboards lack: ``"Tomás"`` is ``"Tomas"``."""
    apart = normalize_text("NFD", text)
    return normalize_text("NFC", re.sub(r"(?<=[A-Za-zΑ-Ωα-ω])[\u0300-\u036f]+", "", apart))


def validate_handle(handle: str) -> None:
    """Allows letters and digits of any script and ``_``, with single ``.`` or ``-`` between them, as mentions do."""
    if handle in RESERVED_HANDLES:
        raise ValidationError(_("This word is reserved after @. Choose another one."))
    if FILLERS.intersection(handle) or handle != fold_handle(handle) or not re.fullmatch(r"\w+(?:[.-]\w+)*", handle):
        raise ValidationError(_("Use letters, digits and underscores, with single dots or hyphens between them."))


def make_handle(name: str) -> str:
    """``"Ada Lovelace"`` -> ``"ada.lovelace"``, ``"张伟"`` -> ``"张伟"``; 24 signs at most, ``"someone"`` if none."""
    # Vowel signs that no single character carries would cut a word in pieces, so they go.
    bare = "".join(
        sign
        for sign in fold_handle(strip_accents(name))
        if not unicodedata.category(sign).startswith("M") and sign not in FILLERS
    )
    return re.sub(r"[\W_]+", ".", bare).strip(".")[:24].strip(".") or "someone"


def find_free_handle(name: str, taken: Handles) -> str:
    handle = base = make_handle(name)
    number = 1
    while handle in RESERVED_HANDLES or taken.filter(handle=handle).exists():
        number += 1
        handle = f"{base}{number}"
    return handle


def make_initials(name: str) -> str:
    """Two letters for scripts with words; one sign for Han, kana and Hangul, where a sign is a word."""
    words: list[str] = re.findall(r"\w+", name)
    if not words:
        return "?"
    if ord(words[0][0]) >= 0x2E80:
        return words[0][0]
    letters = words[0][0] + words[-1][0] if len(words) > 1 else words[0][:2]
    return letters.upper()


def choose_colour(handle: str, count: int) -> int:
    return zlib.crc32(handle.encode()) % count
