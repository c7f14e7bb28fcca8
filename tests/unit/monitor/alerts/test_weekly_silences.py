"""Weekly silences follow the wall clock of their zone, also over the days when the clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as some

from monitor.alerts.models import Silence
from monitor.alerts.silences import WEEK, covers_until, next_window
from myweb.times import to_instant, to_wall
from tests.zones import ZONES

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
