"""``manage.py doctor`` at the front: what nginx may lead wrongly on the way to the pages and to a socket."""

import base64
import hashlib
import socketserver
import threading
from pathlib import Path

import pytest
from django.db import connection, connections
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from ops.doctor import site_client, websocket
from realtime.consumers import PATH
from tests.support import machines
from tests.support.machines import Page
from tests.support.patient import WELL, answering, asked, doctor, served
from tests.support.redis import free_port
from tests.support.serving import Server, Start, ready
from tests.support.wire import ORIGIN

pytestmark = pytest.mark.django_db(transaction=True)
Patch = pytest.MonkeyPatch


@pytest.fixture
def pages(live_server: LiveServer, settings: Settings) -> str:
    """The pages themselves, without nginx."""
    settings.ORIGINS = [live_server.url]
    settings.CSRF_TRUSTED_ORIGINS = settings.ORIGINS
    return str(live_server.url)


def test_the_pages_are_well(pages: str, ada: User) -> None:
    found = doctor("pages", "origins")
    assert found["pages"].message.startswith(f"{pages} answers in ")
    assert found["pages"].message.endswith("the sign-in page responds; unknown host names are rejected")
    assert found["origins"].message == f"1 address known: {pages}"


def test_a_house_without_an_owner_is_open_to_the_first_who_comes(pages: str) -> None:
    found = doctor("pages", code=0)["pages"]
    assert "this workspace has no owner yet" in found.message
    assert found.hint == f"Open {pages} now"


def test_a_front_that_is_not_there_is_said_to_be_so_by_all_who_need_it() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    found = doctor("pages", "websocket", "origins", "database", url=url)
    for name in ("pages", "websocket", "origins"):
        assert f"{url} does not respond: Connection refused" in found[name].message
        assert found[name].hint
    assert found["database"].state == "ok"


def test_a_name_that_the_running_pages_do_not_know_is_a_matter_of_the_settings(pages: str, settings: Settings) -> None:
    settings.ORIGINS = ["http://chat.example.com"]
    found = doctor("pages", "origins", url=pages)
    assert "the site rejects the name chat.example.com (400)" in found["pages"].message
    assert "MYWEB_ORIGINS" in found["pages"].hint
    assert "the pages reject http://chat.example.com" in found["origins"].message


@pytest.mark.parametrize(
    ("known", "message", "hint"),
    [
        ({"healthz": (503, {}, b"Please wait a moment")}, "nginx responds, but no pages behind it (503)", "uwsgi"),
        ({"healthz": (200, {}, b"another")}, "another server responds at /healthz (200)", "--url"),
        ({"readyz": (503, {}, b"")}, "the pages do not reach the database", "uwsgi"),
        ({"readyz": (503, {}, b"... not migrated: run manage.py migrate.\n")}, "is not migrated", "manage.py migrate"),
        ({"readyz": (200, {}, b"degraded: so")}, "the pages do not reach Redis", "redis"),
        ({"login": (404, {}, b"")}, "the sign-in page is missing (404)", "uwsgi"),
        ({"login": (301, {"Location": "https://x/"}, b"")}, "redirect loop", "MYWEB_TRUSTED_PROXY"),
        ({}, "requests for unknown host names are accepted", "proxy_set_header Host $http_host"),
    ],
)
def test_what_is_led_wrongly_is_told_with_the_way_out(known: dict[str, Page], message: str, hint: str) -> None:
    with machines.web(answering(**known)) as place:
        found = doctor("pages", url=place)["pages"]
    assert message in found.message
    assert hint in found.hint


@pytest.mark.parametrize(
    ("hung", "message", "hint"),
    [
        ("healthz", "does not respond: timeout; nginx waits for web", "uwsgi --ini"),
        ("readyz", "the pages hang: timeout", "uwsgi --ini"),
        ("", "does not respond: timeout", "restart nginx"),
    ],
)
def test_who_hangs_is_found_out(monkeypatch: Patch, hung: str, message: str, hint: str) -> None:
    monkeypatch.setattr(site_client, "TIMEOUT", 0.2)
    asked_in_vain = threading.Event()

    def page(_method: str, path: str) -> Page:
        if path.strip("/").endswith(hung):
            asked_in_vain.wait(20)
        return WELL

    with machines.web(page) as place:
        found = doctor("pages", url=place)["pages"]
        asked_in_vain.set()
    assert message in found.message
    assert ("nginx waits" in found.message) is (hung == "healthz")
    assert hint in found.hint


def test_a_database_that_is_away_is_not_blamed_on_the_pages(monkeypatch: Patch) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("of PostgreSQL")
    monkeypatch.setitem(connections.settings["default"], "PORT", free_port())
    with machines.web(answering(readyz=(503, {}, b""), login=(500, {}, b""))) as place:
        found = doctor("pages", url=place)["pages"]
    assert "DATABASE_HOST" in found.hint
    assert "uwsgi" not in found.hint


def test_plain_http_behind_a_proxy_that_ends_tls_is_led_to_https(settings: Settings) -> None:
    settings.ORIGINS = ["https://chat.example.com"]
    to = {"Location": "https://chat.example.com/accounts/login/"}
    with machines.web(answering(login=(301, to, b""))) as place:
        found = doctor("pages", url=place)["pages"]
    assert "http redirects to https" in found.message


