"""Users choose where they are notified of what: in a tab, on devices, by mail."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from chat import services
from chat.models import Level, NotificationSettings, Room
from chat.notifications.channels import CELLS, Channel, Kind
from chat.notifications.delivery import read_room, tell_due_notifications
from chat.notifications.mail_contents import choose_outcomes
from chat.notifications.services import set_room_notifications
from chat.notifications.urgent import send_urgent
from chat.sidebar import read_sidebar
from push.models import PushMessage
from tests.integration.push.conftest import Add, add_device, service
from tests.support.cast import as_
from tests.support.push_service import PushService
from tests.support.rooms import say

__all__ = ["add_device", "service"]
pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
PAGE = "/settings/notifications/channels/"


def turn_off(user: User, *names: str) -> None:
    NotificationSettings.objects.update_or_create(user=user, defaults={"off_channels": list(names)})


def find_told(user: User, room: Room) -> set[str]:
    """The channels that were told of the newest message. Mails are made later; see test_mail."""
    if store := read_room(room, 0).store:
        store()
    tell_due_notifications(timezone.now() + timedelta(seconds=1))
    (line,) = [line for line in read_sidebar(user).rooms if line.id == room.pk]
    pushed = PushMessage.objects.filter(device__user=user, tag=f"room.{room.pk}").exists()
    return {channel for channel, is_told in (("tab", line.notification), ("push", pushed)) if is_told}


@pytest.mark.parametrize("off", [(), ("tab",), ("push",), ("tab", "push")])
@pytest.mark.parametrize("kind", Kind)
def test_each_kind_is_told_where_it_is_wanted(
    kind: Kind, off: tuple[str, ...], room: Room, ada: User, ben: User, service: PushService, add_device: Add
) -> None:
    add_device(ben, service.browser("phone"))
    set_room_notifications(ben.pk, room.pk, Level.ALL, 0)
    turn_off(ben, *(f"{kind}.{channel}" for channel in off))
    direct = services.open_direct(ada, [ben])
    places = {Kind.DIRECT: (direct, "hi"), Kind.MENTION: (room, f"@{ben.handle}"), Kind.OTHER: (room, "hi")}
    for other, (place, text) in places.items():
        PushMessage.objects.all().delete()
        say(place, ada, text)
        wanted = {"tab", "push"}.difference(off if other == kind else ())
        assert find_told(ben, place) == wanted


def test_a_kind_that_is_wanted_in_the_tab_again_is_shown_there(room: Room, ada: User, ben: User) -> None:
    turn_off(ben, "mention.tab")
    say(room, ada, f"@{ben.handle} one")
    assert find_told(ben, room) == set()
    turn_off(ben)
    say(room, ada, f"@{ben.handle} two")
    assert find_told(ben, room) == {"tab"}


def test_an_urgent_message_is_told_everywhere(ada: User, ben: User, service: PushService, add_device: Add) -> None:
    add_device(ben, service.browser("phone"))
    direct = services.open_direct(ada, [ben])
    set_room_notifications(ben.pk, direct.pk, Level.NOTHING, 0)
    turn_off(ben, *(cell.name for cell in CELLS))
    send_urgent(ada, say(direct, ada).message)
    assert find_told(ben, direct) == {"tab", "push"}


def test_mails_leave_out_what_is_not_wanted_there(room: Room, ada: User, ben: User) -> None:
    direct = services.open_direct(ada, [ben])

    def find_mailed(place: Room, *, is_urgent: bool = False) -> dict[bool, bool]:
        membership = place.memberships.select_related("room", "user__notification_settings").get(user=ben)
        return choose_outcomes(membership, is_urgent, NOON)[0]

    turn_off(ben, "mention.mail")
    assert (find_mailed(room), find_mailed(direct)) == ({}, {True: True, False: True})
    turn_off(ben, "direct.mail")
    assert (find_mailed(room), find_mailed(direct)) == ({True: True}, {})
    assert find_mailed(direct, is_urgent=True) == {True: True, False: True}


def read_boxes(user: User) -> dict[str, bool]:
    page = as_(user).get("/settings/notifications/").content.decode()
    return {cell.name: "checked" in page.split(f'name="{cell.name}"')[1][:60] for cell in CELLS if cell.name in page}


def test_what_is_chosen_is_saved_and_shown_again(settings: Any, ada: User) -> None:
    settings.EMAIL_HOST = "127.0.0.1"
    assert read_boxes(ada) == {cell.name: True for cell in CELLS}
    chosen = {cell.name: "on" for cell in CELLS if cell.name != "other.push"}
    assert as_(ada).post(PAGE, chosen, headers={"Accept": "application/json"}).json() == {}
    assert read_boxes(ada) == {cell.name: cell.name != "other.push" for cell in CELLS}
    assert as_(ada).post(PAGE, {}).status_code == 302
    assert not any(read_boxes(ada).values())


def test_without_a_mail_server_the_choices_of_mails_are_kept(ada: User) -> None:
    turn_off(ada, "direct.mail")
    assert not [name for name in read_boxes(ada) if name.endswith(Channel.MAIL)]
    as_(ada).post(PAGE, {})
    off = NotificationSettings.objects.get(user=ada).off_channels
    assert [name for name in off if name.endswith(Channel.MAIL)] == ["direct.mail"]
