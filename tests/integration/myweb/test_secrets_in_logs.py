"""A token that stood in a path is in no log: not in nginx's, not in what uWSGI is told to write, not in Django's."""

import json
import logging
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from accounts.invitations import create_invitation
from accounts.models import User
from accounts.services import make_reset_key
from chat.models import Room
from chat.notifications.unsubscribe import UNREAD, make_unsubscribe_url
from deploy.stack.state import find_free_port as free_port
from deploy.stack.templates import fill_template, render_bucket
from monitor.alerts.services import create_integration
from monitor.dashboards.models import Wall
from monitor.metrics.ingest.services import make_beat, make_pushed
from monitor.oncall.feeds import create_feed
from myweb.masking import KINDS, MaskingFormatter, MaskingJsonFormatter, MaskingPathFilter, mask_tokens
from tests.support.uwsgi import NotingUwsgi

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.any_database
TOKEN = "myweb_push_0123456789abcdefghijABCDEFGHIJ-_"
PATHS = (
    f"/api/push/{TOKEN}/backup.size",
    f"/api/pu%73h/{TOKEN}",
    f"/api/beat/{TOKEN}/fail?x={TOKEN}",
    f"/api/alerts/{TOKEN}/",
)


class Nginx:
    """A real one with our site, before a uWSGI of ours that only notes what it is told."""

    def __init__(self, place: Path, form: str = "text", bucket: str = "") -> None:
        self.place, self.port = place, free_port()
        (place / "conf.d").mkdir()
        frame = (ROOT / "deploy/nginx/nginx.conf").read_text(encoding="utf-8")
        (place / "nginx.conf").write_text(frame.replace("stderr warn", str(place / "error.log") + " info"))
        values = {
            "MYWEB_LISTEN": f"127.0.0.1:{self.port}",
            "MYWEB_WEB_SERVER": f"unix:{place}/web.sock",
            "MYWEB_LIVE_SERVERS": f"server unix:{place}/live.sock;",
            "MYWEB_STATIC_ROOT": str(place),
            "MYWEB_FILES_ROOT": str(place),
            "MYWEB_BUCKET": render_bucket(ROOT / "deploy/nginx", bucket),
            "MYWEB_STATUS_SOCKET": str(place / "status.sock"),
            "MYWEB_REQUESTS_LOG": str(place / "requests.log"),
            "MYWEB_ACCESS_LOG": str(place / "access.log"),
            "MYWEB_LOG_FORMAT": form,
            "MYWEB_TRUSTED_PROXY": "0.0.0.0/32",
            "MYWEB_SOCKETS_PER_ADDRESS": "10",
        }
        template = (ROOT / "deploy/nginx/myweb.conf.template").read_text(encoding="utf-8")
        (place / "conf.d" / "myweb.conf").write_text(fill_template(template, values), encoding="utf-8")
        self.web = NotingUwsgi(place / "web.sock")
        self.told = self.web.told
        argv = [
            "nginx",
            "-p",
            f"{place}/",
            "-c",
            "nginx.conf",
            "-g",
            "daemon off;" + ("" if os.geteuid() else " user root;"),
        ]
        self.process = subprocess.Popen(argv, stderr=subprocess.DEVNULL)

    def ask(self, path: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> int:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body, headers or {})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def end(self) -> None:
        self.web.close()
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture(params=["text", "json"])
def nginx(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Nginx]:
    if not shutil.which("nginx"):
        pytest.skip("needs nginx")
    server = Nginx(tmp_path, request.param)
    wait_for_port(server.port)
    yield server
    server.end()


def wait_for_port(port: int) -> None:
    for _attempt in range(500):
        with socket.socket() as line:
            line.settimeout(1)
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
            threading.Event().wait(0.02)
    pytest.fail("nginx did not start")


def test_neither_nginx_nor_uwsgi_writes_a_token_down(nginx: Nginx) -> None:
    assert [nginx.ask(path) for path in (*PATHS, "/rooms/")] == [200] * 5
    assert [told["PATH_INFO"] for told in nginx.told][:2] == [f"/api/push/{TOKEN}/backup.size", f"/api/push/{TOKEN}"]
    assert [told["REQUEST_URI"] for told in nginx.told] == [
        *["/api/push/..."] * 2,
        "/api/beat/...",
        "/api/alerts/...",
        "/rooms/",
    ]
    nginx.ask('/"quoted"')
    nginx.web.close()
    (nginx.place / "web.sock").unlink()
    assert min(nginx.ask(path) for path in PATHS) >= 500  # nginx has a reason to complain now
    nginx.end()
    access, errors = ((nginx.place / name).read_text(encoding="utf-8") for name in ("access.log", "error.log"))
    assert access.count('"/api/push/..."') == 4
    assert access.count('"/api/beat/..."') == 2
    assert access.count('"/api/alerts/..."') == 2
    assert TOKEN not in access + errors
    if access.startswith("{"):
        lines = [json.loads(line) for line in access.splitlines()]
        answered = {line["path"] for line in lines if line["status"] == 200}  # nginx's workers write in their own order
        assert {"/rooms/", '/"quoted"'} <= answered


