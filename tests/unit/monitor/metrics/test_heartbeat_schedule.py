"""When a job is expected, and what it is while it does not come."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.metrics.ingest.heartbeat_schedule import BadSchedule, get_beat_state, get_next_due, get_overdue_seconds
from monitor.metrics.ingest.heartbeats import MAX_OUTPUT, decode_output
from monitor.metrics.models import Beat

NOON = datetime(2026, 3, 28, 12, tzinfo=UTC)
State = Beat.State


def a_beat(**fields: object) -> Beat:
    known: dict[str, object] = {"period": 600, "grace": 60, "state": State.UP, "due_at": NOON + timedelta(seconds=600)}
    return Beat(**known | fields)


@pytest.mark.parametrize(
    ("after", "state", "seconds"),
    [(0, State.UP, 0), (620, State.UP, 0), (621, State.LATE, 21), (660, State.LATE, 60), (661, State.DOWN, 61)],
)
def test_it_is_late_after_a_third_of_its_grace_and_down_after_all_of_it(after: int, state: str, seconds: float) -> None:
    now = NOON + timedelta(seconds=after)
    assert (get_beat_state(a_beat(), now), get_overdue_seconds(a_beat(), now)) == (state, seconds)


def test_while_it_runs_it_is_not_late_but_it_may_not_run_for_ever() -> None:
    running = a_beat(started_at=NOON + timedelta(seconds=590))
    assert get_beat_state(running, NOON + timedelta(seconds=650)) == State.UP
    assert get_overdue_seconds(running, NOON + timedelta(seconds=650)) == 0
    assert get_beat_state(running, NOON + timedelta(seconds=651)) == State.DOWN


@pytest.mark.parametrize("state", [State.NEW, State.PAUSED, State.DOWN])
def test_of_itself_nothing_new_paused_or_down_changes(state: str) -> None:
    assert get_beat_state(a_beat(state=state), NOON + timedelta(days=1)) == state


def test_a_period_counts_from_the_last_word() -> None:
    assert get_next_due(a_beat(), NOON) == NOON + timedelta(seconds=600)


@pytest.mark.parametrize(
    ("cron", "zone", "expected"),
    [
        ("30 2 * * *", "UTC", datetime(2026, 3, 29, 2, 30, tzinfo=UTC)),
        ("30 4 * * *", "Europe/Vienna", datetime(2026, 3, 29, 2, 30, tzinfo=UTC)),  # the night that summer time begins
        ("0 9 * * MON", "Asia/Shanghai", datetime(2026, 3, 30, 1, tzinfo=UTC)),
    ],
)
def test_a_cron_expression_is_of_its_time_zone(cron: str, zone: str, expected: datetime) -> None:
    assert get_next_due(a_beat(cron=cron, zone=zone), NOON) == expected


@pytest.mark.parametrize("cron", ["every day", "61 * * * *", "0 0 30 2 *"])
def test_an_expression_that_never_comes_is_refused(cron: str) -> None:
    with pytest.raises(BadSchedule):
        get_next_due(a_beat(cron=cron), NOON)


def test_of_a_long_output_the_end_is_kept_and_every_byte_can_be_read() -> None:
    assert decode_output(b"a\0b\xff") == "a�b�"
    found = decode_output("é".encode() * MAX_OUTPUT + b"!")
    assert len(found.encode()) <= MAX_OUTPUT
    assert found.endswith("éé!")
    assert found.startswith("é")
