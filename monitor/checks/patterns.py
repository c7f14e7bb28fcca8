"""Regular expressions of admins that words of users are held against: only such as cannot backtrack without end."""

import re
from math import prod
from typing import Any

# Ways in which the repetitions of a pattern can share out a word; each way costs up to a microsecond.
MOST_WAYS = 50_000
REFUSED = {"ASSERT", "ASSERT_NOT", "GROUPREF", "GROUPREF_EXISTS"}
REPEATS = {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}


def is_bounded(pattern: str, longest: int) -> bool:
    """Whether matching it against ``longest`` characters ends soon, whatever they are. Raises ``re.error``."""
    re.compile(pattern)  # as it will be used, with its own warnings and errors
    parsed: Any = re._parser.parse(pattern)  # type: ignore[attr-defined]
    ways: list[int] = []
    return is_simple(parsed, longest, ways, repeated=False) and prod(ways) <= MOST_WAYS


def is_simple(parsed: Any, longest: int, ways: list[int], *, repeated: bool) -> bool:
    """Collects the lengths that each repetition can have; False where one holds another, or a choice."""
    for code, value in parsed:
        name = str(code)
        if name in REFUSED or (name == "BRANCH" and repeated):
            return False
        if name in REPEATS:
            least, most, inner = value
            lengths = min(int(most), longest) - int(least) + 1
            if lengths > 1 and repeated:
                return False
            ways.append(max(1, lengths))
            parts = [(inner, repeated or int(most) > 1)]
        elif name == "BRANCH":
            parts = [(branch, repeated) for branch in value[1]]
            ways.append(len(parts))
        else:
            parts = [(part, repeated) for part in inner_of(name, value)]
        if not all(is_simple(part, longest, ways, repeated=within) for part, within in parts):
            return False
    return True


def inner_of(name: str, value: Any) -> list[Any]:
    if name == "SUBPATTERN":
        return [value[-1]]
    return [value] if name == "ATOMIC_GROUP" else []