# Where a token may stand by mistake. What the access log and uWSGI are told of each.
MISTYPED = {
    "/api/pus/{token}": "/api/pus/myweb_{kind}_...",
    "/api/{token}/backup.size": "/api/myweb_{kind}_...",
    "/{token}": "/myweb_{kind}_...",
    "/push/api/x{token}?y=1": "/push/api/xmyweb_{kind}_...",
    "/%6dyweb_{kind}_{secret}": "/myweb_{kind}_...",
    "/api%2Fpush/{token}": "/api/push/...",
    "/join/{token}": "/join/myweb_{kind}_...",
    "/reset/{token}/": "/reset/myweb_{kind}_...",
    "/wall/1/{token}": "/wall/1/myweb_{kind}_...",
    "/rooms/?token={token}": "/rooms/",
    "/accounts/login/?next=/{token}": "/accounts/login/",
    "/healthz/{token}": "/healthz/myweb_{kind}_...",
    "/status/en/{token}/feed/": "/status/en/myweb_{kind}_...",
}
SECRET = "0123456789abcdefghijABCDEFGHIJ-_"


def ask_everything_with_tokens(nginx: Nginx) -> list[str]:
    """Every mistake with every kind of token; what should be told of each."""
    wanted = []
    for number, (path, told) in enumerate(MISTYPED.items()):
        kind = KINDS[number % len(KINDS)]
        nginx.ask(path.format(token=f"myweb_{kind}_{SECRET}", kind=kind, secret=SECRET))
        wanted.append(told.format(kind=kind))
    return wanted


def test_a_token_in_a_mistyped_address_is_in_no_log(nginx: Nginx) -> None:
    wanted = ask_everything_with_tokens(nginx)
    assert [told["REQUEST_URI"] for told in nginx.told] == wanted
    referer = {"Referer": f"http://127.0.0.1/rooms/?t={TOKEN}"}
    assert nginx.ask("/rooms/", referer) == 200
    assert nginx.ask("/static/missing.css", referer) == 404
    nginx.web.close()
    (nginx.place / "web.sock").unlink()
    ask_everything_with_tokens(nginx)
    assert nginx.ask("/rooms/", referer) == 503, "it is still said that the site is away"
    assert nginx.ask("/plain/") == 503
    nginx.end()
    access, errors = ((nginx.place / name).read_text(encoding="utf-8") for name in ("access.log", "error.log"))
    assert SECRET not in access + errors
    assert "/plain/" in errors, "errors of other requests are still written"
    assert all(told in access for told in wanted)


def test_a_token_is_no_way_around_the_limit_on_signing_in(nginx: Nginx) -> None:
    codes = [nginx.ask(f"/accounts/login/?x={TOKEN}", body=b"login=x") for _time in range(60)]
    assert codes.count(429) >= 10


@pytest.mark.parametrize("kind", KINDS)
def test_django_s_own_lines_hold_no_token_wherever_it_stands(kind: str) -> None:
    token = f"myweb_{kind}_{SECRET}"
    for text in (
        f"Not Found: /api/pus/{token}",
        f"x{token}/y?z={token}",
        f"GET /?q=myweb%5F{kind}%5F{SECRET}",
        f'"{token}"',
    ):
        line = MaskingFormatter("%(message)s").format(record("%s", text))
        assert SECRET not in line, line
        assert f"myweb_{kind}_..." in line or f"myweb%5F{kind}%5F..." in line


def test_a_reset_key_in_a_path_is_masked_too() -> None:
    line = MaskingFormatter("%(message)s").format(
        record("Not Found: %s", "/accounts/password/reset/key/3-cx4abc-0123456789abcdef/")
    )
    assert line == "Not Found: /accounts/password/reset/key/.../"


@pytest.mark.parametrize("path", ["/api//push/", "/api/push//", "/API/beat///", "/accounts/password//reset/key//"])
def test_a_token_behind_doubled_slashes_is_masked_too(path: str) -> None:
    assert (
        MaskingFormatter("%(message)s").format(record("Not Found: %s", f"{path}{SECRET}/x"))
        == f"Not Found: {path}.../x"
    )


def test_a_token_whose_underscores_were_encoded_twice_is_masked_too() -> None:
    assert SECRET not in mask_tokens(f"/login/?next=%252Fmyweb%255Fpush%255F{SECRET}")


def test_what_only_looks_a_little_like_a_token_is_left_as_it_is() -> None:
    for text in ("/dashboards/push_requests_total/", "the series myweb_up", "/api/push/"):
        assert MaskingFormatter("%(message)s").format(record("%s", text)) == text


