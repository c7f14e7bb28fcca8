"""A long message is parsed in its author's turn: it holds up neither a batch nor anybody else."""

from collections.abc import Iterator
from threading import Event

import pytest

from accounts.models import User
from chat import message_validation
from chat.markdown import ParsedMessage, parse_markdown
from chat.markdown_queue import SHORT_BODY, get_parse_queue
from chat.models import Message, Room
from realtime import fair_queue
from realtime.database import in_thread
from realtime.hub import Hub
from tests.conftest import Connect
from tests.support.wire import reached

pytestmark = pytest.mark.django_db(transaction=True)

LONG = "**slow** " * SHORT_BODY


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """Slow messages are parsed for as long as this is not set."""
    event = Event()

    def parse(body: str) -> ParsedMessage:
        assert "slow" not in body or event.wait(20)
        return parse_markdown(body)

    monkeypatch.setattr(message_validation, "parse_markdown", parse)
    yield event
    event.set()


async def test_nobody_waits_for_the_long_message_of_another(
    connect: Connect, room: Room, ada: User, ben: User, parsed: Event
) -> None:
    adas, bens = await connect(ada), await connect(ben)
    slow = adas.say(room.pk, LONG)
    await bens.send(room.pk, "Hello")
    await bens.send(room.pk, "**Hello** `again`")
    assert slow not in adas.answers
    parsed.set()
    assert (await adas.answer(slow))["ok"]["seq"] == 3


async def test_the_messages_of_a_socket_keep_their_order_behind_a_long_one(
    connect: Connect, room: Room, ada: User, ben: User, parsed: Event
) -> None:
    adas, bens = await connect(ada), await connect(ben)
    numbers = [adas.say(room.pk, body) for body in (LONG, "short", LONG, "**bold**")]
    await bens.send(room.pk, "Hello")
    parsed.set()
    assert [(await adas.answer(number))["ok"]["seq"] for number in numbers] == [2, 3, 4, 5]


async def test_nobody_waits_for_the_long_edit_of_another(
    connect: Connect, room: Room, ada: User, ben: User, parsed: Event
) -> None:
    adas, bens = await connect(ada), await connect(ben)
    sent = [await tab.send(room.pk, "first") for tab in (adas, bens)]
    slow = adas.tell("message.edit", message=sent[0]["message"], body=LONG)
    await bens.ok("message.edit", message=sent[1]["message"], body="*second*")
    assert slow not in adas.answers
    parsed.set()
    assert "ok" in await adas.answer(slow)
    message = await in_thread(Message.objects.get, pk=sent[0]["message"])
    assert message.html.startswith("<p><strong>slow</strong>")


async def test_what_is_refused_in_its_turn_is_answered_like_any_other(connect: Connect, room: Room, ada: User) -> None:
    tab = await connect(ada)
    too_long = await tab.error("message.send", room=room.pk, client_id="x", body="*" * 10_001)
    assert too_long["code"] == "invalid"
    client_id = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
    error = await tab.error("message.send", room=room.pk, client_id=client_id, body="*a " * 10_000)
    assert error["code"] == "too_long"
    assert await tab.send(room.pk, "still here")


async def test_a_user_whose_queue_is_full_is_told_to_wait(
    connect: Connect, hub: Hub, room: Room, ada: User, parsed: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fair_queue, "PENDING", 2)
    tabs = [await connect(ada) for _tab in range(4)]
    queue = get_parse_queue()
    slow = [tabs[0].say(room.pk, LONG)]
    await reached(lambda: queue.task and not queue.jobs, "the first one's turn")
    slow += [tab.say(room.pk, LONG) for tab in tabs[1:3]]
    await reached(lambda: len(queue.jobs.get(ada.pk, ())) == 2, "two that wait")
    error = (await tabs[3].answer(tabs[3].say(room.pk, LONG)))["error"]
    assert (error["code"], error["retry"], error["wait"]) == ("too_fast", True, fair_queue.RETRY_AFTER)
    parsed.set()
    for tab, number in zip(tabs, slow, strict=False):
        assert "ok" in await tab.answer(number)
