"""A whole request by the WSGI application that uWSGI serves, with the signals around it: what it asks the database."""

import importlib
import sys
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import connection

from accounts.models import User
from chat.models import Room
from myweb import connection_health
from tests.support.wire import open_session

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def application() -> Iterator[Any]:
    """Its receivers of signals are there for this test only."""
    signals = {signal: signal.receivers[:] for signal in (request_started, request_finished)}
    sys.modules.pop("myweb.wsgi", None)
    yield importlib.import_module("myweb.wsgi").application
    for signal, receivers in signals.items():
        signal.receivers = receivers
        signal.sender_receivers_cache.clear()


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whatever is sent to PostgreSQL, prepared or not, by Django or past it."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no connection that could be lost")
    sent: list[str] = []
    execute = psycopg.Cursor.execute

    def noted(cursor: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        sent.append(str(query))
        return execute(cursor, query, *args, **kwargs)

    monkeypatch.setattr(psycopg.Cursor, "execute", noted)
    monkeypatch.setattr(connection_health._last_use, "at", 0.0, raising=False)
    return sent


def get(application: Any, path: str, session: str) -> str:
    """The status line. The answer is closed, as a server does it: that ends the request."""
    begun: list[str] = []
    environment = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "HTTP_HOST": "127.0.0.1:8000",
        "HTTP_COOKIE": f"{settings.SESSION_COOKIE_NAME}={session}",
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(),
    }
    answer = application(environment, lambda status, headers, *_error: begun.append(status))
    b"".join(answer)
    answer.close()
    return begun[0]


def test_a_room_page_asks_three_statements_and_not_whether_the_connection_lives(
    application: Any, statements: list[str], room: Room, ben: User
) -> None:
    session, path = open_session(ben), f"/rooms/{room.pk}/"
    assert get(application, path, session) == "200 OK"
    for _visit in range(3):
        statements.clear()
        assert get(application, path, session) == "200 OK"
        assert len(statements) == 3, statements
        assert "SELECT 1" not in statements


def test_after_a_second_of_silence_the_connection_is_asked_whether_it_lives(
    application: Any, statements: list[str], room: Room, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, path = open_session(ben), f"/rooms/{room.pk}/"
    get(application, path, session)
    monkeypatch.setattr(
        connection_health._last_use, "at", connection_health._last_use.at - connection_health.HEALTHY_FOR - 0.1
    )
    statements.clear()
    get(application, path, session)
    assert len(statements) == 4
    assert statements.count("SELECT 1") == 1
