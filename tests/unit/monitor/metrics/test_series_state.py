"""A series is new, live, stale, gone and forgotten, in this order; only a value leads back."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.metrics.series_state import (
    SeriesActivity,
    SeriesState,
    clamp_reading_step,
    get_series_state,
    get_silence_limit,
)

DAY = 86_400.0
ORDER = list(SeriesState)
EVENTS = st.lists(
    st.tuples(st.sampled_from(["read", "down", "clock"]), st.floats(-400 * DAY, 400 * DAY)), min_size=1, max_size=60
)


def state(heard: SeriesActivity | None, now: float, interval: float = 1.0) -> SeriesState:
    return get_series_state(heard, now, interval=interval, active=DAY)


def test_a_series_without_any_value_is_new() -> None:
    assert state(None, 0) is SeriesState.NEW


def test_three_missed_readings_and_at_least_15_seconds_make_it_stale() -> None:
    assert state(SeriesActivity(0, missed_seconds=14), 14) is SeriesState.LIVE
    assert state(SeriesActivity(0, missed_seconds=15), 15) is SeriesState.STALE
    assert state(SeriesActivity(0, missed_seconds=44), 44, interval=15) is SeriesState.LIVE
    assert state(SeriesActivity(0, missed_seconds=45), 45, interval=15) is SeriesState.STALE


def test_while_its_source_is_down_it_is_not_stale() -> None:
    assert state(SeriesActivity(0, missed_seconds=1), 3_600) is SeriesState.LIVE


def test_after_a_day_it_is_gone_and_forgotten_with_its_history() -> None:
    assert state(SeriesActivity(0, missed_seconds=DAY), DAY - 1) is SeriesState.STALE
    assert state(SeriesActivity(0, missed_seconds=DAY), DAY) is SeriesState.GONE
    assert state(SeriesActivity(0, gone=True, has_history=False), DAY) is SeriesState.FORGOTTEN


def test_a_source_that_is_read_once_in_two_days_keeps_its_series() -> None:
    assert state(SeriesActivity(0, missed_seconds=3 * DAY), 3 * DAY, interval=2 * DAY) is SeriesState.LIVE


@given(EVENTS, st.floats(1, 3 * DAY))
def test_no_state_goes_backwards_without_a_value(events: list[tuple[str, float]], interval: float) -> None:
    now, heard, before = 1.8e9, SeriesActivity(1.8e9), SeriesState.LIVE
    for event, seconds in events:
        now += seconds if event == "clock" else abs(seconds) % 60
        if event == "read":
            missed = heard.missed_seconds + clamp_reading_step(abs(seconds) % 60)
            heard = heard._replace(seen_at=min(heard.seen_at, now), missed_seconds=missed)
        if get_series_state(heard, now, interval=interval, active=DAY) is SeriesState.GONE:
            heard = heard._replace(gone=True)
        after = get_series_state(heard, now, interval=interval, active=DAY)
        assert ORDER.index(after) >= ORDER.index(before)
        before = after


@given(st.floats(0.1, 10 * DAY))
def test_a_clock_that_jumps_makes_nothing_stale(interval: float) -> None:
    assert get_silence_limit(interval) >= 15
    assert clamp_reading_step(400 * DAY) <= 10
    assert clamp_reading_step(-400 * DAY) == 1
