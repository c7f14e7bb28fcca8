"""Quiet hours follow the clock on the wall, over every change of it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from chat.notifications.quiet_hours import WEEK, QuietHours, WeeklyPeriod, find_quiet_end
from myweb.times import to_wall
from tests.zones import ZONES

HOUR = timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")
NIGHTS = tuple(WeeklyPeriod(timedelta(days=day, hours=22), 9 * HOUR) for day in range(7))

zones = st.sampled_from(ZONES).map(ZoneInfo)
minutes = st.integers(0, 7 * 24 * 60 - 1).map(lambda minute: timedelta(minutes=minute))
periods = st.builds(WeeklyPeriod, minutes, st.integers(1, 3 * 24 * 60).map(lambda minute: timedelta(minutes=minute)))
moments = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


def is_in(period: WeeklyPeriod, wall: datetime) -> bool:
    since_monday = timedelta(days=wall.weekday(), hours=wall.hour, minutes=wall.minute, seconds=wall.second)
    return any(period.begin <= since_monday + week < period.begin + period.length for week in (timedelta(), WEEK))


def changes_near(zone: ZoneInfo, moment: datetime) -> bool:
    return len({(moment + hours * HOUR).astimezone(zone).utcoffset() for hours in range(-2, 3)}) > 1


@given(zones, st.lists(periods, max_size=4), moments)
def test_it_is_quiet_exactly_while_the_wall_clock_is_in_a_period(
    zone: ZoneInfo, chosen: list[WeeklyPeriod], moment: datetime
) -> None:
    if changes_near(zone, moment):
        return
    quiet = find_quiet_end(QuietHours(zone, tuple(chosen)), moment) is not None
    assert quiet == any(is_in(period, to_wall(moment, zone)) for period in chosen)


@given(zones, st.lists(periods, min_size=1, max_size=4), moments)
def test_quiet_time_has_an_end_after_which_it_is_not_quiet(
    zone: ZoneInfo, chosen: list[WeeklyPeriod], moment: datetime
) -> None:
    hours = QuietHours(zone, tuple(chosen))
    end = find_quiet_end(hours, moment)
    if end is None:
        return
    assert moment < end <= moment + 2 * WEEK + timedelta(days=4)
    if end < moment + WEEK:
        assert find_quiet_end(hours, end) is None


@given(zones, st.lists(periods, min_size=1, max_size=3), moments, st.integers(0, 600))
def test_every_moment_before_the_end_has_the_same_end(
    zone: ZoneInfo, chosen: list[WeeklyPeriod], moment: datetime, later: int
) -> None:
    hours = QuietHours(zone, tuple(chosen))
    end = find_quiet_end(hours, moment)
    between = moment + timedelta(minutes=later)
    if end and between < end < moment + WEEK:
        assert find_quiet_end(hours, between) == end


def test_a_night_over_the_change_to_summer_time_ends_at_the_hour_on_the_wall() -> None:
    night = QuietHours(BERLIN, NIGHTS)
    end = find_quiet_end(night, datetime(2026, 3, 28, 23, tzinfo=BERLIN))
    assert end == datetime(2026, 3, 29, 7, tzinfo=BERLIN)
    assert end - datetime(2026, 3, 28, 22, tzinfo=BERLIN).astimezone(UTC) == 8 * HOUR


def test_a_period_that_ends_in_the_repeated_hour_lasts_through_its_second_time() -> None:
    hours = QuietHours(BERLIN, (WeeklyPeriod(timedelta(days=6), timedelta(hours=2, minutes=30)),))
    end = find_quiet_end(hours, datetime(2026, 10, 25, 1, tzinfo=BERLIN))
    assert end == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # 02:30, the second time


def test_sunday_night_reaches_into_monday_and_nights_without_a_gap_are_one() -> None:
    night = QuietHours(BERLIN, NIGHTS)
    assert find_quiet_end(night, datetime(2026, 11, 30, 3, tzinfo=BERLIN)) == datetime(2026, 11, 30, 7, tzinfo=BERLIN)
    weekend = (WeeklyPeriod(timedelta(days=5), timedelta(days=2)), *NIGHTS)
    end = find_quiet_end(QuietHours(BERLIN, weekend), datetime(2026, 11, 27, 23, tzinfo=BERLIN))
    assert end == datetime(2026, 11, 30, 7, tzinfo=BERLIN)


def test_without_periods_it_is_never_quiet() -> None:
    assert find_quiet_end(QuietHours(BERLIN), datetime(2026, 11, 29, tzinfo=UTC)) is None
