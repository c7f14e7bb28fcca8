"""A direct message that is sent urgent reaches its recipient in spite of quiet hours or a mute. Nothing else does."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Role, User
from chat import message_services, services
from chat.models import Level, Message, Notification, NotificationSettings, Room
from chat.notifications.delivery import read_room, tell_due_notifications
from chat.notifications.services import set_room_notifications
from chat.notifications.urgent import URGENT_LIMIT, URGENT_WINDOW, read_availability, send_urgent
from chat.protocol import Availability
from chat.serializers import read_events_since, read_room_snapshot
from chat.sidebar import read_sidebar
from myweb.errors import NotFound, Refused
from push.models import PushMessage
from tests.integration.chat.test_notifications import told_by_sender
from tests.integration.push.conftest import Add, add_device, service
from tests.support.push_service import PushService
from tests.support.rooms import say

__all__ = ["add_device", "service"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def direct(ada: User, ben: User) -> Room:
    return services.open_direct(ada, [ben])


def make_quiet(user: User) -> None:
    """For an hour and more, whenever the test runs."""
    now = timezone.now()
    begin = now.weekday() * 1440 + now.hour * 60
    NotificationSettings.objects.create(user=user, zone="UTC", quiet_periods=[[begin, 180]])


def run_worker(room: Room, after: int = 0) -> None:
    if store := read_room(room, after).store:
        store()
    tell_due_notifications(timezone.now() + timedelta(seconds=1))


def get_told(user: User, room: Room) -> tuple[int, bool] | None:
    """(seq, urgent) of what the user's tabs are told of the room."""
    (line,) = [line for line in read_sidebar(user).rooms if line.id == room.pk]
    return (line.notification.seq, line.notification.urgent) if line.notification else None


def hold(how: str, user: User, room: Room) -> None:
    if how == "quiet":
        make_quiet(user)
    elif how == "muted":
        set_room_notifications(user.pk, room.pk, "", int(time.time()) + 600)
    else:
        set_room_notifications(user.pk, room.pk, Level.NOTHING, 0)


@pytest.mark.parametrize("how", ["quiet", "muted", "nothing"])
def test_what_would_be_held_is_told_at_once_and_says_that_it_is_urgent(
    how: str, direct: Room, ada: User, ben: User
) -> None:
    hold(how, ben, direct)
    sent = say(direct, ada, "the site is down")
    run_worker(direct)
    assert get_told(ben, direct) is None
    send_urgent(ada, sent.message)
    run_worker(direct)
    assert get_told(ben, direct) == (1, True)
    (state,) = read_room_snapshot(Room.objects.get(pk=direct.pk)).messages
    assert state.urgent


def test_both_get_the_message_anew_and_see_that_it_is_urgent(direct: Room, ada: User, ben: User) -> None:
    make_quiet(ben)
    sent = say(direct, ada)
    send_urgent(ada, sent.message)
    _head, (event,) = read_events_since(Room.objects.get(pk=direct.pk), sent.rev)
    assert event.data.urgent


@pytest.mark.parametrize("is_read_first", [True, False])
def test_it_is_told_once_whenever_the_worker_reads_it(is_read_first: bool, direct: Room, ada: User, ben: User) -> None:
    make_quiet(ben)
    sent = say(direct, ada)
    late = read_room(direct, 0).store  # read before it was urgent
    assert late
    with told_by_sender() as entries:
        if is_read_first:
            late()
        send_urgent(ada, sent.message)
        tell_due_notifications(timezone.now() + timedelta(seconds=1))
        if not is_read_first:
            late()
        run_worker(direct)
    assert [(entry.state.seq, entry.state.urgent) for entry in entries] == [(1, True)]
    assert get_told(ben, direct) == (1, True)


def test_a_later_message_waits_as_before(direct: Room, ada: User, ben: User) -> None:
    make_quiet(ben)
    send_urgent(ada, say(direct, ada).message)
    run_worker(direct)
    say(direct, ada, "not urgent")
    run_worker(direct, 1)
    (row,) = Notification.objects.filter(user=ben)
    assert (row.seq, row.is_urgent, row.told_at) == (2, False, None)


def test_a_message_with_an_earlier_one_that_waits_is_told_as_the_newest(direct: Room, ada: User, ben: User) -> None:
    make_quiet(ben)
    first = say(direct, ada)
    say(direct, ada, "second")
    run_worker(direct)
    send_urgent(ada, first.message)
    run_worker(direct)
    assert get_told(ben, direct) == (2, True)


