"""A whole request by the WSGI application that uWSGI serves, with the signals around it: what it asks the database."""

import importlib
import json
import sys
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started

from accounts.models import User, Workspace
from chat.models import Room
from chat.readers import RoomReaders
from chat.search.index import get_reader
from monitor.status.models import StatusPage
from myweb import connection_health
from tests.support.rooms import say
from tests.support.statements import watched
from tests.support.wire import open_session

pytestmark = pytest.mark.django_db(transaction=True)
HEALTH_CHECK = '"SELECT 1"'


@pytest.fixture
def application() -> Iterator[Any]:
    """Its receivers of signals are there for this test only."""
    signals = {signal: signal.receivers[:] for signal in (request_started, request_finished)}
    sys.modules.pop("myweb.wsgi", None)
    yield importlib.import_module("myweb.wsgi").application
    for signal, receivers in signals.items():
        signal.receivers = receivers
        signal.sender_receivers_cache.clear()


@pytest.fixture(autouse=True)
def nothing_known_of_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_health._last_use, "at", 0.0, raising=False)


def request(application: Any, path: str, session: str, posted: object = None) -> bytes:
    """The response. It is closed, as a server does it: that ends the request."""
    begun: list[str] = []
    body, token = json.dumps(posted).encode() if posted else b"", "b" * 32
    environment = {
        "REQUEST_METHOD": "POST" if posted else "GET",
        "PATH_INFO": path.partition("?")[0],
        "QUERY_STRING": path.partition("?")[2],
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "HTTP_HOST": "127.0.0.1:8000",
        "HTTP_COOKIE": f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={token}",
        "HTTP_X_CSRFTOKEN": token,
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
    }
    answer = application(environment, lambda status, headers, *_error: begun.append(status))
    content = b"".join(answer)
    answer.close()
    assert begun == ["200 OK"]
    return content


@pytest.mark.parametrize(
    ("path", "statements", "trips"),
    [
        ("/rooms/{room}/", 3, 2),
        ("/rooms/{room}/history/?before=2", 2, 2),
        ("/rooms/{room}/messages/", 7, 4),
        ("/rooms/", 3, 3),
        ("/search/?q=hello", 21, 21),
    ],
    ids=["room", "history", "post", "rooms", "search"],
)
def test_a_request_asks_the_database_no_more_than_this(
    application: Any, room: Room, ben: User, path: str, statements: int, trips: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for of, seconds in ((connection_health, "HEALTHY_FOR"), (Workspace, "KEPT"), (StatusPage, "KEPT")):
        monkeypatch.setattr(of, seconds, 1000.0)  # however slow this machine is
    session, address = open_session(ben), path.format(room=room.pk)
    for _message in range(3):
        say(room, ben)
    index = RoomReaders([get_reader(Workspace.current_epoch())])
    while index.read_news():
        pass

    def visit() -> None:
        posted = {"client_id": str(uuid4()), "body": "Hello"} if path.endswith("messages/") else None
        assert request(application, address, session, posted)

    for _visit in range(2):
        visit()
    for _visit in range(2):
        with watched() as traffic:
            visit()
        assert (traffic.statements, traffic.trips) == (statements, trips), "\n".join(traffic.texts)
        assert HEALTH_CHECK not in traffic.texts


def test_after_a_second_of_silence_the_connection_is_asked_whether_it_lives(
    application: Any, room: Room, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, path = open_session(ben), f"/rooms/{room.pk}/"
    request(application, path, session)
    monkeypatch.setattr(
        connection_health._last_use, "at", connection_health._last_use.at - connection_health.HEALTHY_FOR - 0.1
    )
    with watched() as traffic:
        request(application, path, session)
    assert traffic.trips == 3
    assert traffic.texts == [HEALTH_CHECK]
