"""Accepts only regular expressions without catastrophic backtracking. Admins write them to match foreign text."""

import re
from math import prod
from typing import Any

MAX_PATTERN = 1000  # characters
MAX_GROUPS = 100  # the stack limit of the parser differs between Python versions
# Steps of matching, about 3 ns each. A group costs several.
MAX_STEPS = 16_000_000
STEPS_PER_GROUP = 8
REJECTED_OPS = {"ASSERT", "ASSERT_NOT", "GROUPREF", "GROUPREF_EXISTS"}
REPEAT_OPS = {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}
ANCHORS = {"AT_BEGINNING", "AT_BEGINNING_STRING"}


def is_regex_bounded(pattern: str, longest: int, *, anywhere: bool = False) -> bool:
    """Tells whether matching ``longest`` characters always ends soon. Raises ``re.error``.

    ``anywhere`` is for ``re.search``, which starts at each character unless the pattern is anchored.
    """
    if len(pattern) > MAX_PATTERN:
        raise re.error(f"longer than {MAX_PATTERN} characters")
    if pattern.count("(") > MAX_GROUPS:
        raise re.error(f"more than {MAX_GROUPS} groups")
    try:
        re.compile(pattern)  # reports the warnings and errors of the real compiler
        parsed: Any = re._parser.parse(pattern)  # type: ignore[attr-defined]
        lengths = [longest] if anywhere and not is_anchored(parsed) else []
        return (
            is_simple(parsed, longest, lengths, repeated=False)
            and prod(lengths) * count_match_steps(parsed, longest) <= MAX_STEPS
        )
    except (OverflowError, ValueError, RecursionError) as error:  # numbers or nesting are too large
        raise re.error(str(error)) from None


def is_anchored(parsed: Any) -> bool:
    first = str(parsed[0][1]) if len(parsed) and str(parsed[0][0]) == "AT" else ""
    return first in ANCHORS and not parsed.state.flags & re.MULTILINE


def is_simple(parsed: Any, longest: int, ways: list[int], *, repeated: bool) -> bool:
    """Collects the possible lengths of each repetition. Returns False for nested repetitions or repeated choices."""
    for code, value in parsed:
        name = str(code)
        if name in REJECTED_OPS or (name == "BRANCH" and repeated):
            return False
        if name in REPEAT_OPS:
            minimum, maximum, inner = value
            lengths = min(int(maximum), longest) - int(minimum) + 1
            if lengths > 1 and repeated:
                return False
            ways.append(max(1, lengths))
            parts = [(inner, repeated or int(maximum) > 1)]
        elif name == "BRANCH":
            parts = [(branch, repeated) for branch in value[1]]
            ways.append(len(parts))
        else:
            parts = [(part, repeated) for part in list_inner_patterns(name, value)]
        if not all(is_simple(part, longest, ways, repeated=within) for part, within in parts):
            return False
    return True


def count_match_steps(parsed: Any, longest: int) -> int:
    """Counts the steps of one path through a pattern. A group repeats even if it matches nothing."""
    total = 0
    for code, value in parsed:
        name = str(code)
        if name in REPEAT_OPS:
            minimum, maximum, inner = value
            steps = count_match_steps(inner, longest)
            total += (
                steps
                if is_one_character(inner)
                else max(int(minimum), min(int(maximum), longest)) * (steps + STEPS_PER_GROUP)
            )
        elif name == "BRANCH":
            total += STEPS_PER_GROUP + max(count_match_steps(branch, longest) for branch in value[1])
        elif name == "IN":
            total += len(value)
        else:
            total += 1 + sum(count_match_steps(part, longest) for part in list_inner_patterns(name, value))
    return total


def is_one_character(parsed: Any) -> bool:
    """``re`` repeats a single character in its own loop, at most as often as there are characters."""
    return len(parsed) == 1 and str(parsed[0][0]) in {"ANY", "IN", "LITERAL", "NOT_LITERAL"}


def list_inner_patterns(name: str, value: Any) -> list[Any]:
    if name == "SUBPATTERN":
        return [value[-1]]
    return [value] if name == "ATOMIC_GROUP" else []
