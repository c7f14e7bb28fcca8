"""Emphasis: which of the ``*``, ``_`` and ``~~`` of a text belong together, in one pass."""

import re
import unicodedata
from dataclasses import dataclass, field

from chat.markdown.addresses import CJK

CJK_SIGN = re.compile(rf"[{CJK}\u3000-\u303f\u30fb\uff01-\uff65]")
FILE_ENDING = re.compile(r"\.\w")  # __init__.py
TAGS = {("*", 1): "em", ("*", 2): "strong", ("_", 1): "em", ("_", 2): "strong", ("~", 2): "s"}


@dataclass(slots=True)
class Run:
    """A run of the same character. Unused characters stay text, between the tags that the run closes and opens."""

    sign: str
    count: int
    can_open: bool
    can_close: bool
    left: int = 0
    closes: list[str] = field(default_factory=list)
    opens: list[str] = field(default_factory=list)

    @property
    def is_used(self) -> bool:
        return self.left < self.count


def make_run(text: str, start: int, end: int, follows_address: bool = False) -> Run:
    sign, before, after = text[start], text[start - 1 : start] or " ", text[end : end + 1] or " "
    before = "x" if follows_address else before  # the slash at its end is no sign of a path
    left, right = is_flanking(before, after), is_flanking(after, before)
    if sign == "_":  # in the middle of a word it is a part of a name
        left, right = left and (not right or is_punctuation(before)), right and (not left or is_punctuation(after))
        right = right and not FILE_ENDING.match(text, end)
    elif end - start == 1 and before.isalnum() and after.isalnum() and before.isascii() and after.isascii():
        left = right = False  # 2*3*4
    can_open = left and before not in "/\\" and after not in ")]},;:!?|=>"  # src/*.py, count(*)
    return Run(sign, end - start, can_open, right and before not in "/\\([{|=<", end - start)


def is_flanking(outside: str, inside: str) -> bool:
    """Han, kana and Hangul need no space beside emphasis, and their punctuation counts as letters."""
    if inside.isspace():
        return False
    if CJK_SIGN.match(inside) or not is_punctuation(inside):
        return True
    return outside.isspace() or is_punctuation(outside) or CJK_SIGN.match(outside) is not None


def is_punctuation(sign: str) -> bool:
    return sign in "$+<=>^`|~" or unicodedata.category(sign)[0] == "P"


def match_runs(runs: list[Run]) -> None:
    """Fills in the tags. ``floors`` remembers below where no opener fits, so that no run is searched twice in vain."""
    openers: list[Run] = []
    floors: dict[tuple[str, bool, int], int] = {}
    for run in runs:
        if run.can_close:
            close_run(run, openers, floors)
        if run.can_open and run.left:
            openers.append(run)


def close_run(run: Run, openers: list[Run], floors: dict[tuple[str, bool, int], int]) -> None:
    key = (run.sign, run.can_open, run.count % 3)
    while run.left:
        place = find_opener(run, openers, min(floors.get(key, 0), len(openers)))
        if place is None:
            floors[key] = len(openers)
            return
        del openers[place + 1 :]
        join_runs(openers[place], run)
        if not openers[place].left:
            openers.pop()
        for other, floor in floors.items():
            floors[other] = min(floor, len(openers))


def find_opener(run: Run, openers: list[Run], floor: int) -> int | None:
    return next((place for place in range(len(openers) - 1, floor - 1, -1) if can_match(openers[place], run)), None)


def can_match(opener: Run, closer: Run) -> bool:
    if opener.sign != closer.sign:
        return False
    is_ambiguous = opener.can_close or closer.can_open
    return not is_ambiguous or (opener.count + closer.count) % 3 != 0 or opener.count % 3 == closer.count % 3 == 0


def join_runs(opener: Run, closer: Run) -> None:
    used = 2 if opener.left > 1 and closer.left > 1 else 1
    tag = TAGS[opener.sign, used]
    opener.opens.insert(0, tag)
    closer.closes.append(tag)
    opener.left -= used
    closer.left -= used
