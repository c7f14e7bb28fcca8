"""A link for a wall shows its dashboards and does nothing else; revoked, it shows nothing."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from accounts.models import User
from chat import services as rooms
from chat.models import Room
from monitor.dashboards import access, services
from monitor.dashboards.models import Dashboard, Wall
from myweb.errors import NotFound, Refused
from realtime.database import in_thread
from realtime.guests import guest_cookie_name
from realtime.hub import Hub
from realtime.protocol import Close
from realtime.streams import commands, for_guests
from realtime.streams import streams as served
from tests.conftest import Connect
from tests.integration.test_authorisation import fields, verb
from tests.support.boards import make_source, make_spec
from tests.support.rooms import say
from tests.support.wire import ORIGIN, Tab

pytestmark = pytest.mark.django_db(transaction=True)

Visit = Callable[..., Awaitable[Tab]]


@pytest.fixture
def made(room: Room, ben: User) -> Dashboard:
    make_source("host", "cpu.busy", room=room)
    make_source("redis", "memory", room=room)
    return services.create_dashboard(ben, make_spec(), room)


@pytest.fixture
def wall(made: Dashboard, ben: User) -> Wall:
    return services.create_wall(ben, "Kitchen", [made.key, "host"], 30)


@pytest.fixture
async def visit(hub: Hub) -> AsyncIterator[Visit]:
    """A screen that came by a link."""
    tabs: list[Tab] = []

    async def visit(wall: Wall, held: str | None = None, session: str = "", number: int = 0) -> Tab:
        number = number or wall.pk
        cookie = f"{guest_cookie_name(number)}={wall.cookie if held is None else held}"
        tab = Tab()
        tab.scope["query_string"] = f"guest={number}".encode()
        tab.scope["headers"] = [(b"cookie", f"session={session}; {cookie}".encode()), (b"origin", ORIGIN.encode())]
        tabs.append(tab)
        await tab.open()
        return tab

    yield visit
    for tab in tabs:
        await tab.leave()


async def test_a_screen_follows_the_dashboards_of_its_link_and_no_other(
    visit: Visit, wall: Wall, made: Dashboard
) -> None:
    tab = await visit(wall)
    for key in (made.key, "host"):
        assert (await tab.ok("subscribe", stream=f"dashboard.{key}"))["snapshot"]
    assert (await tab.error("subscribe", stream="dashboard.redis"))["code"] == "not_found"
    await tab.ok("dashboard.seen", key="host", t=1)
    await tab.ok("unsubscribe", stream="dashboard.host")


async def test_a_screen_follows_no_other_kind_of_stream(visit: Visit, wall: Wall, room: Room) -> None:
    tab = await visit(wall)
    for name in set(served) - {"dashboard"}:
        for stream in (name, f"{name}.{room.pk}", f"{name}.{wall.pk}", f"{name}.-{wall.pk}"):
            assert (await tab.error("subscribe", stream=stream))["code"] == "not_found"


def test_what_guests_may_do_is_to_look() -> None:
    assert {verb(kind) for kind in for_guests} == {"subscribe", "unsubscribe", "ping", "dashboard.seen"}


async def test_a_screen_can_do_nothing_that_people_can(visit: Visit, wall: Wall, room: Room, ben: User) -> None:
    message = (await in_thread(say, room, ben)).message
    tab = await visit(wall)
    for kind in set(commands) - for_guests:
        asked: dict[str, Any] = fields(verb(kind), room, message)
        answer = await tab.error(verb(kind), **asked)
        assert answer["code"] in {"forbidden", "malformed"}
        assert answer["code"] == "forbidden" or not asked
        tab.events.clear()


async def test_whatever_user_the_browser_has_a_screen_is_a_screen(
    visit: Visit, connect: Connect, wall: Wall, room: Room, ben: User
) -> None:
    session = (await connect(ben)).session
    tab = await visit(wall, session=session)
    assert tab.of("socket", "hello")[0]["data"]["user"] == -wall.pk
    assert (await tab.error("subscribe", stream=f"room.{room.pk}"))["code"] == "not_found"


async def test_a_screen_is_nobody_who_is_here(visit: Visit, connect: Connect, hub: Hub, wall: Wall, ada: User) -> None:
    await connect(ada)
    await visit(wall)
    await hub.housekeeping.update_presence()
    assert hub.presence.known == {ada.pk}
    assert hub.user_ids == [ada.pk]


@pytest.mark.parametrize("held", ["", "made up", "1-2:3", "token", "other"])
async def test_nothing_else_opens_a_wall(visit: Visit, wall: Wall, made: Dashboard, ben: User, held: str) -> None:
    other = await in_thread(services.create_wall, ben, "Hall", [made.key], 30)
    tab = await visit(wall, {"token": wall.token, "other": other.cookie}.get(held, held))
    assert tab.code == Close.SIGNED_OUT


@pytest.mark.parametrize(
    "query", [b"guest=", b"guest=0", b"guest=-1", b"guest=1e9", b"guest=99999999999999999999", b"guest=%00"]
)
async def test_a_number_that_is_none_is_nobodys(query: bytes, hub: Hub, wall: Wall) -> None:
    tab = Tab()
    tab.scope["query_string"] = query
    await tab.open()
    assert tab.code == Close.SIGNED_OUT
    await tab.leave()


async def test_revoking_cuts_it_at_once(visit: Visit, wall: Wall) -> None:
    tab = await visit(wall)
    await tab.ok("subscribe", stream="dashboard.host")
    await in_thread(services.revoke_wall, wall)
    assert await tab.closed() == Close.FORBIDDEN
    assert (await visit(wall)).code == Close.SIGNED_OUT


async def test_if_the_event_is_lost_it_is_cut_within_a_minute(
    visit: Visit, hub: Hub, wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = await visit(wall)
    monkeypatch.setattr(services, "close_user_sockets", lambda *_: None)
    await in_thread(services.revoke_wall, wall)
    await hub.housekeeping.recheck_access()
    assert await tab.closed() == Close.SIGNED_OUT


async def test_a_link_shows_no_more_than_its_maker_may_see(
    visit: Visit, hub: Hub, wall: Wall, room: Room, ben: User
) -> None:
    tab = await visit(wall)
    await tab.ok("subscribe", stream="dashboard.host")
    await in_thread(rooms.leave_room, ben, room)
    await hub.housekeeping.recheck_access()
    await tab.until(lambda: tab.of("dashboard.host", "closed"), "the end of the stream")
    assert (await tab.error("subscribe", stream="dashboard.host"))["code"] == "not_found"


async def test_a_link_whose_maker_was_switched_off_opens_nothing(visit: Visit, hub: Hub, wall: Wall, ben: User) -> None:
    tab = await visit(wall)
    await in_thread(User.objects.filter(pk=ben.pk).update, is_active=False)
    await hub.housekeeping.recheck_access()
    assert await tab.closed() == Close.SIGNED_OUT


async def test_when_a_screen_was_last_there_is_noted(visit: Visit, wall: Wall) -> None:
    await visit(wall)
    await in_thread(wall.refresh_from_db)
    assert wall.seen_at


def test_a_link_is_made_only_for_what_one_may_see(made: Dashboard, cleo: User, ben: User) -> None:
    with pytest.raises(Refused, match="at least one"):
        services.create_wall(cleo, "Kitchen", [made.key], 30)
    with pytest.raises(Refused, match="at least one"):
        services.create_wall(ben, "Kitchen", [], 30)


def test_links_are_listed_for_their_maker_and_for_admins(wall: Wall, ben: User, dora: User, cleo: User) -> None:
    assert access.get_wall(ben, wall.pk) == access.get_wall(dora, wall.pk) == wall
    with pytest.raises(NotFound):
        access.get_wall(cleo, wall.pk)
