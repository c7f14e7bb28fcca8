"""Signing out, leaving and being shut out end what a socket hears: at once, or in a minute if the event was lost."""

from collections.abc import Callable, Sequence

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.services import set_active
from chat import services
from chat.models import Room
from realtime.database import in_thread
from realtime.hub import Hub
from realtime.protocol import Close
from realtime.streams import SubscribeRequest, streams
from tests.conftest import Connect
from tests.support.rooms import say
from tests.support.wire import Tab

pytestmark = pytest.mark.django_db(transaction=True)

SOON = 1.0  # seconds


@pytest.fixture
def deaf(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From here on every layer event is lost."""
    return lambda: monkeypatch.setattr(hub, "handle_event", lambda event: None)


def sign_out(tab: Tab) -> None:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = tab.session
    assert client.post(reverse("account_logout")).status_code == 302


def change_password(person: User) -> None:
    person.set_password("another correct horse")
    person.save()


async def test_signing_out_closes_the_sockets_of_that_session_alone(connect: Connect, ada: User, ben: User) -> None:
    here = await connect(ben)
    beside, elsewhere, someone = await connect(ben, session=here.session), await connect(ben), await connect(ada)
    await in_thread(sign_out, here)
    for tab in (here, beside):
        assert await tab.closed(SOON) == Close.SIGNED_OUT
    for tab in (elsewhere, someone):
        await tab.caught_up()
        assert tab.code is None


async def test_a_signed_out_session_is_found_without_its_notification(
    connect: Connect, hub: Hub, ben: User, deaf: Callable[[], None]
) -> None:
    here, elsewhere = await connect(ben), await connect(ben)
    deaf()
    await in_thread(sign_out, here)
    await here.caught_up()
    await hub.housekeeping.recheck_access()
    assert await here.closed(SOON) == Close.SIGNED_OUT
    await elsewhere.caught_up()


async def test_deactivation_closes_every_socket_of_a_person(connect: Connect, ada: User, ben: User) -> None:
    tabs, other = [await connect(ben), await connect(ben)], await connect(ada)
    await in_thread(lambda: set_active(ada, ben, active=False))
    for tab in tabs:
        assert await tab.closed(SOON) == Close.FORBIDDEN
    await other.caught_up()


async def test_a_deactivated_person_is_found_without_the_notification(
    connect: Connect, hub: Hub, ada: User, ben: User, deaf: Callable[[], None]
) -> None:
    tab = await connect(ben)
    deaf()
    await in_thread(lambda: set_active(ada, ben, active=False))
    await hub.housekeeping.recheck_access()
    assert 4100 <= await tab.closed(SOON) < 4200


async def test_another_password_ends_older_sessions_within_the_minute(
    connect: Connect, hub: Hub, ben: User, ada: User
) -> None:
    tab, other = await connect(ben), await connect(ada)
    await in_thread(change_password, ben)
    await hub.housekeeping.recheck_access()
    assert await tab.closed(SOON) == Close.SIGNED_OUT
    await other.caught_up()


async def test_a_socket_does_nothing_more_for_a_deactivated_person(
    connect: Connect, room: Room, ada: User, ben: User, deaf: Callable[[], None]
) -> None:
    sent = await in_thread(say, room, ben)
    tab = await connect(ben)
    deaf()
    await in_thread(lambda: set_active(ada, ben, active=False))
    assert "code" in await tab.error("message.edit", message=sent.message, body="still here")


@pytest.mark.parametrize("heard", [True, False], ids=["by an event", "without an event"])
@pytest.mark.parametrize("how", ["removed", "left"])
async def test_who_is_out_of_a_room_hears_nothing_more_of_it(
    connect: Connect, hub: Hub, room: Room, ada: User, ben: User, monkeypatch: pytest.MonkeyPatch, heard: bool, how: str
) -> None:
    tab, stays = await connect(ben), await connect(ada)
    names = (f"room.{room.pk}", f"presence.{room.pk}")
    for each in (tab, stays):
        await each.follow(names[0])
        await each.ok("subscribe", stream=names[1])
    if not heard:
        monkeypatch.setattr(hub, "handle_event", lambda event: None)
    await in_thread(services.remove_member, ada, room, ben) if how == "removed" else await in_thread(
        services.leave_room, ben, room
    )
    if not heard:
        await hub.housekeeping.recheck_access()
    for name in names:
        await tab.until(lambda name=name: tab.of(name, "closed"), "the end of the stream", SOON)
    assert tab.code is None, "other rooms go on"
    before = len(tab.events)
    monkeypatch.undo()
    await stays.send(room.pk, "among ourselves")
    await stays.ok("typing", room=room.pk)
    await hub.housekeeping.reread()
    await tab.caught_up()
    assert [event for event in tab.events[before:] if event["stream"] in names] == []
    assert (await tab.error("subscribe", stream=names[0]))["code"] == "not_found"


async def test_who_is_removed_while_asking_gets_no_answer_and_no_events(
    connect: Connect, room: Room, ada: User, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Access was granted before the removal was committed and published."""
    tab, stays = await connect(ben), await connect(ada)
    name, open_room = f"room.{room.pk}", streams["room"].open
    await stays.follow(name)

    def slow(asked: Sequence[SubscribeRequest]) -> object:
        answers = open_room(asked)
        if asked[0].user_id == ben.pk:
            services.remove_member(ada, room, ben)
        return answers

    monkeypatch.setattr(streams["room"], "open", slow)
    assert (await tab.error("subscribe", stream=name))["code"] == "not_found"
    await stays.send(room.pk, "among ourselves")
    await tab.caught_up()
    assert tab.of(name, "message.created") == []


async def test_who_comes_back_to_a_room_follows_it_again(connect: Connect, room: Room, ada: User, ben: User) -> None:
    tab, stays = await connect(ben), await connect(ada)
    replica = await tab.follow(f"room.{room.pk}")
    await in_thread(services.remove_member, ada, room, ben)
    await tab.until(lambda: tab.of(f"room.{room.pk}", "closed"), "the end of the stream")
    await stays.send(room.pk, "missed")
    await in_thread(services.add_members, ada, room, [ben])
    await tab.follow(f"room.{room.pk}")
    await stays.send(room.pk, "heard")
    await tab.until(lambda: replica.said() == ["<p>missed</p>", "<p>heard</p>"], "both")
