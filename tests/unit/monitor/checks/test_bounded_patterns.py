"""Patterns of command templates: no word makes one take long."""

import re
import time

import pytest

from monitor.checks.command_template import MAX_WORD, Placeholder, check_template
from monitor.checks.patterns import is_regex_bounded
from monitor.checks.probes import make_probe, run_probe
from monitor.checks.probes.tcp import MAX_BANNER
from myweb.errors import Refused
from myweb.network_policy import Reach

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
    assert is_regex_bounded(pattern, MAX_WORD)
    check_template(["systemctl", f"{{unit:/{pattern}/}}"])


@pytest.mark.parametrize("pattern", ENDLESS)
def test_patterns_that_could_take_long_are_refused_by_name_and_match_nothing(pattern: str) -> None:
    with pytest.raises(Refused, match="could take too long"):
        check_template(["systemctl", f"{{unit:/{pattern}/}}"])
    begun = time.process_time()
    assert not Placeholder("unit", f"/{pattern}/").accepts("a" * (MAX_WORD - 1) + "!")
    assert time.process_time() - begun < 0.05


@pytest.mark.parametrize("pattern", USUAL)
@pytest.mark.parametrize("part", ["a", "ab", "a.", "0", "v1.", "web", "@"])
def test_no_word_holds_a_usual_pattern_for_long(pattern: str, part: str) -> None:
    begun = time.process_time()
    Placeholder("unit", f"/{pattern}/").accepts((part * MAX_WORD)[: MAX_WORD - 1] + "!")
    assert time.process_time() - begun < 0.05


@pytest.mark.parametrize(
    "pattern",
    ["(?:){10000000}", "(?:(?:){1000}){10000}", "(?:^){3000000}a", r"(?:\b){3000000}", ".*.*(?:(?:a){1}){150}x"],
)
def test_repetitions_of_nothing_and_long_ends_are_counted_too(pattern: str) -> None:
    assert not is_regex_bounded(pattern, MAX_WORD)


@pytest.mark.parametrize(
    "pattern", ["a{99999999999999}", "a{" + "9" * 5000 + "}", "(" * 400 + ")" * 400, "(" * 9000, "x" * 1001, "(", "*"]
)
def test_what_re_cannot_read_is_always_the_same_error(pattern: str) -> None:
    with pytest.raises(re.error):
        is_regex_bounded(pattern, MAX_WORD)
    with pytest.raises(Refused, match="Invalid regular expression"):
        check_template(["systemctl", f"{{unit:/{pattern}/}}"])
    with pytest.raises(Refused, match="Invalid regular expression"):
        make_probe("tcp", "a:1", {"banner": pattern}).check()


GREETINGS = ["", "^220[ -]", "ESMTP.*Postfix", r"OpenSSH_[89]\.", "(?i)ready|ok", "^.*ready", r"\AHTTP/1\.[01] 4\d\d"]
SLOW_GREETINGS = ["(a+)+b", "a.*b.*c", "(?m)^a.*b.*c", "(?=(a+)+b)a", r"\w+\d+\w+x", "(?:){10000000}"]


@pytest.mark.parametrize("banner", GREETINGS)
@pytest.mark.parametrize("part", ["ESMTP", "a", "220 ", "\n", "OpenSSH_8"])
def test_no_greeting_holds_a_usual_banner_for_long(banner: str, part: str) -> None:
    make_probe("tcp", "a:1", {"banner": banner}).check()
    begun = time.process_time()
    re.search(banner, (part * MAX_BANNER)[:MAX_BANNER])
    assert time.process_time() - begun < 0.1


@pytest.mark.parametrize("banner", SLOW_GREETINGS)
async def test_a_banner_that_could_take_long_is_refused_when_it_is_saved_and_when_it_was(banner: str) -> None:
    probe = make_probe("tcp", "127.0.0.1:9", {"banner": banner})
    with pytest.raises(Refused, match="could take too long"):
        probe.check()
    result = await run_probe(probe, 1, Reach.EVERYWHERE)
    assert result.ok is None
    assert "could take too long" in result.message
