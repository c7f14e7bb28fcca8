"""A daily summary is due once each local day, over every change of the clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.notifications.summary_time import MAX_LATE, find_due_summary, find_summary_day, find_summary_moment
from myweb.times import to_wall
from tests.zones import ZONES

zones = st.sampled_from(ZONES)
hours = st.integers(0, 23)
moments = st.datetimes(datetime(2011, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@given(zones, hours, moments)
def test_each_local_day_has_one_summary_in_three_weeks_of_looking_every_quarter(
    zone: str, hour: int, begin: datetime
) -> None:
    days: list[date] = []
    for quarter in range(21 * 24 * 4):
        now = begin + timedelta(minutes=15 * quarter)
        day = find_due_summary(hour, zone, now)
        if day and (not days or day > days[-1]):
            days.append(day)
    wall = to_wall(begin, ZoneInfo(zone)).date()
    existing = [wall + timedelta(days=number) for number in range(-1, 23)]
    existing = [day for day in existing if find_summary_moment(day, hour, zone)]
    assert days == [day for day in existing if days[0] <= day <= days[-1]]
    assert len(days) >= 20


@given(zones, hours, moments)
def test_it_comes_at_the_chosen_hour_or_at_the_moment_that_takes_its_place(zone: str, hour: int, now: datetime) -> None:
    day = find_summary_day(hour, zone, now)
    at = find_summary_moment(day, hour, zone)
    assert at is not None
    assert at <= now < at + timedelta(days=2, hours=2)
    wall = to_wall(at, ZoneInfo(zone))
    assert wall.date() == day
    skipped = datetime.combine(day, time(hour))
    assert wall == skipped or wall - skipped <= timedelta(hours=1)


def test_a_day_that_a_zone_left_out_has_no_summary() -> None:
    assert find_summary_moment(date(2011, 12, 30), 8, "Pacific/Apia") is None
    assert find_summary_day(8, "Pacific/Apia", datetime(2011, 12, 30, 17, tzinfo=UTC)) == date(2011, 12, 29)


@pytest.mark.parametrize(("hour", "at"), [(2, "01:00"), (3, "01:00"), (1, "00:00")])
def test_an_hour_that_the_clock_skips_is_the_moment_of_the_change(hour: int, at: str) -> None:
    found = find_summary_moment(date(2026, 3, 29), hour, "Europe/Berlin")
    assert f"{found:%H:%M}" == at


def test_an_hour_that_comes_twice_counts_the_first_time() -> None:
    assert find_summary_moment(date(2026, 10, 25), 2, "Europe/Berlin") == datetime(2026, 10, 25, 0, tzinfo=UTC)


def test_hours_after_its_time_it_is_too_late() -> None:
    seven = datetime(2026, 11, 29, 7, tzinfo=UTC)
    assert find_due_summary(7, "UTC", seven + MAX_LATE) == date(2026, 11, 29)
    assert find_due_summary(7, "UTC", seven + MAX_LATE + timedelta(seconds=1)) is None
