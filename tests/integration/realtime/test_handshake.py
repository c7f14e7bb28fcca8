"""Who gets a socket at all, and what one that talks nonsense is told."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import Session, User
from chat.models import Message
from realtime.database import in_thread
from realtime.protocol import Close
from tests.conftest import Connect
from tests.support.rooms import make_room
from tests.support.wire import Tab

pytestmark = pytest.mark.any_database


async def test_a_signed_in_person_is_greeted(connect: Connect, ben: User) -> None:
    tab = await connect(ben)
    (hello,) = tab.data("socket", "hello")
    assert (hello["protocol"], hello["user"]) == (1, ben.pk)
    assert hello["heads_every"] == 20
    assert abs(datetime.fromisoformat(hello["now"]) - timezone.now()) < timedelta(seconds=30)


ORIGINS = {
    "another port": "http://127.0.0.1:8001",
    "no port": "http://127.0.0.1",
    "another scheme": "https://127.0.0.1:8000",
    "null": "null",
    "missing": None,
    "empty": "",
    "a suffix": "http://127.0.0.1:8000.evil.example",
    "a prefix": "http://evil.example/http://127.0.0.1:8000",
    "a user": "http://127.0.0.1:8000@evil.example",
    "a path": "http://127.0.0.1:8000/",
    "a subdomain": "http://a.localhost:8000",
    "two at once": "http://127.0.0.1:8000 http://localhost:8000",
    "a wildcard": "*",
}


@pytest.mark.parametrize("origin", ORIGINS.values(), ids=ORIGINS.keys())
async def test_another_origin_is_refused_outright(connect: Connect, ben: User, origin: str | None) -> None:
    tab = await connect(ben, origin=origin)
    assert not tab.accepted
    assert tab.code is not None
    assert tab.events == []


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8000", "http://localhost:8000", "HTTP://LOCALHOST:8000"])
async def test_every_origin_of_ours_is_let_in(connect: Connect, ben: User, origin: str) -> None:
    assert (await connect(ben, origin=origin)).code is None


@pytest.mark.parametrize("path", ["/", "/ws", "/ws/room/1", "/WS/", "/ws//", "/admin/"])
async def test_another_address_is_refused_outright(connect: Connect, ben: User, path: str) -> None:
    tab = await connect(ben, path=path)
    assert not tab.accepted
    assert tab.code is not None


async def told_to_sign_in(tab: Tab) -> None:
    assert tab.accepted, "a browser cannot read why a handshake was refused"
    assert await tab.closed() == Close.SIGNED_OUT
    assert tab.events == []


@pytest.mark.parametrize("session", ["", "made-up", "x" * 4000, "../../etc", "é"])
async def test_nobody_is_accepted_and_told_to_sign_in(connect: Connect, session: str) -> None:
    tab = Tab(session)
    await tab.open()
    await told_to_sign_in(tab)


async def test_a_session_that_has_ended_is_nobodys(connect: Connect, ben: User) -> None:
    first = await connect(ben)
    past = timezone.now() - timedelta(seconds=1)
    await in_thread(lambda: Session.objects.filter(pk=first.session).update(expire_date=past))
    await told_to_sign_in(await connect(ben, session=first.session))


async def test_a_deactivated_person_does_not_come_back(connect: Connect, ben: User) -> None:
    first = await connect(ben)
    await in_thread(lambda: User.objects.filter(pk=ben.pk).update(is_active=False))
    await told_to_sign_in(await connect(ben, session=first.session))


DEEP = "[" * 100_000
NONSENSE = {
    "no json": ("hello", "malformed"),
    "nothing": ("", "malformed"),
    "a list": ("[1, 2]", "malformed"),
    "no verb": ('{"id": 1}', "malformed"),
    "no number": ('{"do": "ping"}', "malformed"),
    "a number that is text": ('{"id": "one", "do": "ping"}', "malformed"),
    "another verb": ('{"id": 9, "do": "rm"}', "unknown"),
    "a verb that is a list": ('{"id": 9, "do": []}', None),
    "a field of another type": ('{"id": 9, "do": "room.read", "room": "a", "seq": 1}', "malformed"),
    "a missing field": ('{"id": 9, "do": "room.read", "room": 1}', "malformed"),
    "not a number": ('{"id": NaN, "do": "ping"}', "malformed"),
    "infinity": ('{"id": 9, "do": "room.read", "room": Infinity, "seq": 1}', "malformed"),
    "a fraction": ('{"id": 9, "do": "room.read", "room": 1.5, "seq": 1}', "malformed"),
    "deep": (DEEP, "malformed"),
    "deep in a field": (f'{{"id": 9, "do": "ping", "x": {DEEP}', "malformed"),
    "half a character": ('{"id": 9, "do": "subscribe", "stream": "\\ud83d"}', None),
    "a comment": ('{"id": 9, /* */ "do": "ping"}', "malformed"),
}


@pytest.mark.parametrize(("text", "code"), NONSENSE.values(), ids=NONSENSE.keys())
async def test_nonsense_gets_an_error_answer(connect: Connect, ben: User, text: str, code: str | None) -> None:
    tab = await connect(ben)
    tab.write(text)
    await tab.until(lambda: tab.answers, "an answer")
    (answer,) = tab.answers.values()
    assert answer["error"]["code"] == code or code is None
    assert not answer["error"]["retry"]
    assert answer["re"] in {0, 1, 9}
    await tab.caught_up()


async def test_bytes_are_no_command(connect: Connect, ben: User) -> None:
    tab = await connect(ben)
    tab.to_server.put_nowait({"type": "websocket.receive", "bytes": b'{"id": 4, "do": "ping"}'})
    assert (await tab.answer(4))["error"]["code"] == "malformed"


HUGE = [2**31, 2**53, 2**63, 2**64, 2**70, 10**300, -(2**63), -(2**70), 0]


@pytest.mark.parametrize("number", HUGE)
async def test_numbers_beyond_every_column_are_answered(connect: Connect, ben: User, number: int) -> None:
    tab = await connect(ben)
    asked: list[dict[str, Any]] = [
        {"do": "message.send", "room": number, "client_id": str(uuid4()), "body": "Hello"},
        {"do": "message.edit", "message": number, "body": "Hello"},
        {"do": "message.delete", "message": number},
        {"do": "message.react", "message": number, "emoji": "👍"},
        {"do": "message.source", "message": number},
        {"do": "room.read", "room": number, "seq": 1},
        {"do": "typing", "room": number},
        {"do": "subscribe", "stream": f"room.{number}"},
        {"do": "subscribe", "stream": f"presence.{number}"},
    ]
    for fields in asked:
        error = await tab.error(**fields)
        assert error["code"] in {"not_found", "malformed"}, (fields, error)
        await tab.caught_up()  # which also wipes out a strike


@pytest.mark.parametrize("number", HUGE)
async def test_marks_of_any_size_do_no_harm(connect: Connect, ben: User, number: int) -> None:
    room = await in_thread(make_room, ben)
    tab = await connect(ben)
    answer = await tab.answer(tab.tell("room.read", room=room.pk, seq=number))
    assert "ok" in answer or answer["error"]["code"] == "malformed"
    replica = await tab.follow(f"room.{room.pk}")
    answer = await tab.answer(tab.tell("subscribe", stream=f"room.{room.pk}", after=number, epoch=replica.epoch))
    assert "ok" in answer or answer["error"]["code"] == "malformed"


async def test_three_pieces_of_nonsense_in_a_row_end_the_conversation(connect: Connect, ben: User) -> None:
    tab = await connect(ben)
    for text in ("one", '{"id": 2, "do": "two"}', DEEP):
        tab.write(text)
    assert await tab.closed() == Close.MALFORMED
    assert sorted(tab.answers) == [0, 2]


async def test_a_good_command_in_between_forgives(connect: Connect, ben: User) -> None:
    tab = await connect(ben)
    for _round in range(4):
        tab.write("nonsense")
        tab.write("more nonsense")
        await tab.caught_up()
    tab.write("nonsense")
    assert (await tab.error("message.edit", message=1, body="x"))["code"] == "not_found", "refused, but understood"
    assert tab.code is None


async def test_a_sentence_that_no_database_holds_is_refused_and_stored_nowhere(connect: Connect, ben: User) -> None:
    room = await in_thread(make_room, ben)
    tab = await connect(ben)
    tab.write(json.dumps({"id": 5, "do": "message.send", "room": room.pk, "client_id": str(uuid4()), "body": "a\x00b"}))
    assert (await tab.answer(5))["error"]["code"] == "invalid"
    assert await in_thread(Message.objects.count) == 0
