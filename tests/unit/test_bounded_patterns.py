"""Patterns of command templates: no word makes one take long."""

import time

import pytest

from monitor.checks.patterns import is_bounded
from monitor.checks.template import LONGEST, Place, check
from realtime.protocol import Refused

USUAL = [
    "[a-z-]+",
    r"[a-z0-9.-]+@[a-z0-9]+",
    "v[0-9]{1,3}[.][0-9]{1,3}",
    "(web|db)[0-9]{2}",
    "[0-9a-f]{7,40}",
    "myweb-[a-z]+(\\.service)?",
]
ENDLESS = [
    "(a+)+b",
    "(a|a)+b",
    "(a|aa)+",
    "([a-z]+)*x",
    "(.*)*x",
    "a*a*a*a*a*b",
    "(?:a?){60}a{60}",
    "(x+x+)+y",
    "(a*)\\1b",
    "(?=(a+)+b)a",
    "((ab)*)*c",
    ".*.*.*.*x",
]


@pytest.mark.parametrize("pattern", USUAL)
def test_usual_patterns_are_taken(pattern: str) -> None:
    assert is_bounded(pattern, LONGEST)
    check(["systemctl", f"{{unit:/{pattern}/}}"])


@pytest.mark.parametrize("pattern", ENDLESS)
def test_patterns_that_could_take_long_are_refused_by_name_and_match_nothing(pattern: str) -> None:
    with pytest.raises(Refused, match="could take too long"):
        check(["systemctl", f"{{unit:/{pattern}/}}"])
    begun = time.process_time()
    assert not Place("unit", f"/{pattern}/").takes("a" * (LONGEST - 1) + "!")
    assert time.process_time() - begun < 0.05


@pytest.mark.parametrize("pattern", USUAL)
@pytest.mark.parametrize("part", ["a", "ab", "a.", "0", "v1.", "web", "@"])
def test_no_word_holds_a_usual_pattern_for_long(pattern: str, part: str) -> None:
    begun = time.process_time()
    Place("unit", f"/{pattern}/").takes((part * LONGEST)[: LONGEST - 1] + "!")
    assert time.process_time() - begun < 0.05
