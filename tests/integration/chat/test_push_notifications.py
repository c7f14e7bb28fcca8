"""Members get on their devices what they are told, and nothing of what they have read."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from chat import message_services, services
from chat.models import Level, Notification, NotificationSettings, Room
from chat.notifications.delivery import find_unread, read_room, tell_due_notifications
from chat.notifications.push import push_notifications
from chat.notifications.services import set_room_notifications
from push.models import PushMessage
from push.tasks import send_push_messages
from tests.integration.push.conftest import Add, add_device, service
from tests.support.cast import make_person
from tests.support.push_service import PushService
from tests.support.rooms import make_room, say

__all__ = ["add_device", "service"]
pytestmark = pytest.mark.django_db(transaction=True)


def tell(room: Room, after: int = 0, at: datetime | None = None) -> None:
    """As the worker does it."""
    if store := read_room(room, after).store:
        store()
    tell_due_notifications(at or timezone.now() + timedelta(seconds=1))


def deliver() -> None:
    send_push_messages.func()


def test_a_mention_arrives_with_its_words_and_opens_at_the_message(
    room: Room, ada: User, ben: User, service: PushService, add_device: Add
) -> None:
    phone, own = service.browser("phone"), service.browser("own")
    add_device(ben, phone)
    add_device(ada, own)
    say(room, ada, "nothing for anybody")
    say(room, ada, f"@{ben.handle} **disk** of <db-1> is full")
    tell(room)
    deliver()
    (message,) = phone.messages
    assert message.pop("id")
    assert message == {
        "tag": f"room.{room.pk}",
        "title": room.name,
        "body": f"{ada.name}: @{ben.name} disk of <db-1> is full",
        "path": f"/rooms/{room.pk}/?at=2",
        "badge": 2,
    }
    assert phone.requests[0].headers["urgency"] == "high"
    assert own.messages == []


def test_a_direct_message_is_named_after_its_author(
    ada: User, ben: User, service: PushService, add_device: Add
) -> None:
    phone = service.browser("phone")
    add_device(ben, phone)
    direct = services.open_direct(ada, [ben])
    say(direct, ada, "coffee?")
    tell(direct)
    deliver()
    assert [(message["title"], message["body"]) for message in phone.messages] == [(ada.name, "coffee?")]
    assert phone.requests[0].headers["urgency"] == "high"


def test_what_is_no_mention_does_not_wake_the_phone(
    room: Room, ada: User, ben: User, service: PushService, add_device: Add
) -> None:
    phone = service.browser("phone")
    add_device(ben, phone)
    set_room_notifications(ben.pk, room.pk, Level.ALL, 0)
    say(room, ada, "good morning")
    tell(room)
    deliver()
    assert phone.requests[0].headers["urgency"] == "normal"


def test_each_message_comes_once(room: Room, ada: User, ben: User, service: PushService, add_device: Add) -> None:
    phone = service.browser("phone")
    add_device(ben, phone)
    for number in range(3):
        say(room, ada, f"@{ben.handle} {number}")
        tell(room, number)
        deliver()
        tell(room, number + 1)
        deliver()
    assert [message["body"][-1] for message in phone.messages] == ["0", "1", "2"]
    assert len({message["id"] for message in phone.messages}) == 3


@pytest.mark.parametrize("when", ["before", "while it waits"])
@pytest.mark.parametrize("what", ["read", "deleted", "left"])
def test_nothing_comes_of_what_is_settled(
    when: str, what: str, room: Room, ada: User, ben: User, service: PushService, add_device: Add
) -> None:
    phone = service.browser("phone")
    add_device(ben, phone)
    sent = say(room, ada, f"@{ben.handle} one")
    settle: dict[str, Callable[[], object]] = {
        "read": lambda: message_services.mark_room_read(ben.pk, room.pk, sent.seq),
        "deleted": lambda: message_services.delete_message(ada, sent.message),
        "left": lambda: services.leave_room(ben, room),
    }
    if when == "before":
        settle[what]()
        tell(room)
        assert not PushMessage.objects.exists()
    else:
        tell(room)
        assert PushMessage.objects.exists()
        settle[what]()
    deliver()
    assert phone.messages == []
    assert not PushMessage.objects.exists()


def test_nothing_comes_in_quiet_hours_and_one_message_at_their_end(
    room: Room, ada: User, ben: User, service: PushService, add_device: Add
) -> None:
    phone = service.browser("phone")
    add_device(ben, phone)
    now = datetime.now(UTC)
    begin = (now - timedelta(hours=1)).replace(second=0, microsecond=0)
    minutes = begin.weekday() * 1440 + begin.hour * 60 + begin.minute
    NotificationSettings.objects.create(user=ben, zone="UTC", quiet_periods=[[minutes, 120]])
    for body in ("one", "two"):
        say(room, ada, f"@{ben.handle} {body}")
    tell(room)
    deliver()
    assert phone.messages == []
    tell_due_notifications(now + timedelta(hours=2))
    deliver()
    assert [message["body"].endswith("two") for message in phone.messages] == [True]


def test_the_number_of_queries_does_not_grow_with_the_members(ada: User, service: PushService, add_device: Add) -> None:
    people = [make_person(f"Person{number}") for number in range(12)]
    for person in people:
        add_device(person, service.browser(person.name))
    counts = []
    for some in (people[:2], people):
        room = make_room(ada, *some)
        say(room, ada, " ".join(f"@{person.handle}" for person in some))
        if store := read_room(room, 0).store:
            store()
        told = find_unread(Notification.objects.all())
        with CaptureQueriesContext(connection) as queries:
            push_notifications(told)
        counts.append(len(queries))
        assert PushMessage.objects.filter(tag=f"room.{room.pk}").count() == len(some)
        Notification.objects.all().delete()
    assert counts[1] <= counts[0] + 10, "a statement for each badge"
