"""What a user is found by: the name and the handle, folded, from each of their words on."""

import re

from accounts.names import fold_handle

MAX_TERMS = 16  # of a user
WORD_START = re.compile(r"(?<![^\W_])[^\W_]|[\u2e80-\U0003ffff]")  # where signs are words, each of them


def list_search_terms(name: str, handle: str) -> dict[bytes, bool]:
    """Each term in UTF-8, and whether it is the whole name."""
    folded = fold_handle(name)
    terms = {folded.encode(): True}
    words = [text[match.start() :] for text in (folded, handle) for match in WORD_START.finditer(text)]
    for term in [handle, *words]:
        terms.setdefault(term.encode(), False)
    return dict(list(terms.items())[:MAX_TERMS])
