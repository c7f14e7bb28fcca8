"""A token that stood in a path is in no log: not in nginx's, not in what uWSGI is told to write, not in Django's."""

import json
import logging
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.stack.state import free_port
from deploy.stack.templates import fill
from myweb.masking import Masked, MaskedJson, MaskedPath

ROOT = Path(__file__).parents[2]
TOKEN = "push_0123456789abcdefghijABCDEFGHIJ-_"
PATHS = (
    f"/api/push/{TOKEN}/backup.size",
    f"/api/pu%73h/{TOKEN}",
    f"/api/beat/{TOKEN}/fail?x={TOKEN}",
    f"/api/alerts/{TOKEN}/",
)


class Nginx:
    """A real one with our site, before a uWSGI of ours that only notes what it is told."""

    def __init__(self, place: Path, form: str = "text") -> None:
        self.place, self.port, self.told = place, free_port(), list[dict[str, str]]()
        (place / "conf.d").mkdir()
        frame = (ROOT / "deploy/nginx/nginx.conf").read_text(encoding="utf-8")
        (place / "nginx.conf").write_text(frame.replace("stderr warn", str(place / "error.log") + " info"))
        values = {
            "MYWEB_LISTEN": f"127.0.0.1:{self.port}",
            "MYWEB_WEB_SERVER": f"unix:{place}/web.sock",
            "MYWEB_LIVE_SERVERS": f"server unix:{place}/live.sock;",
            "MYWEB_STATIC_ROOT": str(place),
            "MYWEB_STATUS_SOCKET": str(place / "status.sock"),
            "MYWEB_REQUESTS_LOG": str(place / "requests.log"),
            "MYWEB_ACCESS_LOG": str(place / "access.log"),
            "MYWEB_LOG_FORMAT": form,
            "MYWEB_TRUSTED_PROXY": "0.0.0.0/32",
            "MYWEB_SOCKETS_PER_ADDRESS": "10",
        }
        template = (ROOT / "deploy/nginx/myweb.conf.template").read_text(encoding="utf-8")
        (place / "conf.d" / "myweb.conf").write_text(fill(template, values), encoding="utf-8")
        self.web = socket.socket(socket.AF_UNIX)
        self.web.bind(str(place / "web.sock"))
        self.web.listen()
        threading.Thread(target=self.serve, daemon=True).start()
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

    def serve(self) -> None:
        while True:
            try:
                line, _address = self.web.accept()
            except OSError:
                return
            with line, line.makefile("rb") as told:
                size = struct.unpack("<xHx", told.read(4))[0]
                body, words = told.read(size), []
                while body:
                    length = struct.unpack_from("<H", body)[0]
                    words.append(body[2 : 2 + length].decode())
                    body = body[2 + length :]
                self.told.append(dict(zip(words[::2], words[1::2], strict=True)))
                line.sendall(b"Status: 200 OK\r\nContent-Length: 0\r\n\r\n")

    def ask(self, path: str) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
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
        assert [line["path"] for line in lines[4:6]] == ["/rooms/", '/"quoted"']
        assert {line["status"] for line in lines[:6]} == {200}


def record(message: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord("django.request", logging.WARNING, "", 1, message, args, None)


def test_django_writes_no_token_down() -> None:
    line = Masked("%(message)s").format(record("%s: %s", "Bad Request", PATHS[0]))
    assert line == "Bad Request: /api/push/.../backup.size"
    assert TOKEN not in Masked("%(message)s").format(record("Somebody sent %s", TOKEN))


def test_a_line_in_json_holds_no_token_either_and_a_story_is_one_line() -> None:
    try:
        raise ValueError(f'no "{PATHS[0]}"\nwas sent')
    except ValueError:
        story = record('%s: "%s"\n', "Bad Request", PATHS[2])
        story.exc_info = sys.exc_info()
    story.request = f"<WSGIRequest: GET '/search/?q=secret {TOKEN}'>"
    story.created = 1_764_046_800.0625
    (line,) = MaskedJson().format(story).splitlines()
    assert TOKEN not in line
    told = json.loads(line)
    assert told.pop("exception").endswith('ValueError: no "/api/push/.../backup.size"\nwas sent')
    assert told == {
        "time": "2025-11-25T05:00:00.062Z",
        "level": "WARNING",
        "logger": "django.request",
        "message": 'Bad Request: "/api/beat/.../fail?x=push_..."\n',
    }


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_process_writes_the_form_that_was_asked_for(form: str) -> None:
    ended = logged(form)
    last = ended.splitlines()[-1]
    assert last.startswith('{"time": "') is (form == "json")
    assert "said in the shell" in last


def test_a_form_that_is_none_is_told_in_one_sentence() -> None:
    assert logged("xml", "collect", "--help") == "Configuration: MYWEB_LOG_FORMAT must be text or json, not 'xml'.\n"


WARNS = "import logging; logging.getLogger('x').warning('said in the shell')"


def logged(form: str, *command: str) -> str:
    argv = [sys.executable, "manage.py", *(command or ("shell", "-c", WARNS))]
    environment = os.environ | {"MYWEB_LOG_FORMAT": form}
    return subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, check=False).stderr


def test_neither_does_the_development_server() -> None:
    line = record("HTTP %(method)s %(path)s", {"method": "POST", "path": PATHS[2], "status": 200})
    MaskedPath().filter(line)
    assert line.getMessage() == "HTTP POST /api/beat/.../fail?x=push_..."
