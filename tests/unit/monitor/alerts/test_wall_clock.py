"""Weekly silences follow the wall clock of their zone, also over the days when the clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from monitor.alerts.models import Silence
from monitor.alerts.silences import WEEK, covers_until, next_window
from monitor.alerts.wall_clock import find_zone, to_instant, to_wall

ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour
    "Asia/Kolkata",
    "Pacific/Chatham",  # 45 minutes
    "America/Santiago",  # at midnight
    "Africa/Casablanca",
    "Asia/Shanghai",
    "America/St_Johns",
    "Pacific/Apia",
    "Asia/Beirut",
    "UTC",
]
zones = some.sampled_from(ZONES).map(ZoneInfo)
walls = some.datetimes(datetime.fromisoformat("2020-01-01"), datetime.fromisoformat("2030-01-01")).map(
    lambda wall: wall.replace(second=0, microsecond=0)
)
lengths = some.integers(1, 6 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))


def is_regular(wall: datetime, zone: ZoneInfo) -> bool:
    """Neither skipped nor twice there."""
    moments = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return len(moments) == 1


@given(walls, lengths, zones, some.integers(0, 60))
def test_a_weekly_silence_has_the_same_local_hours_in_every_week(
    begin: datetime, length: timedelta, zone: ZoneInfo, turn: int
) -> None:
    starts, ends = to_instant(begin, zone), to_instant(begin + length, zone, last=True)
    begin, end = to_wall(starts, zone) + turn * WEEK, to_wall(ends, zone) + turn * WEEK
    silence = Silence(starts=starts, ends=ends, weekly=True, zone=zone.key)
    if is_regular(begin, zone) and is_regular(end, zone):
        first, last = (wall.replace(tzinfo=zone).astimezone(UTC) for wall in (begin, end))
        assert covers_until(silence, first) == last
        assert covers_until(silence, last - timedelta(minutes=1)) == last
        assert covers_until(silence, last) is None
        assert covers_until(silence, first - timedelta(minutes=1)) is None or (turn == 0 and length > WEEK)


@given(walls, lengths, zones, some.integers(0, 60 * 24 * 400))
def test_whatever_the_clock_shows_within_the_hours_is_silent(
    begin: datetime, length: timedelta, zone: ZoneInfo, minutes: int
) -> None:
    starts, ends = to_instant(begin, zone), to_instant(begin + length, zone, last=True)
    silence = Silence(starts=starts, ends=ends, weekly=True, zone=zone.key)
    moment = starts + timedelta(minutes=minutes)
    since = (to_wall(moment, zone) - to_wall(starts, zone)) % WEEK
    if since < to_wall(ends, zone) - to_wall(starts, zone):
        assert covers_until(silence, moment)
    start, end = next_window(silence, moment)
    assert end > moment
    assert (start <= moment) == (covers_until(silence, moment) is not None)


@given(walls, zones)
def test_a_time_that_is_skipped_is_the_moment_of_the_change(wall: datetime, zone: ZoneInfo) -> None:
    for last in (False, True):
        moment = to_instant(wall, zone, last=last)
        if to_wall(moment, zone) != wall:
            before = to_wall(moment - timedelta(seconds=1), zone)
            assert before < wall < to_wall(moment, zone)


@pytest.mark.parametrize(
    ("zone", "wall", "first", "last"),
    [
        ("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:00", "2026-03-29T01:00"),  # skipped
        ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30", "2026-10-25T01:30"),  # twice
        ("America/New_York", "2026-03-08T02:30", "2026-03-08T07:00", "2026-03-08T07:00"),
        ("America/New_York", "2026-11-01T01:30", "2026-11-01T05:30", "2026-11-01T06:30"),
        ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45", "2026-04-04T15:15"),
        ("Asia/Kolkata", "2026-03-29T02:30", "2026-03-28T21:00", "2026-03-28T21:00"),
        ("Pacific/Chatham", "2026-09-27T03:00", "2026-09-26T14:00", "2026-09-26T14:00"),
        ("America/Santiago", "2026-09-06T00:30", "2026-09-06T04:00", "2026-09-06T04:00"),
        ("America/Santiago", "2026-04-04T23:30", "2026-04-05T02:30", "2026-04-05T03:30"),
    ],
)
def test_times_on_the_days_of_a_change(zone: str, wall: str, first: str, last: str) -> None:
    local, key = datetime.fromisoformat(wall), ZoneInfo(zone)
    assert to_instant(local, key) == datetime.fromisoformat(first).replace(tzinfo=UTC)
    assert to_instant(local, key, last=True) == datetime.fromisoformat(last).replace(tzinfo=UTC)


@given(
    some.one_of(some.text(max_size=80), some.sampled_from(["Europe", "../etc/passwd", "Etc/Unknown", "a" * 999, "\0"]))
)
def test_a_zone_that_is_unknown_is_that_of_the_site(name: str) -> None:
    assert find_zone(name).key
    assert find_zone("nonsense/" + name).key == "UTC"
