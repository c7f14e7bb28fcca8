"""Whether a text shows anything at all."""

import unicodedata

# Letters and symbols by category, blank by design: Hangul fillers, the empty Braille pattern, object replacement.
FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\ufffc\U0001d159")


def has_visible_text(text: str) -> bool:
    """False for spaces, controls, marks without a letter and everything else that leaves no ink."""
    return any(sign not in FILLERS and unicodedata.category(sign)[0] in "LNPS" for sign in text)
