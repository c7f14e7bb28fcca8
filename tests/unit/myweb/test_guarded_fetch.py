"""Documents of the web that users name: which are never asked for, and what bounds those that are."""

import gzip
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from myweb import guarded_fetch, tcp_streams, tls_contexts
from myweb.guarded_fetch import FetchedDocument, FetchFailed, FetchRules, fetch_document, parse_fetch_url
from myweb.network_policy import Reach
from tests.support import machines
from tests.support.machines import Page
from tests.unit.myweb.test_network_policy import INSIDE, NEVER

HTML = {"Content-Type": "text/html; charset=utf-8"}
LIMIT = 512 * 1024
Answers = dict[str, Page]


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were connected to; none is."""
    addresses: list[str] = []

    async def connect(address: str, port: int) -> socket.socket:
        addresses.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(tcp_streams, "connect_socket", connect)
    return addresses


def fetch(url: str, reach: Reach = Reach.INSIDE, turns: list[str] | None = None) -> FetchedDocument:
    limits = {"text/html": LIMIT, "image/*": 1_000}
    return fetch_document(url, FetchRules(limits, reach, "test", (turns if turns is not None else []).append))


def serve(answers: Answers, asked: list[str] | None = None) -> AbstractContextManager[str]:
    def answer(_method: str, path: str) -> Page:
        if asked is not None:
            asked.append(path)
        return answers.get(path, (404, HTML, b""))

    return machines.web(answer)


def write_host(address: str) -> str:
    return f"[{address.replace('%', '%25')}]" if ":" in address else address


@pytest.mark.parametrize("address", NEVER + INSIDE)
def test_addresses_that_are_not_public_are_never_connected_to(address: str, connected: list[str]) -> None:
    with pytest.raises(FetchFailed):
        fetch(f"http://{write_host(address)}/", Reach.OUTSIDE)
    assert connected == []


@pytest.mark.parametrize("address", NEVER)
def test_metadata_is_out_of_reach_where_private_addresses_are_allowed(address: str, connected: list[str]) -> None:
    with pytest.raises(FetchFailed):
        fetch(f"http://{write_host(address)}/latest/meta-data/", Reach.INSIDE)
    assert connected == []


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost.",
        "LOCALHOST",
        "127.0.0.1.",
        "127.1",
        "127.0.1",
        "2130706433",
        "2130706433.",
        "0x7f000001",
        "0X7F.0.0.1",
        "0x7f.1",
        "017700000001",
        "0177.0.0.1",
        "0177.0.0.01",
        "0",
        "0.0",
        "0x0",
        "2852039166",
        "0xa9fea9fe",
        "0xa9.0xfe.0xa9.0xfe",
        "0251.0376.0251.0376",
        "169.254.43518",
        "169.16689662",
        "10.1",
        "0xa.1",
        "3232235521",
        "１２７.０.０.１",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "lоcalhost",
        "ⓛocalhost",
        "%6c%6f%63alhost",
        "127.0.0.1%00.example.com",
        "[::]",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1%25lo]",
    ],
)
def test_other_spellings_of_an_address_change_nothing(host: str, connected: list[str]) -> None:
    with pytest.raises(FetchFailed):
        fetch(f"http://{host}/", Reach.OUTSIDE)
    assert connected == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "//example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/_x",
        "data:text/html,<title>x</title>",
        "javascript:alert(1)",
        "dict://example.com:11211/stat",
        "unix:///run/redis.sock",
        "http:///path",
        "http://./",
        "http://:80/",
        "http://ada@example.com/",
        "http://ada:secret@example.com/",
        "http://@example.com/",
        "http://:@example.com/",
        "http://example.com:80@10.0.0.1/",
        "http://example.com\\@10.0.0.1/",
        "http://example.com\\.internal/",
        "http://exa mple.com/",
        "http://example.com/\r\nHost: internal",
        "http://example.com/\n",
        "http://example.com/\x00",
        "http://[::1/",
        "http://[v1.x]/",
        "http://example.com:99999/",
        "http://example.com:-1/",
        "http://example.com:x/",
        "http://example.com:0/",
        "http://example.com:22/",
        "http://example.com:25/",
        "http://example.com:6379/",
        "http://example.com:5432/",
        "http://example.com:11211/",
        "https://example.com:8444/",
        f"http://{'a' * 64}.example.com/",
        f"http://{'a.' * 200}example.com/",
        f"http://example.com/{'x' * 2_000}",
    ],
)
def test_only_plain_urls_of_the_web_are_asked_for(url: str, connected: list[str]) -> None:
    with pytest.raises(FetchFailed):
        fetch(url, Reach.OUTSIDE)
    assert connected == []


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("http://example.com", 80),
        ("HTTPS://EXAMPLE.com/", 443),
        ("http://example.com:80/", 80),
        ("http://example.com:8080/x?y#z", 8080),
        ("https://example.com:8443/", 8443),
        ("https://münchen.example/straße", 443),
        ("https://例え.example/", 443),
    ],
)
def test_usual_urls_are_allowed(url: str, port: int) -> None:
    assert guarded_fetch.get_port(parse_fetch_url(url)) == port


def test_a_private_network_has_other_ports_but_no_system_services() -> None:
    assert parse_fetch_url("http://wiki.internal:3000/", Reach.INSIDE)
    with pytest.raises(FetchFailed, match="port 25"):
        parse_fetch_url("http://mail.internal:25/", Reach.INSIDE)


def test_one_private_address_of_a_name_refuses_it(monkeypatch: pytest.MonkeyPatch, connected: list[str]) -> None:
    answer_names(monkeypatch, lambda _name: ["93.184.216.34", "10.0.0.1"])
    with pytest.raises(FetchFailed):
        fetch("http://two.example/", Reach.OUTSIDE)
    assert connected == []


def answer_names(monkeypatch: pytest.MonkeyPatch, resolve: Callable[[str], list[str]]) -> None:
    def getaddrinfo(host: str, port: int, *_options: object, **_more: object) -> list[object]:
        family = socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port)) for address in resolve(host)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_the_connection_goes_to_the_address_that_was_checked(
    monkeypatch: pytest.MonkeyPatch, connected: list[str]
) -> None:
    answers = iter([["93.184.216.34"], ["127.0.0.1"], ["169.254.169.254"]])
    answer_names(monkeypatch, lambda _name: next(answers))
    with pytest.raises(FetchFailed):
        fetch("http://rebinding.example/", Reach.OUTSIDE)
    assert connected == ["93.184.216.34"]
    assert next(answers) == ["127.0.0.1"]  # the name was resolved once


def test_a_name_that_rebinds_between_redirects_is_judged_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    with serve({"/": (302, {"Location": "/latest/meta-data/"}, b"")}, asked) as site:
        port = site.rpartition(":")[2]
        answers = iter([["127.0.0.1"], ["169.254.169.254"]])
        answer_names(monkeypatch, lambda _name: next(answers))
        with pytest.raises(FetchFailed, match="not allowed"):
            fetch(f"http://rebinding.example:{port}/")
    assert asked == ["/"]


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:169.254.169.254]/",
        "//169.254.169.254/",
        "http://2852039166/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "http://ada:secret@127.0.0.1:8080/",
        "http://127.0.0.1:22/",
        "javascript:1",
        "http://[::1",
        "\\\\127.0.0.1\\",
    ],
)
def test_redirects_lead_to_no_place_that_a_link_may_not(location: str) -> None:
    refusal = "not allowed|no URL|not a URL|with a user|port 22"
    with serve({"/": (302, {"Location": location}, b"")}) as site, pytest.raises(FetchFailed, match=refusal):
        fetch(f"{site}/")


def test_redirects_are_followed_three_times() -> None:
    turns: list[str] = []
    answers = {f"/{number}": (301, {"Location": f"{number + 1}"}, b"") for number in range(5)}
    with serve({**answers, "/5": (200, HTML, b"There")}) as site:
        document = fetch(f"{site}/2", turns=turns)
        assert (document.body, document.url) == (b"There", f"{site}/5")
        assert turns == ["127.0.0.1"] * 3
        with pytest.raises(FetchFailed, match="too many redirects"):
            fetch(f"{site}/1")


def test_a_redirect_loop_ends() -> None:
    asked: list[str] = []
    with serve({"/": (302, {"Location": "/"}, b"")}, asked) as site, pytest.raises(FetchFailed, match="too many"):
        fetch(f"{site}/")
    assert len(asked) == 4


def test_a_request_says_who_asks_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    heard: list[bytes] = []
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\nHi"
    with machines.raw(answer, heard) as address:
        assert fetch(f"http://{address}/a?b=c#d").body == b"Hi"
        fetch(f"http://{address}/")
    lines = [request.decode().split("\r\n") for request in heard]
    assert lines[0][0] == "GET /a?b=c HTTP/1.1"
    assert {line.partition(":")[0] for line in lines[1][1:] if line} == {
        *("Host", "User-Agent", "Accept", "Accept-Encoding", "Connection")
    }


def test_a_large_body_is_read_in_part() -> None:
    with serve({"/": (200, HTML, b"x" * 10_000_000)}) as site:
        document = fetch(f"{site}/")
    assert (len(document.body), document.is_truncated) == (LIMIT, True)


def test_a_gzip_bomb_is_unpacked_in_part() -> None:
    bomb = gzip.compress(bytes(200_000_000), 9)
    with serve({"/": (200, {**HTML, "Content-Encoding": "gzip"}, bomb)}) as site:
        document = fetch(f"{site}/")
    assert (len(document.body), document.is_truncated) == (LIMIT, True)


def test_gzip_in_gzip_is_unpacked_in_part() -> None:
    bomb = gzip.compress(gzip.compress(bytes(200_000_000), 9), 9)
    with serve({"/": (200, {**HTML, "Content-Encoding": "gzip, gzip"}, bomb)}) as site:
        assert len(fetch(f"{site}/").body) <= LIMIT


@pytest.mark.parametrize(
    "body",
    [b"no gzip", gzip.compress(b"Half")[:-9] + b"x" * 9, zlib.compress(b"x")],
    ids=["no gzip", "harmed", "zlib"],  # gzip writes the time
)
def test_a_body_that_is_not_what_its_header_says_is_refused(body: bytes) -> None:
    with (
        serve({"/": (200, {**HTML, "Content-Encoding": "gzip"}, body)}) as site,
        pytest.raises(FetchFailed, match="decompressed"),
    ):
        fetch(f"{site}/")


@contextmanager
def drip(head: bytes) -> Iterator[str]:
    """A server whose body never ends: a byte each 20 ms."""

    def run() -> None:
        connection, _address = listener.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(head)
            try:
                while not ended.wait(0.02):
                    connection.sendall(b"x")
            except OSError:
                return

    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=run)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        ended.set()
        thread.join(10)


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "])
def test_the_time_of_all_is_limited_however_steadily_a_server_sends(
    head: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarded_fetch, "TOTAL_TIMEOUT", 0.5)
    with drip(head) as url:
        started = time.monotonic()
        with pytest.raises(FetchFailed, match="in time"):
            fetch(url)
        assert time.monotonic() - started < 3


def test_redirects_share_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(_method: str, path: str) -> Page:
        asked.append(path)
        threading.Event().wait(0.4)
        return 302, {"Location": f"{path}x"}, b""

    monkeypatch.setattr(guarded_fetch, "TOTAL_TIMEOUT", 0.7)
    with machines.web(answer) as site, pytest.raises(FetchFailed, match="in time"):
        fetch(f"{site}/")
    assert len(asked) <= 2


def test_a_name_that_resolves_slowly_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = threading.Event()

    def resolve(_name: str) -> list[str]:
        asked.wait(20)
        return ["127.0.0.1"]

    monkeypatch.setattr(guarded_fetch, "TOTAL_TIMEOUT", 0.3)
    answer_names(monkeypatch, resolve)
    started = time.monotonic()
    try:
        with pytest.raises(FetchFailed, match="in time"):
            fetch("http://slow.example/", Reach.OUTSIDE)
        assert time.monotonic() - started < 5
    finally:
        asked.set()


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, {}),
        (200, {"Content-Type": "application/pdf"}),
        (200, {"Content-Type": "text/plain"}),
        (200, {"Content-Type": "application/json; text/html"}),
        (200, {"Content-Type": "video/mp4"}),
        (404, HTML),
        (500, HTML),
        (204, HTML),
        (302, HTML),
    ],
)
def test_only_pages_and_pictures_are_read(status: int, headers: dict[str, str]) -> None:
    with serve({"/": (status, headers, b"Hello")}) as site, pytest.raises(FetchFailed):
        fetch(f"{site}/")


def test_each_type_has_its_own_limit() -> None:
    with serve({"/": (200, {"Content-Type": "IMAGE/PNG"}, b"x" * 5_000)}) as site:
        document = fetch(f"{site}/")
    assert (document.media_type, len(document.body), document.is_truncated) == ("image/png", 1_000, True)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nHello",
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 3,
    ],
)
def test_what_is_no_http_fails(answer: bytes) -> None:
    with machines.raw(answer) as address, pytest.raises(FetchFailed):
        fetch(f"http://{address}/")


def test_a_certificate_must_be_trusted_and_of_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_names(monkeypatch, lambda _name: ["127.0.0.1"])
    tls = machines.certificate(tmp_path, name="wiki.example")
    with machines.saying(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nHi", tls) as address:
        port = address.rpartition(":")[2]
        with pytest.raises(FetchFailed, match="CERTIFICATE"):
            fetch(f"https://wiki.example:{port}/")
        trust(tmp_path, monkeypatch)
        assert fetch(f"https://wiki.example:{port}/").body == b"Hi"
        assert fetch(f"https://wiki.example.:{port}/").body == b"Hi"
        with pytest.raises(FetchFailed, match="CERTIFICATE"):
            fetch(f"https://other.example:{port}/")


def trust(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(next(folder.glob("*cert*"))))
    monkeypatch.setattr(tls_contexts, "contexts", {})
