"""A slow answer for one socket is no delay for another."""

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from channels.testing import HttpCommunicator
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from accounts.models import User
from chat.models import Room
from myweb.asgi import application
from realtime.database import threads
from realtime.streams import SubscribeRequest, streams
from tests.conftest import Connect

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch, ben: User) -> Iterator[threading.Event]:
    """Ben's query of a room takes until this is set."""
    done, open_room = threading.Event(), streams["room"].open

    def slow(asked: Sequence[SubscribeRequest]) -> Any:
        if any(each.user_id == ben.pk for each in asked):
            assert done.wait(30)
        return open_room(asked)

    monkeypatch.setattr(streams["room"], "open", slow)
    yield done
    done.set()


async def test_a_slow_query_delays_no_other_socket(
    connect: Connect, room: Room, ada: User, ben: User, held: threading.Event
) -> None:
    slow, quick = [await connect(ben) for _socket in range(threads._max_workers - 2)], await connect(ada)
    waiting = [tab.tell("subscribe", stream=f"room.{room.pk}") for tab in slow]
    await quick.follow(f"room.{room.pk}")
    await quick.send(room.pk, "meanwhile")
    await quick.caught_up()
    assert not any(tab.answers for tab in slow)
    held.set()
    for tab, number in zip(slow, waiting, strict=True):
        assert (await tab.answer(number))["ok"]["snapshot"]["messages"][0]["html"] == "<p>meanwhile</p>"


async def test_even_when_every_thread_is_busy_the_loop_answers(
    connect: Connect, room: Room, ada: User, ben: User, held: threading.Event
) -> None:
    slow, quick = [await connect(ben) for _socket in range(threads._max_workers + 2)], await connect(ada)
    waiting = [tab.tell("subscribe", stream=f"room.{room.pk}") for tab in slow]
    await quick.caught_up()
    held.set()
    for tab, number in zip(slow, waiting, strict=True):
        assert "ok" in await tab.answer(number)


async def test_commands_of_one_socket_are_answered_in_their_order(
    connect: Connect, room: Room, ben: User, held: threading.Event
) -> None:
    tab = await connect(ben)
    asked = [tab.tell("subscribe", stream=f"room.{room.pk}"), tab.tell("ping"), tab.tell("ping")]
    held.set()
    await tab.answer(asked[-1])
    assert list(tab.answers) == asked


async def test_a_request_of_a_server_that_stands_alone_leaves_no_connection_behind(transactional_db: None) -> None:
    """Django gives each one a thread, which never comes back to use it."""
    made: list[BaseDatabaseWrapper] = []

    def note(connection: BaseDatabaseWrapper, **_signal: object) -> None:
        made.append(connection)

    connection_created.connect(note)
    asked = HttpCommunicator(application, "GET", "/readyz", headers=[(b"host", b"127.0.0.1")])
    assert (await asked.get_response())["body"] == b"ok\n"
    await asked.wait()
    assert [each.connection for each in made] == [None]
