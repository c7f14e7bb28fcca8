"""nginx before files of messages: which pieces it takes, and what it sends when the pages name a file."""

import http.client
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.myweb.test_secrets_in_logs import Nginx, wait_for_port

pytestmark = pytest.mark.any_database

FILE = "/stored-files/ab/abcd/original"
POLICY = "default-src 'none'; object-src 'self'"
ANSWER = (
    f"Status: 200 OK\r\nX-Accel-Redirect: {FILE}\r\nContent-Type: application/pdf\r\n"
    f"Content-Disposition: inline; filename=a.pdf\r\nCache-Control: private, no-cache\r\n%s\r\n"
)


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[Nginx]:
    if not shutil.which("nginx"):
        pytest.skip("needs nginx")
    (tmp_path / "ab/abcd").mkdir(parents=True)
    (tmp_path / "ab/abcd/original").write_bytes(b"0123456789")
    server = Nginx(tmp_path)
    wait_for_port(server.port)
    yield server
    server.end()


def request(
    nginx: Nginx, method: str, path: str, body: bytes | None = None, **headers: str
) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", nginx.port, timeout=20)
    connection.request(method, path, body, headers)
    return connection.getresponse()


def test_pieces_of_8_mib_pass_and_larger_ones_do_not(nginx: Nginx) -> None:
    piece = bytes(8 * 1024 * 1024)
    assert request(nginx, "PATCH", "/files/uploads/x/", piece).status == 200
    assert nginx.told[-1]["CONTENT_LENGTH"] == str(len(piece))
    assert request(nginx, "PATCH", "/files/uploads/x/", piece + bytes(2_000_000)).status == 413
    assert request(nginx, "PATCH", "/files/x/", piece).status == 413


def test_a_file_that_the_pages_name_is_sent_with_its_headers(nginx: Nginx) -> None:
    nginx.web.answer = (ANSWER % f"Content-Security-Policy: {POLICY}\r\n").encode()
    answer = request(nginx, "GET", "/files/x/")
    assert (answer.status, answer.read()) == (200, b"0123456789")
    told = {name: answer.headers.get_all(name) for name in ("Content-Type", "Content-Disposition", "Cache-Control")}
    assert told == {
        "Content-Type": ["application/pdf"],
        "Content-Disposition": ["inline; filename=a.pdf"],
        "Cache-Control": ["private, no-cache"],
    }
    assert answer.headers.get_all("Content-Security-Policy") == [POLICY]
    assert answer.headers.get_all("X-Content-Type-Options") == ["nosniff"]
    assert answer.headers.get_all("Cross-Origin-Resource-Policy") == ["same-origin"]


def test_without_a_policy_of_the_pages_a_file_is_in_a_sandbox(nginx: Nginx) -> None:
    nginx.web.answer = (ANSWER % "").encode()
    answer = request(nginx, "GET", "/files/x/")
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'; frame-ancestors 'none'"


def test_ranges_of_a_file_are_sent(nginx: Nginx) -> None:
    nginx.web.answer = (ANSWER % "").encode()
    answer = request(nginx, "GET", "/files/x/", Range="bytes=2-4")
    assert (answer.status, answer.headers["Content-Range"], answer.read()) == (206, "bytes 2-4/10", b"234")


@pytest.mark.parametrize(
    "path", [FILE, "/stored-files/", "/stored-files/../etc/passwd", "//stored-files/ab/abcd/original"]
)
def test_nobody_outside_reaches_the_folder(nginx: Nginx, path: str) -> None:
    answer = request(nginx, "GET", path)
    assert b"0123456789" not in answer.read()
    assert path == "/stored-files/../etc/passwd" or answer.status == 404


def test_the_pages_know_the_folder_from_nginx_alone(nginx: Nginx) -> None:
    request(nginx, "GET", "/files/x/", MYWEB_FILES_LOCATION="/")
    assert nginx.told[-1]["MYWEB_FILES_LOCATION"] == "/stored-files/"