@pytest.mark.django_db
def test_every_token_that_is_given_out_has_its_prefix(ada: User, ben: User, room: Room) -> None:
    tokens = {
        "push": make_pushed(ada, name="Shop", room=room, every=60)[1],
        "beat": make_beat(ada, name="Backup", room=room, period=60, grace=60)[1],
        "alerts": create_integration(ada, room, "Grafana")[1],
        "oncall": create_feed(ada, None),
        "wall": Wall(pk=1, name="Kitchen", keys=["host"], created_by=ada).token,
        "join": create_invitation(ada, days=1, max_uses=1).token,
        "reset": make_reset_key(ben),
        "mail": make_unsubscribe_url(ben, UNREAD).split("/")[-2],
    }
    assert set(tokens) == set(KINDS)
    for kind, token in tokens.items():
        assert token.startswith(f"myweb_{kind}_")
        assert mask_tokens(f"at {token} end") == f"at myweb_{kind}_... end"


@pytest.mark.django_db
def test_django_s_line_of_a_404_is_masked(client: Client, ada: User, caplog: pytest.LogCaptureFixture) -> None:
    client.force_login(ada)
    for path in (f"/api/pus/{TOKEN}", f"/{TOKEN}/"):
        assert client.get(path).status_code == 404
    lines = [MaskingFormatter("%(message)s").format(line) for line in caplog.records if line.name == "django.request"]
    assert len(lines) == 2
    assert SECRET not in "".join(lines)


def test_a_masked_line_takes_no_time_however_it_looks() -> None:
    begun = time.monotonic()
    for text in (
        "myweb_" * 20_000,
        "myweb_push_" * 20_000,
        "/api/push/" * 20_000,
        "/" * 200_000,
        "/api" + "/" * 200_000,
        "myweb%" + "25" * 100_000,
        "myweb_push_" + "a-" * 50_000 + " ",
    ):
        mask_tokens(text)
    assert time.monotonic() - begun < 2


def record(message: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord("django.request", logging.WARNING, "", 1, message, args, None)


def test_django_writes_no_token_down() -> None:
    line = MaskingFormatter("%(message)s").format(record("%s: %s", "Bad Request", PATHS[0]))
    assert line == "Bad Request: /api/push/.../backup.size"
    assert TOKEN not in MaskingFormatter("%(message)s").format(record("Somebody sent %s", TOKEN))


def test_a_line_in_json_holds_no_token_either_and_a_story_is_one_line() -> None:
    try:
        raise ValueError(f'no "{PATHS[0]}"\nwas sent')
    except ValueError:
        story = record('%s: "%s"\n', "Bad Request", PATHS[2])
        story.exc_info = sys.exc_info()
    story.request = f"<WSGIRequest: GET '/search/?q=secret {TOKEN}'>"
    story.created = 1_764_046_800.0625
    (line,) = MaskingJsonFormatter().format(story).splitlines()
    assert TOKEN not in line
    told = json.loads(line)
    assert told.pop("exception").endswith('ValueError: no "/api/push/.../backup.size"\nwas sent')
    assert told == {
        "time": "2025-11-25T05:00:00.062Z",
        "level": "WARNING",
        "logger": "django.request",
        "message": 'Bad Request: "/api/beat/.../fail?x=myweb_push_..."\n',
    }


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_process_writes_the_form_that_was_asked_for(form: str) -> None:
    ended = logged(form)
    last = ended.splitlines()[-1]
    assert last.startswith('{"time": "') is (form == "json")
    assert "said in the shell" in last


ENDS = """
import threading
from django.db import IntegrityError
def fail():
    raise IntegrityError("duplicate key\\nDETAIL:  Key (body)=(meet me) already exists.")
thread = threading.Thread(target=fail, name="mail")
thread.start()
thread.join()
fail()
"""


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_error_that_ends_a_thread_or_the_process_is_a_line_like_others(form: str) -> None:
    ended = logged(form, "shell", "-c", ENDS)
    assert "meet me" not in ended
    assert [ended.count(words) for words in ("The thread mail ends", "This process ends")] == [1, 1]
    if form == "json":
        lines = [json.loads(line) for line in ended.splitlines()]
        assert [line["level"] for line in lines] == ["ERROR", "CRITICAL"]
        assert all(line["exception"].endswith("IntegrityError: duplicate key") for line in lines)


def test_a_form_that_is_none_is_told_in_one_sentence() -> None:
    assert logged("xml", "collect", "--help") == "Configuration: MYWEB_LOG_FORMAT must be text or json, not 'xml'.\n"


WARNS = "import logging; logging.getLogger('x').warning('said in the shell')"


def logged(form: str, *command: str) -> str:
    argv = [sys.executable, "manage.py", *(command or ("shell", "-c", WARNS))]
    environment = os.environ | {"MYWEB_LOG_FORMAT": form}
    return subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, check=False).stderr


def test_neither_does_the_development_server() -> None:
    line = record("HTTP %(method)s %(path)s", {"method": "POST", "path": PATHS[2], "status": 200})
    MaskingPathFilter().filter(line)
    assert line.getMessage() == "HTTP POST /api/beat/.../fail?x=myweb_push_..."
