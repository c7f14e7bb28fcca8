"""Who is on call: no gap and no overlap, whatever the clocks do."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.oncall.rotation import Override, Rotation, Shift, find_on_call, list_shifts
from myweb.times import to_wall
from tests.zones import ZONES

ADA, BEN, CLEO = 1, 2, 3
BERLIN = ZoneInfo("Europe/Berlin")
MONDAYS = Rotation(BERLIN, time(9), (0,), 1, (ADA, BEN, CLEO), date(2026, 11, 2))

moments = st.integers(1_100_000_000, 1_900_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
spans = st.integers(1, 60 * 24 * 40).map(lambda minutes: timedelta(minutes=minutes))
rotations = st.builds(
    Rotation,
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    at=st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45])),
    weekdays=st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
    length=st.integers(1, 4),
    people=st.lists(st.integers(1, 5), min_size=1, max_size=5).map(tuple),
    begins_on=st.dates(date(2005, 1, 1), date(2030, 1, 1)),
    first=st.integers(0, 4),
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def find_clock_changes(zone: ZoneInfo) -> list[datetime]:
    """The hours of 2010 to 2028 in which the offset changes."""
    hours = (datetime(2010, 1, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(24 * 365 * 18))
    changes, before = [], None
    for hour in hours:
        offset = hour.astimezone(zone).utcoffset()
        if before is not None and offset != before:
            changes.append(hour)
        before = offset
    return changes


def check_covers(shifts: list[Shift], begins: datetime, ends: datetime) -> None:
    assert shifts[0].begins == begins
    assert shifts[-1].ends == ends
    assert [shift.ends for shift in shifts[:-1]] == [shift.begins for shift in shifts[1:]]
    assert all(shift.begins < shift.ends for shift in shifts)


@given(rotations, moments, spans, st.lists(st.tuples(spans, spans, st.integers(6, 8)), max_size=4))
def test_shifts_cover_a_period_and_agree_with_who_is_on_call(
    rotation: Rotation, begins: datetime, span: timedelta, changes: list[tuple[timedelta, timedelta, int]]
) -> None:
    ends = begins + span
    overrides = [Override(begins + after, begins + after + lasts, user) for after, lasts, user in changes]
    shifts = list_shifts(rotation, overrides, begins, ends)
    check_covers(shifts, begins, ends)
    for shift in shifts:
        for moment in (shift.begins, shift.ends - timedelta(seconds=1), shift.begins + (shift.ends - shift.begins) / 2):
            assert find_on_call(rotation, overrides, moment) == shift.user_id


@pytest.mark.parametrize("name", ZONES)
def test_no_clock_change_makes_a_gap_or_an_overlap(name: str) -> None:
    zone = ZoneInfo(name)
    for change in find_clock_changes(zone)[:40]:
        local = change.astimezone(zone)
        for at in (time(0), time(2, 30), local.time().replace(minute=0), time(9)):
            daily = Rotation(zone, at, tuple(range(7)), 1, (ADA, BEN, CLEO), date(2010, 1, 4))
            begins, ends = change - timedelta(days=3), change + timedelta(days=3)
            shifts = list_shifts(daily, [], begins, ends)
            check_covers(shifts, begins, ends)
            moment = begins
            while moment < ends:
                holding = [shift.user_id for shift in shifts if shift.begins <= moment < shift.ends]
                assert holding == [find_on_call(daily, [], moment)]
                moment += timedelta(minutes=15)


@given(rotations, moments)
def test_a_turn_never_begins_at_another_local_time_unless_the_clock_skips_it(
    rotation: Rotation, begins: datetime
) -> None:
    for shift in list_shifts(rotation, [], begins, begins + timedelta(days=30))[1:]:
        wall = to_wall(shift.begins, rotation.zone)
        before = to_wall(shift.begins - timedelta(seconds=1), rotation.zone)
        assert wall.time() == rotation.at or wall - before > timedelta(seconds=1)


def test_people_take_turns_in_their_order_from_the_first_day() -> None:
    shifts = list_shifts(MONDAYS, [], utc("2026-11-02 08:00"), utc("2026-11-30 08:00"))
    assert [shift.user_id for shift in shifts] == [ADA, BEN, CLEO, ADA]
    assert {shift.begins.astimezone(BERLIN).time() for shift in shifts} == {time(9)}
    assert find_on_call(MONDAYS, [], utc("2026-11-02 07:59")) == CLEO


def test_a_turn_can_last_several_hand_overs() -> None:
    shifts = list_shifts(
        Rotation(BERLIN, time(9), (0, 4), 2, (ADA, BEN), date(2026, 11, 2)),
        [],
        utc("2026-11-02 08:00"),
        utc("2026-11-16 08:00"),
    )
    assert [(shift.user_id, shift.begins.day) for shift in shifts] == [(ADA, 2), (BEN, 9)]


def test_the_hand_over_keeps_its_local_time_over_a_clock_change() -> None:
    daily = Rotation(BERLIN, time(9), tuple(range(7)), 1, (ADA, BEN), date(2026, 3, 27))
    shifts = list_shifts(daily, [], utc("2026-03-28 00:00"), utc("2026-03-31 00:00"))
    assert [shift.begins.hour for shift in shifts[1:]] == [8, 7, 7]


def test_a_skipped_hand_over_is_at_the_change_and_a_repeated_one_at_its_first_instant() -> None:
    daily = Rotation(BERLIN, time(2, 30), tuple(range(7)), 1, (ADA, BEN), date(2026, 3, 28))
    skipped = list_shifts(daily, [], utc("2026-03-28 12:00"), utc("2026-03-29 12:00"))
    assert [shift.begins for shift in skipped[1:]] == [utc("2026-03-29 01:00")]
    repeated = list_shifts(daily, [], utc("2026-10-24 12:00"), utc("2026-10-25 12:00"))
    assert [shift.begins for shift in repeated[1:]] == [utc("2026-10-25 00:30")]


def test_an_override_keeps_its_moments_when_the_rotation_changes() -> None:
    override = Override(utc("2026-11-03 10:00"), utc("2026-11-03 12:00"), BEN)
    for rotation in (MONDAYS, Rotation(BERLIN, time(17), (2, 5), 3, (CLEO, ADA), date(2026, 1, 1))):
        shifts = list_shifts(rotation, [override], utc("2026-11-01 00:00"), utc("2026-11-09 00:00"))
        assert [shift[:3] for shift in shifts if shift.is_override] == [tuple(override)]


def test_of_overlapping_overrides_the_later_one_counts() -> None:
    long = Override(utc("2026-11-03 00:00"), utc("2026-11-05 00:00"), BEN)
    short = Override(utc("2026-11-03 12:00"), utc("2026-11-04 00:00"), CLEO)
    assert find_on_call(MONDAYS, [long, short], utc("2026-11-03 13:00")) == CLEO
    assert find_on_call(MONDAYS, [short, long], utc("2026-11-03 13:00")) == BEN


def test_a_rotation_of_nobody_is_one_shift_of_nobody() -> None:
    begins, ends = utc("2026-11-02 08:00"), utc("2026-11-23 08:00")
    nobody = Rotation(BERLIN, time(9), (0,), 1, (), date(2026, 11, 2))
    assert list_shifts(nobody, [], begins, ends) == [Shift(begins, ends, None)]


def test_a_day_that_a_zone_skips_has_no_shift() -> None:
    apia = Rotation(ZoneInfo("Pacific/Apia"), time(0), tuple(range(7)), 1, (ADA, BEN, CLEO), date(2011, 12, 26))
    shifts = list_shifts(apia, [], utc("2011-12-28 10:00"), utc("2012-01-01 10:00"))
    check_covers(shifts, utc("2011-12-28 10:00"), utc("2012-01-01 10:00"))
