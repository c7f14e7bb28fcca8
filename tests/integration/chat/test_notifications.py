"""Members are notified of what concerns them, once, and not of what they have read."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from chat import message_services, services
from chat.message_validation import parse_incoming
from chat.models import Level, Notification, NotificationSettings, Room
from chat.notifications.delivery import Told, senders, store_notifications, tell_due_notifications
from chat.notifications.recipients import find_notifications
from chat.notifications.services import set_room_notifications
from chat.protocol import NotificationState
from chat.sidebar import read_sidebar
from chat.store import store_message
from myweb.errors import NotFound, Refused
from tests.support.rooms import make_room, say

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 29, 23, 0, tzinfo=UTC)
NIGHT = [[day * 1440 + 22 * 60, 9 * 60] for day in range(7)]
MORNING = datetime(2026, 11, 30, 7, 0, tzinfo=UTC)


def told(room: Room, after: int = 0, now: datetime = NOW) -> list[tuple[str, int, datetime]]:
    """(name, seq, time) of what is to be told of the messages after a seq."""
    store_notifications(find_notifications(room, after, now)[1])
    rows = Notification.objects.filter(room=room).select_related("user").order_by("user__name")
    return [(row.user.name, row.seq, row.due_at) for row in rows]


def test_a_mention_is_told_to_who_is_named(room: Room, ada: User, ben: User) -> None:
    say(room, ada, "nothing for anybody")
    say(room, ada, f"@{ben.handle} have a look")
    say(room, ada, "nothing again")
    assert told(room) == [(ben.name, 2, NOW)]


def test_a_reply_is_told_to_who_is_answered(room: Room, ada: User, ben: User) -> None:
    say(room, ben, "what now?")
    store_message(parse_incoming(room.pk, ada.pk, str(uuid4()), "wait", 1))
    assert told(room) == [(ben.name, 2, NOW)]


def test_every_direct_message_is_told(ada: User, ben: User) -> None:
    direct = services.open_direct(ada, [ben])
    say(direct, ada)
    assert told(direct) == [(ben.name, 1, NOW)]


@pytest.mark.parametrize(("level", "seqs"), [(Level.ALL, [3]), (Level.MENTIONS, [2]), (Level.NOTHING, []), ("", [2])])
def test_the_level_of_a_room_is_followed(level: str, seqs: list[int], room: Room, ada: User, ben: User) -> None:
    set_room_notifications(ben.pk, room.pk, level, 0)
    for body in ("one", f"@{ben.handle} two", "three"):
        say(room, ada, body)
    assert [seq for _name, seq, _at in told(room)] == seqs


def test_a_muted_room_tells_nothing_until_it_is_over(room: Room, ada: User, ben: User) -> None:
    set_room_notifications(ben.pk, room.pk, "", int(NOW.timestamp()) + 60)
    say(room, ada, f"@{ben.handle} one")
    assert told(room) == []
    say(room, ada, f"@{ben.handle} two")
    assert told(room, 1, NOW + timedelta(seconds=60)) == [(ben.name, 2, NOW + timedelta(seconds=60))]


def test_what_comes_in_quiet_hours_is_told_once_at_their_end(room: Room, ada: User, ben: User) -> None:
    NotificationSettings.objects.create(user=ben, zone="UTC", quiet_periods=NIGHT)
    say(room, ada, f"@{ben.handle} one")
    assert told(room) == [(ben.name, 1, MORNING)]
    say(room, ada, f"@{ben.handle} two")
    assert told(room, 1) == [(ben.name, 2, MORNING)]
    assert tell_due_notifications(MORNING - timedelta(seconds=1)) == 0
    assert tell_due_notifications(MORNING) == 1
    assert tell_due_notifications(MORNING) == 0


def test_a_later_message_never_delays_an_earlier_one(room: Room, ada: User, ben: User) -> None:
    say(room, ada, f"@{ben.handle} one")
    assert told(room) == [(ben.name, 1, NOW)]
    NotificationSettings.objects.create(user=ben, zone="UTC", quiet_periods=NIGHT)
    say(room, ada, f"@{ben.handle} two")
    assert told(room, 1) == [(ben.name, 2, NOW)]


def test_own_read_and_deleted_messages_are_not_told(room: Room, ada: User, ben: User) -> None:
    say(room, ben, f"@{ben.handle} note to myself")
    read = say(room, ada, f"@{ben.handle} read")
    message_services.mark_room_read(ben.pk, room.pk, read.seq)
    taken = say(room, ada, f"@{ben.handle} taken")
    message_services.delete_message(ada, taken.message)
    assert told(room) == []


@pytest.mark.parametrize("gone", ["read", "deleted", "left", "deactivated"])
def test_what_is_settled_before_its_time_is_not_told(gone: str, room: Room, ada: User, ben: User) -> None:
    sent = say(room, ada, f"@{ben.handle} one")
    assert len(told(room)) == 1
    if gone == "read":
        message_services.mark_room_read(ben.pk, room.pk, sent.seq)
    elif gone == "deleted":
        message_services.delete_message(ada, sent.message)
    elif gone == "left":
        services.leave_room(ben, room)
    else:
        User.objects.filter(pk=ben.pk).update(is_active=False)
    with told_by_sender() as entries:
        assert tell_due_notifications(NOW) == 1
    assert entries == []
    assert not Notification.objects.exists()


def test_where_the_newest_was_deleted_an_earlier_one_is_told(room: Room, ada: User, ben: User, cleo: User) -> None:
    services.add_members(ada, room, [cleo])
    say(room, ada, f"@{ben.handle} one")
    say(room, ada, "nothing for anybody")
    newest = say(room, ada, f"@{ben.handle} @{cleo.handle} two")
    told(room)
    message_services.delete_message(ada, newest.message)
    with told_by_sender() as entries:
        assert tell_due_notifications(NOW) == 2
    assert [(entry.user_id, entry.state.seq) for entry in entries] == [(ben.pk, 1)]
    state = get_notification(ben)
    assert state
    assert state.seq == 1


@contextmanager
def told_by_sender() -> Iterator[list[Told]]:
    entries: list[Told] = []
    senders.append(entries.extend)
    try:
        yield entries
    finally:
        senders.remove(entries.extend)


def get_notification(user: User) -> NotificationState | None:
    (line,) = read_sidebar(user).rooms
    return line.notification


def test_the_tabs_and_devices_of_the_user_get_author_and_text(room: Room, ada: User, ben: User) -> None:
    say(room, ada, f"@{ben.handle} **disk** of <db-1> is full\n\n" + "word " * 100)
    assert len(told(room)) == 1
    assert get_notification(ben) is None
    with told_by_sender() as entries:
        assert tell_due_notifications(NOW) == 1
    state = get_notification(ben)
    assert state
    assert [(entry.user_id, entry.state, entry.room) for entry in entries] == [(ben.pk, state, room)]
    assert (state.seq, state.author) == (1, ada.name)
    assert state.text.startswith(f"@{ben.name} disk of <db-1> is full word")
    assert len(state.text) == 140
    assert state.text.endswith("…")


def test_what_was_told_stands_until_it_is_read_or_deleted(room: Room, ada: User, ben: User) -> None:
    first = say(room, ada, f"@{ben.handle} one")
    told(room)
    tell_due_notifications(NOW)
    assert get_notification(ben)
    message_services.mark_room_read(ben.pk, room.pk, first.seq)
    assert get_notification(ben) is None
    second = say(room, ada, f"@{ben.handle} two")
    told(room, 1)
    assert get_notification(ben) is None
    tell_due_notifications(NOW)
    state = get_notification(ben)
    assert state
    assert state.seq == 2
    message_services.delete_message(ada, second.message)
    assert get_notification(ben) is None


@pytest.mark.parametrize(("room_level", "direct_level", "seqs"), [("all", "all", [2]), ("nothing", "nothing", [])])
def test_the_settings_of_a_user_hold_where_a_room_has_no_level(
    room_level: str, direct_level: str, seqs: list[int], room: Room, ada: User, ben: User
) -> None:
    NotificationSettings.objects.create(user=ben, room_level=room_level, direct_level=direct_level)
    direct = services.open_direct(ada, [ben])
    for place in (room, direct):
        say(place, ada, f"@{ben.handle} one")
        say(place, ada, "two")
        assert [seq for _name, seq, _at in told(place)] == seqs
    set_room_notifications(ben.pk, room.pk, Level.MENTIONS, 0)
    say(room, ada, f"@{ben.handle} three")
    assert [seq for _name, seq, _at in told(room, 2)] == [3]


def test_a_large_room_costs_no_more_queries(ada: User, ben: User) -> None:
    room = make_room(ada, ben)
    say(room, ada, f"@{ben.handle} one")
    with CaptureQueriesContext(connection) as few:
        told(room)
    services.add_members(
        ada, room, [User.objects.create_user(f"m{n}@example.com", name=f"M {n}", handle=f"m{n}") for n in range(30)]
    )
    say(room, ada, f"@{ben.handle} @m1 @m2 two")
    with CaptureQueriesContext(connection) as many:
        assert len(told(room, 1)) == 3
    assert len(many) == len(few)


@pytest.mark.parametrize(("level", "until"), [("loud", 0), ("", -1), ("", 10**12)])
def test_a_level_or_time_that_does_not_exist_is_refused(level: str, until: int, room: Room, ben: User) -> None:
    with pytest.raises(Refused):
        set_room_notifications(ben.pk, room.pk, level, until)


def test_a_room_of_others_has_no_level(ada: User, ben: User) -> None:
    with pytest.raises(NotFound):
        set_room_notifications(ben.pk, make_room(ada).pk, "", 0)
