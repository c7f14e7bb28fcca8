"""nginx before files in a bucket: it reads them by the addresses that the pages sign."""

import io
import shutil
import threading
from collections.abc import Iterator
from http.client import HTTPResponse
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from deploy.stack.templates import list_resolvers, render_bucket
from myweb.buckets import Bucket
from tests.integration.deploy.test_stored_files import request
from tests.integration.myweb.test_secrets_in_logs import ROOT, Nginx, wait_for_port
from tests.support.buckets import Service, run_service
from tests.support.machines import web

pytestmark = pytest.mark.any_database

POLICY = "default-src 'none'; object-src 'self'"
ANSWER = (
    "Status: 200 OK\r\nX-Accel-Redirect: /stored-bucket/\r\nX-Stored-Address: %s\r\nContent-Type: application/pdf\r\n"
    "Content-Disposition: inline; filename=a.pdf\r\nCache-Control: private, no-cache\r\n"
    "Content-Security-Policy: %s\r\n\r\n"
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with run_service(tmp_path_factory.mktemp("service")) as running:
        running.make_bucket("files")
        yield running


@pytest.fixture
def bucket(service: Service) -> Bucket:
    bucket = Bucket(service.get_settings("files"), timeout="10s", retries=0)
    bucket.put("ab/abcd/original", io.BytesIO(b"0123456789"))
    return bucket


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[Nginx]:
    if not shutil.which("nginx"):
        pytest.skip("needs nginx")
    server = Nginx(tmp_path, bucket="https://s3.example.com/files")
    wait_for_port(server.port)
    yield server
    server.end()


def ask(nginx: Nginx, address: str, method: str = "GET", policy: str = POLICY, **headers: str) -> HTTPResponse:
    nginx.web.answer = (ANSWER % (address, policy)).encode()
    return request(nginx, method, "/files/x/", None, **headers)


def test_a_file_comes_with_the_headers_of_the_pages(nginx: Nginx, bucket: Bucket) -> None:
    answer = ask(nginx, bucket.sign("GET", "ab/abcd/original"))
    assert (answer.status, answer.read(), answer.headers["Content-Length"]) == (200, b"0123456789", "10")
    expected = {
        "Content-Type": "application/pdf",
        "Content-Disposition": "inline; filename=a.pdf",
        "Cache-Control": "private, no-cache",
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    assert {name: answer.headers.get_all(name) for name in expected} == {
        name: [told] for name, told in expected.items()
    }
    assert not [name for name in answer.headers if name.lower().startswith("x-amz-") or name == "X-Stored-Address"]
    assert nginx.told[-1]["MYWEB_BUCKET_LOCATION"] == "/stored-bucket/"


def test_ranges_and_unchanged_files(nginx: Nginx, bucket: Bucket) -> None:
    address = bucket.sign("GET", "ab/abcd/original")
    part = ask(nginx, address, Range="bytes=2-4")
    assert (part.status, part.headers["Content-Range"], part.read()) == (206, "bytes 2-4/10", b"234")
    etag = part.headers["ETag"]
    assert ask(nginx, address, **{"If-None-Match": etag}).status == 304
    assert ask(nginx, address, Range="bytes=99-").status == 416
    head = ask(nginx, bucket.sign("HEAD", "ab/abcd/original"), "HEAD")
    assert (head.status, head.headers["Content-Length"], head.read()) == (200, "10", b"")


def test_without_a_policy_of_the_pages_a_file_is_in_a_sandbox(nginx: Nginx, bucket: Bucket) -> None:
    answer = ask(nginx, bucket.sign("GET", "ab/abcd/original"), policy="")
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'; frame-ancestors 'none'"


def test_what_the_service_says_of_itself_reaches_nobody(
    nginx: Nginx, bucket: Bucket, service: Service, tmp_path: Path
) -> None:
    missing = ask(nginx, bucket.sign("GET", "ab/abcd/thumbnail"))
    assert (missing.status, b"NoSuchKey" in missing.read()) == (404, False)
    wrong = Bucket(service.get_settings("files", secret_key="another-secret"), timeout="10s", retries=0)
    refused = ask(nginx, wrong.sign("GET", "ab/abcd/original"))
    assert (refused.status, refused.headers["Retry-After"], b"Signature" in refused.read()) == (503, "30", False)
    dead = Bucket(service.get_settings("files", port=9), timeout="10s", retries=0)
    assert ask(nginx, dead.sign("GET", "ab/abcd/original")).status == 503
    unknown = ask(nginx, "http://no-such-host.invalid/files/ab/abcd/original?X-Amz-Signature=0")
    assert unknown.status == 503
    for log in ("error.log", "access.log"):
        assert "X-Amz-" not in (tmp_path / log).read_text(), log


def test_no_cookie_reaches_the_service_and_none_of_its_redirects_a_browser(nginx: Nginx) -> None:
    with web(lambda method, path: (307, {"Location": f"http://127.0.0.1/{path}", "Set-Cookie": "a=b"}, b"")) as address:
        answer = ask(nginx, f"{address}/files/a?X-Amz-Signature=0", Cookie="session=secret")
    assert (answer.status, answer.headers["Location"], answer.headers["Set-Cookie"]) == (503, None, None)

    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(str(self.headers))
            self.send_response(200)
            for name, value in (("Content-Length", "7"), ("X-Accel-Redirect", "/stored-files/nginx.conf")):
                self.send_header(name, value)
            self.send_header("Set-Cookie", "a=b")
            self.end_headers()
            self.wfile.write(b"content")

        def log_message(self, *words: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}/files/a?X-Amz-Signature=0"
        answer = ask(nginx, address, Cookie="session=secret", Authorization="Basic secret", Referer="http://secret/")
        thread.join(10)
    assert (answer.status, answer.read(), answer.headers["Set-Cookie"]) == (200, b"content", None)
    assert len(seen) == 1
    assert "secret" not in seen[0]


@pytest.mark.parametrize("path", ["/stored-bucket/", "/stored-bucket/http://127.0.0.1/", "//stored-bucket/x"])
def test_nobody_outside_reaches_the_bucket(nginx: Nginx, bucket: Bucket, path: str) -> None:
    told = {"X-Stored-Address": bucket.sign("GET", "ab/abcd/original")}
    answer = request(nginx, "GET", path, None, **told)
    assert (answer.status, b"0123456789" in answer.read()) == (404, False)


def test_name_servers_are_those_of_the_machine(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    path.write_text(
        "search a\nnameserver 10.0.0.1\nnameserver fe80::1\nnameserver fe80::1%eth0\n# nameserver 1.1.1.1\n"
    )
    assert list_resolvers(path) == "10.0.0.1 [fe80::1]"
    assert list_resolvers(tmp_path / "missing") == "127.0.0.1"
    assert render_bucket(ROOT / "deploy/nginx", "") == ""
