"""The schedule of checks: when each is due, however late it was run."""

from monitor.checks.schedule import Schedule
from tests.support.checks import make_plan


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_checks_do_not_all_begin_at_once() -> None:
    clock = Clock()
    schedule = Schedule(clock)
    schedule.set_plans([make_plan(pk) for pk in range(100)])
    begun = []
    for _second in range(11):
        begun.append(len(schedule.due()))
        clock.now += 1
    assert sum(begun) >= 100
    assert max(begun) < 30


def test_a_check_keeps_its_moment_however_late_it_was_asked() -> None:
    clock = Clock()
    schedule = Schedule(clock)
    schedule.set_plans([make_plan(1)])
    first = schedule.due_at[1]
    clock.now = first + 34
    assert [each.pk for each in schedule.due()] == [1]
    assert schedule.due() == []
    assert schedule.due_at[1] == first + 40


def test_a_new_or_changed_check_is_asked_at_once_and_a_deleted_one_no_more() -> None:
    clock = Clock()
    schedule = Schedule(clock)
    schedule.set_plans([make_plan(1)])
    schedule.set_plans([make_plan(1), make_plan(2)])
    assert [each.pk for each in schedule.due()] == [2]
    schedule.set_plans([make_plan(2, interval=20)])
    assert [each.interval for each in schedule.due()] == [20]
    schedule.set_plans([])
    clock.now += 100
    assert schedule.due() == []