def test_figures_of_nginx_that_cannot_be_read_are_a_warning(pages: str, ada: User, settings: Settings) -> None:
    with machines.web(answering()) as other:
        settings.NGINX_STATUS = other
        found = doctor("pages", code=0)["pages"]
    assert "it is not stub_status" in found.message
    assert "MYWEB_NGINX_STATUS" in found.hint


# The upgrade to a websocket


async def listening(server: Server) -> str:
    await ready(server)
    return str(server.path)


@pytest.mark.any_database
async def test_a_socket_is_opened_and_that_of_a_foreign_page_is_not(start: Start, settings: Settings) -> None:
    settings.ORIGINS = [ORIGIN]
    found = await asked("websocket", url=await listening(start()))
    assert f"{ORIGIN} upgraded in " in found["websocket"]
    assert "a foreign origin is rejected" in found["websocket"]


@pytest.mark.any_database
async def test_a_process_that_does_not_know_the_address_has_other_settings(start: Start, settings: Settings) -> None:
    settings.ORIGINS = [ORIGIN]
    found = await asked("websocket", url=await listening(start(MYWEB_ORIGINS="http://other.example.com")))
    assert f"{ORIGIN}/ws/ is not upgraded: 403" in found["websocket"]
    assert "MYWEB_ORIGINS must be the same for live" in found["websocket"]


@pytest.mark.any_database
async def test_a_process_that_lets_any_page_in_is_a_failure(start: Start, settings: Settings) -> None:
    settings.ORIGINS = [ORIGIN]
    found = await asked("websocket", url=await listening(start(MYWEB_ORIGINS=f"{ORIGIN} https://doctor.invalid")))
    assert "pages of other sites can open sockets here" in found["websocket"]
    assert "Forward the Origin header" in found["websocket"]


@pytest.mark.parametrize(
    ("frame", "then"), [(b"", "no message arrives"), (b"\x88\x02\x03\xe8", "closed with 1000 instead of 4101")]
)
def test_an_upgrade_after_which_nothing_right_comes_is_no_success(monkeypatch: Patch, frame: bytes, then: str) -> None:
    monkeypatch.setattr(websocket, "TIMEOUT", 0.2)

    class Live(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            lines = dict(line.strip().split(b": ", 1) for line in iter(self.rfile.readline, b"\r\n") if b": " in line)
            accepted = base64.b64encode(hashlib.sha1(lines[b"Sec-WebSocket-Key"] + websocket.MAGIC).digest())
            self.wfile.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n")
            self.wfile.write(b"Sec-WebSocket-Accept: " + accepted + b"\r\n\r\n" + frame)
            self.rfile.read(1)

    with served(Live) as place:
        found = doctor("websocket", url=f"http://{place}")["websocket"]
    assert f"/ws/ is upgraded, and {then}" in found.message
    assert "manage.py live" in found.hint


@pytest.mark.parametrize(
    ("page", "message", "hint"),
    [
        ((503, {}, b""), "no socket process behind it (503)", "manage.py live"),
        ((429, {}, b""), "/ws/ is not upgraded: 429", "MYWEB_SOCKETS_PER_ADDRESS"),
        ((404, {}, b"Not here"), "/ws/ is not upgraded: 404", "Route /ws/ to live"),
        (
            (404, {}, f"Only websockets at {PATH} are served here.\n".encode()),
            "404",
            "set_header Upgrade $http_upgrade",
        ),
    ],
)
def test_an_upgrade_that_is_lost_on_the_way_is_told_by_where(page: Page, message: str, hint: str) -> None:
    with machines.web(answering(ws=page)) as place:
        found = doctor("websocket", url=place)["websocket"]
    assert message in found.message
    assert hint in found.hint


# Kubernetes, where pages and sockets are in pods of their own


def in_pod(name: str, settings: Settings, monkeypatch: Patch) -> None:
    settings.BASE_DIR = Path("/app")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setattr("socket.gethostname", lambda: f"{name}-6d4b75cb6d-hx2fl")


def test_in_a_pod_of_pages_the_sockets_are_unknown_and_not_restarted(settings: Settings, monkeypatch: Patch) -> None:
    in_pod("web", settings, monkeypatch)
    with machines.web(answering(ws=(502, {}, b""))) as front:
        found = doctor("pages", "websocket", "live", code=0, url=front)
    assert " answers in " in found["pages"].message
    for name in ("websocket", "live"):
        assert found[name].state == "unknown"
        command = "kubectl -n myweb exec deployment/live -c live -- python manage.py doctor"
        assert found[name].hint == f"{command} --only {name}"


def test_in_a_pod_of_sockets_the_pages_are_unknown(settings: Settings, monkeypatch: Patch) -> None:
    in_pod("live", settings, monkeypatch)
    with machines.web(answering(ws=(502, {}, b""))) as front:
        found = doctor("pages", "uwsgi", "websocket", url=front)
    assert found["pages"].state == found["uwsgi"].state == "unknown"
    assert "no socket process behind it (502)" in found["websocket"].message
    assert found["websocket"].hint.startswith("kubectl -n myweb get pods; ")
