"""A check tells its room when it goes down and when it is up again, each once."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from chat.message_services import delete_message
from chat.models import Message, Room
from monitor.checks import outages, services, storage
from monitor.checks.models import Check, CheckChange, CheckState
from monitor.checks.probes import Result, make_probe
from monitor.checks.state import Verdict
from monitor.checks.storage import CheckResult

pytestmark = pytest.mark.django_db(transaction=True)

NOW = timezone.now()  # one for all results, so that durations are exact


@pytest.fixture
def database(ada: User, room: Room) -> Check:
    check = Check(name="Database", slug="database", room=room, retries=0)
    services.save_check(ada, check, make_probe("tcp", "db.example.com:5432"))
    return check


def store(check: Check, state: str, message: str = "Connection refused.", **ago: float) -> None:
    """Stores a result, and informs rooms as the collector does."""
    plan = next(plan for plan in storage.load_plans()[0] if plan.pk == check.pk)
    result = Result(state == CheckState.UP, message, 0.1)
    at = NOW - timedelta(**ago)
    storage.store_results([CheckResult(plan, at, result, Verdict(state, message))])
    outages.inform_rooms()


def told(room: Room) -> list[str]:
    return list(Message.objects.filter(room=room).exclude(body="").order_by("seq").values_list("body", flat=True))


def test_the_room_reads_what_is_down_and_why_and_later_for_how_long(database: Check, room: Room) -> None:
    store(database, CheckState.UP, "Connected.", minutes=9)
    assert told(room) == []
    store(database, CheckState.DOWN, minutes=4)
    assert told(room) == ["Database is down: connection refused"]
    card: Any = Message.objects.get(room=room).card
    database.refresh_from_db()
    assert (card["kind"], card["check"], card["said"]) == ("check", "database", "connection refused")
    assert card["since"] == int(database.since.timestamp())
    store(database, CheckState.UP, "Connected.")
    assert told(room)[1:] == ["Database is up again after 4 min."]
    first, reply = Message.objects.filter(room=room).order_by("seq")
    card = first.card
    assert card["ended"] - card["since"] == 240
    assert reply.reply_seq == first.seq


def test_a_check_that_comes_back_slowly_is_up_again_too(database: Check, room: Room) -> None:
    store(database, CheckState.DOWN, minutes=4)
    store(database, CheckState.DEGRADED, "Slower than 1 s (2 s).")
    store(database, CheckState.UP, "Connected.")
    assert told(room)[1:] == ["Database is up again after 4 min."]


def test_nothing_is_told_twice_after_a_restart(database: Check, room: Room) -> None:
    store(database, CheckState.DOWN)
    for _restart in range(2):
        outages.inform_rooms()
        store(database, CheckState.DOWN)
    assert len(told(room)) == 1


def test_what_happened_before_a_crash_is_told_after_it(database: Check, room: Room) -> None:
    Check.objects.update(state=CheckState.DOWN, said="Connection refused.")
    outages.inform_rooms()
    assert len(told(room)) == 1


def test_an_outage_behind_a_parent_stays_open_and_is_closed_once(database: Check, room: Room) -> None:
    store(database, CheckState.DOWN)
    store(database, CheckState.UNKNOWN, "Depends on Router, which is down.")
    store(database, CheckState.DOWN)
    assert len(told(room)) == 1
    store(database, CheckState.UP)
    store(database, CheckState.UP)
    assert len(told(room)) == 2


def test_a_check_without_a_room_or_with_the_tick_removed_tells_nobody(database: Check, room: Room) -> None:
    Check.objects.update(notify_room=False)
    store(database, CheckState.DOWN)
    Check.objects.update(notify_room=True, room=None)
    outages.inform_rooms()
    assert told(room) == []


def test_an_archived_room_and_a_deleted_card_stop_nothing(ada: User, database: Check, room: Room) -> None:
    Room.objects.update(archived_at=timezone.now())
    store(database, CheckState.DOWN)
    Room.objects.update(archived_at=None)
    outages.inform_rooms()
    delete_message(ada, Message.objects.get(room=room).pk)
    store(database, CheckState.UP)
    assert told(room) == []
    database.refresh_from_db()
    assert database.outage_message is None


def test_a_paused_check_is_not_run_and_resumes_by_itself(ada: User, database: Check) -> None:
    store(database, CheckState.UP)
    plan = storage.load_plans()[0][0]
    services.pause_check(ada, database, timedelta(minutes=20))
    assert storage.load_plans() == ([], {})
    storage.store_results(
        [CheckResult(plan, timezone.now(), Result(False, "Late."), Verdict(CheckState.DOWN, "Late."))]
    )
    database.refresh_from_db()
    assert (database.state, database.said) == (CheckState.PAUSED, "Paused by Ada Lovelace.")
    Check.objects.update(paused_until=timezone.now())
    storage.load_plans()
    assert [plan.slug for plan in storage.load_plans()[0]] == ["database"]
    states = [CheckState.UNKNOWN, CheckState.PAUSED, CheckState.UP]
    assert list(CheckChange.objects.values_list("state", flat=True)) == states


def test_time_without_a_collector_is_unknown_and_the_check_stays_up_since_then(database: Check) -> None:
    store(database, CheckState.UP, hours=3)
    since = Check.objects.get().since
    store(database, CheckState.UP)
    states = [CheckState.UP, CheckState.UNKNOWN, CheckState.UP]
    assert list(CheckChange.objects.values_list("state", flat=True)) == states
    assert Check.objects.get().since == since