def test_an_urgent_message_is_left_where_a_later_one_is_deleted(direct: Room, ada: User, ben: User) -> None:
    hold("nothing", ben, direct)
    send_urgent(ada, say(direct, ada).message)
    second = say(direct, ada, "second")
    send_urgent(ada, second.message)
    message_services.delete_message(ada, second.message)
    run_worker(direct)
    assert get_told(ben, direct) == (1, True)


def test_what_was_read_is_marked_but_not_told(direct: Room, ada: User, ben: User) -> None:
    make_quiet(ben)
    sent = say(direct, ada)
    message_services.mark_room_read(ben.pk, direct.pk, sent.seq)
    send_urgent(ada, sent.message)
    assert not Notification.objects.exists()
    assert Message.objects.get().urgent_at


def test_a_second_click_changes_nothing(direct: Room, ada: User, ben: User) -> None:
    make_quiet(ben)
    sent = say(direct, ada)
    assert send_urgent(ada, sent.message) == send_urgent(ada, sent.message)


def test_a_user_who_is_notified_anyway_gets_nothing_urgent(direct: Room, ada: User, ben: User) -> None:
    sent = say(direct, ada)
    with pytest.raises(Refused, match="anyway"):
        send_urgent(ada, sent.message)
    assert Message.objects.get().urgent_at is None


def test_the_limit_holds_for_each_sender_and_recipient(direct: Room, ada: User, ben: User, cleo: User) -> None:
    make_quiet(ben)
    for _number in range(URGENT_LIMIT):
        send_urgent(ada, say(direct, ada).message)
    over = say(direct, ada)
    with pytest.raises(Refused, match="Try again in 60 min") as caught:
        send_urgent(ada, over.message)
    assert caught.value.code == "too_fast"
    other = services.open_direct(cleo, [ben])
    assert send_urgent(cleo, say(other, cleo).message)
    Message.objects.filter(room=direct, seq=1).update(urgent_at=timezone.now() - URGENT_WINDOW)
    assert send_urgent(ada, over.message)


def test_nobody_else_and_no_room_can_have_an_urgent_message(
    direct: Room, room: Room, ada: User, ben: User, cleo: User
) -> None:
    make_quiet(ben)
    with pytest.raises(Refused, match="one person"):
        send_urgent(ada, say(room, ada, f"@{ben.handle}").message)
    group = services.open_direct(ada, [ben, cleo])
    with pytest.raises(Refused, match="one person"):
        send_urgent(ada, say(group, ada).message)
    alone = services.open_direct(ada, [])
    with pytest.raises(Refused, match="one person"):
        send_urgent(ada, say(alone, ada).message)
    sent = say(direct, ada)
    with pytest.raises(Refused, match="author"):
        send_urgent(ben, sent.message)
    with pytest.raises(NotFound):
        send_urgent(cleo, sent.message)
    User.objects.filter(pk=ada.pk).update(role=Role.BOT)
    with pytest.raises(Refused, match="author"):
        send_urgent(User.objects.get(pk=ada.pk), sent.message)
    assert not Message.objects.exclude(urgent_at=None).exists()


def test_the_sender_learns_until_when_but_not_why(direct: Room, room: Room, ada: User, ben: User, cleo: User) -> None:
    assert read_availability(ada, direct.pk) == Availability()
    make_quiet(ben)
    reach = read_availability(ada, direct.pk)
    assert 3_600 < reach.until - time.time() < 3 * 3_600
    assert not reach.off
    for how in ("muted", "nothing"):
        hold(how, ben, direct)
        assert read_availability(ada, direct.pk) == Availability(off=True)
    assert read_availability(ada, room.pk) == Availability()
    with pytest.raises(NotFound):
        read_availability(cleo, direct.pk)


def test_a_device_says_that_it_is_urgent(
    direct: Room, ada: User, ben: User, service: PushService, add_device: Add
) -> None:
    add_device(ben, service.browser("phone"))
    make_quiet(ben)
    send_urgent(ada, say(direct, ada, "the site is down").message)
    run_worker(direct)
    (message,) = PushMessage.objects.all()
    assert message.is_urgent
    assert (message.payload["title"], message.payload["body"]) == (f"Urgent: {ada.name}", "the site is down")
