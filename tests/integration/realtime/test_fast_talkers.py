"""Who says too much at once on sockets is told how long to wait, and nothing of it is done."""

from collections.abc import Callable

import pytest
from pytest_django.fixtures import Settings

from accounts.models import User
from chat.models import Message, Room
from realtime import rate_limits
from realtime.database import in_thread
from tests.conftest import Connect
from tests.support.wire import Tab

pytestmark = pytest.mark.django_db(transaction=True)

BURST = 10


@pytest.fixture(autouse=True)
def slow_site(settings: Settings) -> None:
    settings.COMMANDS_PER_SECOND = 2


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Time stands still for the limits, unless it is moved on."""
    now = [1_000.0]
    monkeypatch.setattr(rate_limits, "monotonic", lambda: now[0])

    def later(seconds: float) -> None:
        now[0] += seconds

    return later


async def use_up(tab: Tab, room: Room) -> None:
    for number in range(BURST):
        await tab.send(room.pk, f"{number}")


Later = Callable[[float], None]


async def test_the_first_too_many_is_refused_with_a_time_to_wait(
    connect: Connect, room: Room, ben: User, later: Later
) -> None:
    tab = await connect(ben)
    await use_up(tab, room)
    number = tab.say(room.pk, "too many")
    assert await tab.answer(number) == {
        "re": number,
        "error": {
            "code": "too_fast",
            "text": "Rate limit reached. Try again in 1 s.",
            "retry": True,
            "wait": 0.5,
        },
    }
    assert await in_thread(Message.objects.count) == BURST


async def test_after_that_time_it_is_done(connect: Connect, room: Room, ben: User, later: Later) -> None:
    tab = await connect(ben)
    await use_up(tab, room)
    error = await tab.error("message.send", room=room.pk, client_id="1b4e28ba-2fa1-11d2-883f-0016d3cca427", body="x")
    later(error["wait"])
    await tab.send(room.pk, "x", client_id="1b4e28ba-2fa1-11d2-883f-0016d3cca427")
    assert (await tab.error("room.read", room=room.pk, seq=1))["code"] == "too_fast"


async def test_the_tabs_of_a_person_share_and_others_go_on(
    connect: Connect, room: Room, ada: User, ben: User, later: Later
) -> None:
    first, second, other = await connect(ben), await connect(ben), await connect(ada)
    await use_up(first, room)
    assert (await second.error("typing", room=room.pk))["code"] == "too_fast"
    await other.send(room.pk, "Hello")


async def test_a_new_socket_is_no_new_bucket(connect: Connect, room: Room, ben: User, later: Later) -> None:
    tab = await connect(ben)
    await use_up(tab, room)
    await tab.leave()
    again = await connect(ben)
    assert (await again.error("typing", room=room.pk))["code"] == "too_fast"


async def test_the_connection_itself_is_measured_and_left_without_limit(
    connect: Connect, room: Room, ben: User, later: Later
) -> None:
    tab = await connect(ben)
    await use_up(tab, room)
    for _time in range(50):
        await tab.ok("ping")
        await tab.ok("unsubscribe", stream=f"room.{room.pk}")
    assert tab.code is None


async def test_streams_cost_little(connect: Connect, room: Room, ben: User, later: Later) -> None:
    tab = await connect(ben)
    for _time in range(4 * BURST):
        await tab.ok("subscribe", stream=f"room.{room.pk}")
    error = await tab.error("subscribe", stream=f"room.{room.pk}")
    assert (error["code"], error["wait"]) == ("too_fast", 0.13)


async def test_a_long_text_costs_as_much_as_several_short_ones(
    connect: Connect, room: Room, ben: User, later: Later
) -> None:
    tab = await connect(ben)
    sent = await tab.send(room.pk, "x" * 6_000)  # 4 of 10 tokens
    await tab.ok("message.edit", message=sent["message"], body="y" * 6_000)
    error = await tab.error("message.edit", message=sent["message"], body="z" * 6_000)
    assert (error["code"], error["wait"]) == ("too_fast", 1.0)
    await tab.send(room.pk, "short")


async def test_nonsense_still_ends_a_socket_that_is_too_fast(
    connect: Connect, room: Room, ben: User, later: Later
) -> None:
    tab = await connect(ben)
    await use_up(tab, room)
    for _time in range(3):
        tab.write("nonsense")
    assert await tab.closed() == 4104
