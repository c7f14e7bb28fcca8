"""Splits a text into the tokens of the search index, alike for messages and queries, in every script.

- Text is folded first: NFKC, case, emoji instead of shortcodes, without what leaves no ink.
- A word is a token, and so are its parts between humps: ``getUserName`` is also ``get``, ``user``, ``name``.
- ``-_./:`` and other signs divide words: ``chat/search.py`` is ``chat``, ``search``, ``py``.
- Han, kana and Hangul have no spaces: a run gives its overlapping pairs and its last sign.
- An emoji or another symbol is a token of its own.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from myweb.text_cleaning import normalize_text

MAX_TOKEN = 64  # characters; longer words are cut, in messages and queries alike
MIN_PREFIX = 3  # letters of a word that others may begin with: fewer begin too many
SHORTCODE = re.compile(r":[a-zA-Z0-9_+&.’-]{1,60}:")
# Soft hyphen, Arabic tatweel and vowel signs, joiners and direction marks, selectors of emoji.
INVISIBLE = re.compile(
    "[\u00ad\u0610-\u061a\u0640\u064b-\u065f\u0670\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufe0e\ufe0f]"
)
IDEOGRAPHS = (
    "\u1100-\u11ff\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
SYMBOLS = "\u00a9\u00ae\u203c-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
HUMP = re.compile(r"[^\W_]+?(?:(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|$)")


def fold_text(text: str) -> str:
    """One spelling for what looks the same: ``"ＡＤＡ :tada:"`` is ``"ada 🎉"``."""
    return narrow_text(text).casefold()


def narrow_text(text: str) -> str:
    """As :func:`fold_text`, with the case that humps are seen by."""
    if ":" in text:
        text = SHORTCODE.sub(replace_shortcode, text)
    return INVISIBLE.sub("", normalize_text("NFKC", text))


def replace_shortcode(match: re.Match[str]) -> str:
    return load_shortcodes().get(match.group().lower(), match.group())


@cache
def load_shortcodes() -> dict[str, str]:
    from emoji import EMOJI_DATA

    names = {name: sign for sign, facts in EMOJI_DATA.items() for name in [facts["en"], *facts.get("alias", [])]}
    return {name.lower(): sign for name, sign in names.items()}


@cache
def compile_run() -> re.Pattern[str]:
    """Groups: a run without spaces, a symbol, a word with the marks of its script, which ``\\w`` leaves out."""
    marks = "".join(chr(code) for code in range(0x300, 0x10000) if is_mark(chr(code)))
    word = rf"[^\W_{IDEOGRAPHS}](?:[^\W_{IDEOGRAPHS}]|[{re.escape(marks)}])*"
    return re.compile(rf"([{IDEOGRAPHS}]+)|([{SYMBOLS}])|({word})")


def is_mark(sign: str) -> bool:
    return unicodedata.category(sign)[0] == "M"


def tokenize(text: str) -> set[str]:
    """All tokens of a message."""
    tokens: set[str] = set()
    for run, symbol, word in compile_run().findall(narrow_text(text)):
        if word:
            tokens.add(fold_word(word))
            if not (word.islower() or word.isupper()):
                tokens.update(map(fold_word, HUMP.findall(word)))
        elif run:
            tokens.update(list_pairs(run))
            tokens.add(run[-1])
        else:
            tokens.add(symbol)
    return tokens


def fold_word(word: str) -> str:
    return word.casefold()[:MAX_TOKEN]


def list_pairs(run: str) -> list[str]:
    return [run[start : start + 2] for start in range(len(run) - 1)]


def tokenize_query(text: str, *, is_unfinished: bool) -> Iterator[tuple[str, bool]]:
    """The tokens that a message with this text has, and whether tokens that begin so will do as well.

    That is so for a single sign of a script without spaces, and for the last word of a text that is unfinished.
    """
    folded = narrow_text(text)
    for match in compile_run().finditer(folded):
        run, symbol, word = match.groups()
        if word:
            is_last = match.end() == len(folded)
            yield fold_word(word), is_unfinished and is_last and len(word) >= MIN_PREFIX
        elif run and len(run) == 1:
            yield run, True
        elif run:
            yield from ((pair, False) for pair in list_pairs(run))
        else:
            yield symbol, False
