"""A failure that repeats each second fills no log, and its end is told."""

import logging

import pytest

from myweb import failure_log
from myweb.failure_log import FailureLog


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(failure_log, "time", clock)
    return clock


@pytest.fixture
def log() -> FailureLog:
    return FailureLog(logging.getLogger("test.failures"))


def test_a_minute_of_failures_is_told_at_its_begin_after_a_minute_and_at_its_end(
    clock: Clock, log: FailureLog, caplog: pytest.LogCaptureFixture
) -> None:
    for _second in range(65):
        log.record_failure("The tick", OSError("away"))
        clock.now += 1
    log.record_success("The tick")
    log.record_success("The tick")
    assert caplog.messages == [
        "The tick failed: away",
        "The tick still fails after 60 s (61 times): away",
        "The tick works again after 65 s; it had failed 65 times.",
    ]


def test_a_second_failure_begins_anew_and_each_name_has_its_own(
    clock: Clock, log: FailureLog, caplog: pytest.LogCaptureFixture
) -> None:
    log.record_failure("The tick", "away")
    log.record_failure("Publishing", "away")
    log.record_success("The tick")
    log.record_failure("The tick", "away")
    assert [message.split(" ")[0] for message in caplog.messages] == ["The", "Publishing", "The", "The"]
    assert caplog.messages[-1] == "The tick failed: away"


def test_only_the_first_line_has_the_traceback(clock: Clock, log: FailureLog, caplog: pytest.LogCaptureFixture) -> None:
    for _minute in range(2):
        try:
            raise ValueError("a bug")
        except ValueError as error:
            log.record_failure("A component", error, exc_info=True)
        clock.now += 60
    assert [bool(record.exc_info) for record in caplog.records] == [True, False]


def test_names_without_end_are_forgotten(clock: Clock, log: FailureLog) -> None:
    for number in range(failure_log.MAX_FAILING + 5):
        log.record_failure(f"Alert {number}", "away")
    assert len(log.failing) == failure_log.MAX_FAILING
