"""Token buckets by a clock that the tests turn, and what is said about waiting."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.utils import translation

from chat import commands, protocol
from monitor.dashboards.protocol import ConfirmTicks
from myweb.errors import Refused
from myweb.formats import format_wait
from myweb.too_many_requests import get_client_network
from realtime import rate_limits, streams
from realtime.protocol import Ping, Subscribe, Unsubscribe, encode
from realtime.rate_limits import BURST, COSTS, Buckets, TooFast

assert commands  # imported for the commands that it registers

ROOT = Path(__file__).parents[3]


class Clock:
    def __init__(self) -> None:
        self.now = 5_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(rate_limits, "monotonic", clock)
    return clock


def taken(buckets: Buckets, key: object = "ada", most: int = 10_000) -> int:
    """How many are given until the first is refused."""
    return next((number for number in range(most) if buckets.take(key)), most)


@pytest.mark.parametrize("rate", [1, 3, 7, 20, 333])
def test_five_seconds_worth_may_come_at_once(clock: Clock, rate: int) -> None:
    assert taken(Buckets(rate)) == 5 * rate


def test_after_that_as_many_are_given_as_seconds_go_by(clock: Clock) -> None:
    buckets = Buckets(20)
    taken(buckets)
    clock.now += 0.5
    assert taken(buckets) == 10


def test_a_bucket_never_holds_more_than_it_can(clock: Clock) -> None:
    buckets = Buckets(20)
    taken(buckets)
    clock.now += 3_600
    assert taken(buckets) == 100


def test_who_waits_as_long_as_told_is_let_in_and_not_before(clock: Clock) -> None:
    buckets = Buckets(4)
    taken(buckets)
    wait = buckets.take("ada")
    assert wait == pytest.approx(0.25)
    clock.now += wait - 0.01
    assert buckets.take("ada") == pytest.approx(0.01)
    clock.now += 0.01
    assert buckets.take("ada") == 0


def test_asking_too_often_makes_nobody_wait_longer(clock: Clock) -> None:
    buckets = Buckets(4)
    taken(buckets)
    assert {buckets.take("ada") for _attempt in range(1_000)} == {buckets.take("ada")}


def test_everybody_has_a_bucket_of_their_own(clock: Clock) -> None:
    buckets = Buckets(2)
    assert (taken(buckets, "ada"), taken(buckets, "ben")) == (10, 10)


def test_what_costs_nothing_is_given_even_by_an_empty_bucket(clock: Clock) -> None:
    buckets = Buckets(2)
    taken(buckets)
    assert buckets.take("ada", COSTS[Ping]) == 0
    assert buckets.take("ada", COSTS[Unsubscribe]) == 0
    assert buckets.take("ada", COSTS[Subscribe]) == pytest.approx(0.125)


def test_only_talking_about_the_connection_is_free() -> None:
    assert {kind for kind in streams.commands if COSTS.get(kind, 1.0) == 0} == {Ping, Unsubscribe, ConfirmTicks}


def test_ten_tabs_with_all_their_rooms_come_back_at_once(clock: Clock) -> None:
    """A page follows its room, its people, its own stream and who is here in 30 direct rooms."""
    buckets = Buckets(20)
    assert [buckets.take("ada", COSTS[Subscribe]) for _stream in range(10 * 33)] == [0.0] * 330


def seconds_of_cpu(rate: float, tokens: float, characters: int) -> float:
    """In each second, of somebody who sends such texts at full speed; 10,000 characters take 50 ms."""
    return rate / tokens * characters * 0.05 / 10_000


@pytest.mark.parametrize("characters", [1, 1_500, 3_000, 10_000])
def test_texts_at_full_speed_take_at_most_fifteen_percent_of_a_core(characters: int) -> None:
    for text in (
        protocol.SendMessage(1, 1, "", "x" * characters),
        protocol.EditMessage(1, 1, "x" * characters),
        protocol.RunSlashCommand(1, 1, "", "x" * characters),
    ):
        assert seconds_of_cpu(20, rate_limits.command_cost(text), characters) <= 0.151
    assert seconds_of_cpu(10, rate_limits.post_cost(characters), characters) <= 0.151


def test_a_short_text_costs_what_any_command_costs() -> None:
    assert rate_limits.command_cost(protocol.SendMessage(1, 1, "", "x" * 1_500)) == 1
    assert rate_limits.command_cost(protocol.SendTyping(1, 1)) == 1
    assert rate_limits.post_cost(3_000) == 1


def test_what_costs_more_than_a_bucket_holds_is_done_by_a_full_one(clock: Clock) -> None:
    buckets = Buckets(1)
    assert buckets.take("ada", rate_limits.post_cost(10**9)) == 0
    wait = buckets.take("ada", 10)
    assert wait == pytest.approx(5)
    clock.now += wait
    assert buckets.take("ada", 10) == 0


def test_full_buckets_are_forgotten(clock: Clock) -> None:
    buckets = Buckets(20)
    for hour in range(20):
        for person in range(500):
            buckets.take((hour, person))
        clock.now += 3_600
    assert len(buckets.full_at) <= rate_limits.SWEEP + 500


def test_forgetting_gives_nobody_a_fresh_bucket(clock: Clock) -> None:
    buckets = Buckets(2)
    taken(buckets)
    for person in range(2 * rate_limits.SWEEP):
        buckets.take(person)
    assert buckets.take("ada") == pytest.approx(0.5)


def test_a_million_a_second_is_no_limit_that_anybody_meets(clock: Clock) -> None:
    buckets = Buckets(1_000_000)
    assert taken(buckets, most=200_000) == 200_000


def test_the_refusal_says_in_words_and_in_seconds_how_long() -> None:
    answer = TooFast(1.694).answer()
    assert encode(answer) == (
        b'{"code":"too_fast","text":"Rate limit reached. Try again in 2 s.","retry":true,"wait":1.7}'
    )


def test_the_seconds_are_rounded_up_so_that_waiting_them_is_enough() -> None:
    assert [TooFast(wait).wait for wait in (0.001, 0.051, 0.05)] == [0.01, 0.06, 0.05]


def test_other_errors_hold_no_wait_and_always_say_whether_to_retry() -> None:
    refused = Refused("forbidden", "No.")
    assert encode(refused.answer()) == b'{"code":"forbidden","text":"No.","retry":false}'


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (0, "1 s", "1 秒"),
        (0.01, "1 s", "1 秒"),
        (1.2, "2 s", "2 秒"),
        (99, "1 min 39 s", "1 分钟 39 秒"),
        (99.1, "1 min 40 s", "1 分钟 40 秒"),
        (120.5, "2 min 1 s", "2 分钟 1 秒"),
        (300, "5 min", "5 分钟"),
    ],
)
def test_a_wait_in_words_is_never_too_short(seconds: float, english: str, chinese: str) -> None:
    assert format_wait(seconds) == english
    with translation.override("zh-hans"):
        assert format_wait(seconds) == chinese


@pytest.mark.parametrize(
    ("address", "counts_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("fe80::1%eth0", "fe80::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_all_addresses_of_one_customer_count_as_one(address: str, counts_as: str) -> None:
    assert get_client_network(address) == counts_as


@pytest.mark.parametrize("name", ["MYWEB_COMMANDS_PER_SECOND", "MYWEB_POSTS_PER_SECOND"])
@pytest.mark.parametrize(
    ("value", "said"), [("0", "must be at least 1, not 0."), ("no", "must be a whole number, not 'no'.")]
)
def test_no_limit_at_all_cannot_be_set(name: str, value: str, said: str) -> None:
    environment = {**os.environ, "MYWEB_SECRET_KEY": "x" * 50, name: value}
    argv = [sys.executable, "-c", "import myweb.settings"]
    done = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith(f"ImproperlyConfigured: {name} {said}")


def test_a_burst_is_five_seconds() -> None:
    """What the documents say."""
    assert BURST == 5
