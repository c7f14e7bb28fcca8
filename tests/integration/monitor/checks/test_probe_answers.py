"""What checks make of real answers: compressed, cut, redirected, refused, or signed by nobody."""

import asyncio
import gzip
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from monitor.checks.probes import Result, make_probe, probe, run_probe, tcp
from myweb import tls_contexts
from myweb.errors import Refused
from myweb.network_policy import Reach
from tests.support import machines
from tests.support.collector_loop import event_loop_policy  # noqa: F401 - a fixture
from tests.support.machines import Page

pytestmark = pytest.mark.any_database


async def asked(kind: str, target: str, timeout: float = 10, **options: Any) -> Result:
    probe = make_probe(kind, target, options)
    probe.check()
    return await run_probe(probe, timeout, Reach.EVERYWHERE)


class Site:
    def __init__(self) -> None:
        self.requests = list[str]()

    def __call__(self, method: str, path: str) -> Page:
        self.requests.append(f"{method} {path}")
        known: dict[str, Page] = {
            "/packed": (200, {"Content-Encoding": "gzip"}, gzip.compress(b"All is well, no fire")),
            "/torn": (200, {"Content-Encoding": "gzip"}, gzip.compress(b"All is well")[:-9]),
            "/long": (200, {}, b"x" * 50_000 + b"fire"),
            "/empty": (200, {}, b""),
            "/json": (200, {}, b'{"ok": true, "none": null, "size": 1.0}'),
            "/utf-8": (302, {"Location": "/größe/ä b?q=ü#top".encode().decode("latin-1")}, b""),
            "/gr%C3%B6%C3%9Fe/%C3%A4%20b?q=%C3%BC": (200, {}, b"There"),
            "/a/relative": (302, {"Location": "../packed#part"}, b""),
            "/same-scheme": (302, {"Location": "//127.0.0.1:9/x"}, b""),
            "/nonsense": (302, {"Location": "http://[::1"}, b""),
            "/mail": (302, {"Location": "mailto:ada@example.com"}, b""),
            "/gbk": (200, {"Content-Type": "text/html; charset=gbk"}, "服务正常".encode("gbk")),
        }
        return known[path]


@pytest.fixture
def pages() -> Site:
    return Site()


@pytest.fixture
def site(pages: Site) -> Iterator[str]:
    with machines.web(pages) as address:
        yield address


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("/packed", {"keyword": "well", "absent": "water"}),
        ("/a/relative", {"keyword": "well"}),
        ("/utf-8", {"keyword": "There"}),
        ("/gbk", {"keyword": "服务正常", "absent": "故障"}),
        ("/json", {"json_path": "none"}),
        ("/json", {"json_path": "ok", "json_equals": "true"}),
        ("/json", {"json_path": "$.size", "json_equals": "1"}),
        ("/packed", {"method": "HEAD"}),
        ("/empty", {}),
    ],
)
async def test_an_answer_is_read_as_a_browser_reads_it(site: str, path: str, options: dict[str, Any]) -> None:
    found = await asked("http", site + path, **options)
    assert found.ok, found.message


@pytest.mark.parametrize(
    ("path", "options", "said"),
    [
        ("/packed", {"absent": "fire"}, "“fire” is in the response."),
        ("/torn", {"absent": "fire"}, "The response can't be read: its gzip data is truncated."),
        (
            "/long",
            {"absent": "fire", "max_bytes": 1000},
            "Only the first 1000 bytes were read, so the rest can't be searched for “fire”.",
        ),
        ("/empty", {"absent": "fire"}, "The response is empty, so it can't be searched for “fire”."),
        (
            "/long",
            {"json_path": "a", "max_bytes": 1000},
            "The JSON is larger than 1000 bytes and was not read completely.",
        ),
        ("/json", {"json_path": "gone"}, "The JSON has no gone."),
        ("/json", {"json_path": "ok", "json_equals": "1"}, "ok is “true”, expected “1”."),
        ("/nonsense", {}, "The redirect to “http://[::1” can't be followed."),
        ("/mail", {}, "The redirect to “mailto:ada@example.com” can't be followed."),
        ("/same-scheme", {}, "Connection refused."),
    ],
)
async def test_an_answer_that_cannot_be_judged_fails_and_says_why(
    site: str, path: str, options: dict[str, Any], said: str
) -> None:
    found = await asked("http", site + path, **options)
    assert (found.ok, found.message) == (False, said)


async def test_a_page_that_was_cut_says_so_although_it_is_fine(site: str) -> None:
    found = await asked("http", f"{site}/long", max_bytes=1000)
    assert found.ok
    assert found.message.endswith("Only its first 1000 bytes were read.")
    assert not (await asked("http", f"{site}/long", max_bytes=50_004)).message.endswith("were read.")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nAll is well",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nAll i\r\n40\r\ns well",
    ],
)
async def test_an_answer_that_ends_early_fails(answer: bytes) -> None:
    with machines.raw(answer) as place:
        found = await asked("http", f"http://{place}/", keyword="All")
    assert (found.ok, found.message) == (False, "The connection was closed before the response was complete.")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n\r\nAll is well",
        b"HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nAll is well",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nAll \r\n7;x=y\r\nis well\r\n0\r\nA: b\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nAll is well",
    ],
)
async def test_every_way_to_end_a_body_is_understood(answer: bytes) -> None:
    with machines.raw(answer) as place:
        found = await asked("http", f"http://{place}/", keyword="is well")
    assert found.ok, found.message


async def test_what_is_no_http_is_told() -> None:
    with machines.raw(b"SSH-2.0-OpenSSH_9.9\r\n\r\n") as place:
        found = await asked("http", f"http://{place}/")
    assert found.ok is False
    assert found.message.startswith("The response is not HTTP: ")


async def test_a_post_sends_the_length_of_its_empty_body() -> None:
    heard = list[bytes]()
    with machines.raw(b"HTTP/1.1 204 No Content\r\n\r\n", heard) as place:
        assert (await asked("http", f"http://{place}/", method="POST")).ok
    assert b"\r\ncontent-length: 0\r\n" in heard[0].lower()


@pytest.mark.parametrize(
    ("cookie", "location", "sent"),
    [
        ("a=1", "/there", b"a=1"),
        ("a=1; Path=/other", "/there", None),
        ("a=1; Path=/there", "/there/x", b"a=1"),
        ("a=1; Secure", "/there", None),
        ("a=1; Domain=example.com", "/there", None),
        ("a=1; Max-Age=0", "/there", None),
        ("a=1", "http://localhost:{port}/there", None),
    ],
)
async def test_a_cookie_of_a_redirect_goes_back_to_its_host_and_path_only(
    cookie: str, location: str, sent: bytes | None
) -> None:
    heard = list[bytes]()
    with machines.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", heard) as place:
        port = place.rpartition(":")[2]
        target = location.format(port=port) if "{" in location else f"http://{place}{location}"
        moved = f"HTTP/1.1 302 Found\r\nSet-Cookie: {cookie}\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n"
        with machines.raw(moved.encode()) as first:
            assert (await asked("http", f"http://{first}/")).ok
    lines = [line for line in heard[0].split(b"\r\n") if line.lower().startswith(b"cookie:")]
    assert lines == ([b"Cookie: " + sent] if sent else [])


async def test_building_a_tls_context_is_not_in_the_measured_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = tls_contexts.build_context
    built = list[bool]()

    def slowly(verify: bool, protocols: tuple[str, ...]) -> Any:
        built.append(verify)
        begun = time.perf_counter()
        while time.perf_counter() < begun + 0.5:
            pass
        return build(verify, protocols)

    monkeypatch.setattr(tls_contexts, "build_context", slowly)
    monkeypatch.setattr(tls_contexts, "contexts", {})
    with machines.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as place:
        assert (await asked("http", f"http://{place}/")).ok
    assert built == []
    with machines.saying(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", machines.certificate(tmp_path)) as place:
        results = [await asked("http", f"https://{place}/", verify=False) for _time in range(2)]
    assert built == [False]
    assert [result.ok for result in results] == [True, True]
    assert all((result.seconds or 9) < 0.4 for result in results)


DNS = [
    ("TXT", ['"v=spf1 include:_SPF.Example.com, -all"'], "v=spf1 include:_SPF.Example.com, -all", True),
    ("TXT", ['"v=spf1 -all"'], "V=SPF1 -ALL", False),
    ("TXT", ['"k=rsa; p=MIGf" "MA0G"'], "k=rsa; p=MIGfMA0G", True),
    ("TXT", ['"k=rsa; p=MIGf" "MA0G"'], '"k=rsa; p=MIG" "fMA0G"', True),
    ("TXT", ['"say \\"hi\\" \\195\\188"'], 'say "hi" ü', True),
    ("TXT", ['"a,b"', '"c"'], '"c","a,b"', True),
    ("TXT", ['"a"', '"c"'], "c\na", True),
    ("TXT", ['"a"', '"c"'], "a,c", True),
    ("AAAA", ["2001:db8::1"], "2001:0DB8:0:0:0:0:0:1", True),
    ("AAAA", ["2001:db8::1"], "2001:db8::2", False),
    ("A", ["192.0.2.2", "192.0.2.1"], "192.0.2.1\n192.0.2.2", True),
    ("A", ["192.0.2.2", "192.0.2.1"], "192.0.2.1", False),
    ("MX", ["10 Mail.Example.COM.", "20 b.example.com."], "20 b.example.com\n10  mail.example.com.", True),
    ("MX", ["10 mail.example.com."], "20 mail.example.com", False),
    ("SRV", ["0 5 5060 sip.example.com."], "0 5 5060 SIP.example.com", True),
    ("CAA", ['0 issue "letsencrypt.org"'], "0 ISSUE letsencrypt.org", True),
    ("CAA", ['0 issue "a.example; x=1,2"'], '0 issue "a.example; x=1,2"', True),
    ("CNAME", ["xn--mnchen-3ya.de."], "München.de", True),
    ("NS", ["ns1.example.com."], "NS1.example.com", True),
]


@pytest.mark.parametrize(("record", "values", "expect", "ok"), DNS)
async def test_dns_answers_are_compared_as_data(record: str, values: list[str], expect: str, ok: bool) -> None:
    with machines.names({"www.example": values}, record) as server:
        found = await asked("dns", "www.example", record=record, expect=expect, server=server)
    assert found.ok is ok, found.message


@pytest.mark.parametrize(
    ("rcode", "said"),
    [
        (2, "The name server 127.0.0.1 failed to resolve the name (SERVFAIL)."),
        (5, "The name server 127.0.0.1 refused to answer (REFUSED)."),
        (4, "The name server 127.0.0.1 returned an error (NOTIMP)."),
    ],
)
async def test_every_error_of_a_name_server_is_told_as_such(rcode: int, said: str) -> None:
    with machines.names({}, rcode=rcode) as server:
        found = await asked("dns", "www.example", server=server)
    assert (found.ok, found.message) == (False, said)


async def test_a_name_server_that_is_silent_is_told_from_one_that_is_not_there() -> None:
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{silent.getsockname()[1]}"
        found = await asked("dns", "www.example", server=place, timeout=0.3)
    assert (found.ok, found.message) == (False, "No response within 0.3 s.")


async def test_names_of_other_scripts_and_addresses_are_looked_up() -> None:
    with machines.names({"xn--mnchen-3ya.de": ["192.0.2.1"]}) as server:
        assert (await asked("dns", "münchen.de", server=server)).ok
    with machines.names({"1.2.0.192.in-addr.arpa": ["web.example."]}, "PTR") as server:
        assert (await asked("dns", "192.0.2.1", record="PTR", expect="web.example", server=server)).ok


@pytest.mark.parametrize(("record", "expect"), [("A", "web.example"), ("MX", "mail.example"), ("AAAA", "192.0.2.1")])
async def test_an_expected_value_that_is_none_of_its_record_is_refused_when_saved(record: str, expect: str) -> None:
    with pytest.raises(Refused, match="is not a valid"):
        make_probe("dns", "www.example", {"record": record, "expect": expect}).check()


async def test_a_wrong_banner_is_told_with_what_came() -> None:
    with machines.saying(b"HTTP/1.1 400 \x00\x1b[31mBad\r\n" + b"x" * 500) as place:
        found = await asked("tcp", place, timeout=0.4, banner="^SSH-2")
    assert found.ok is False
    assert found.message.startswith("Received “HTTP/1.1 400   [31mBad")
    assert len(found.message) < 110
    with machines.raw(b"") as place:
        found = await asked("tcp", place, timeout=0.3, banner="^SSH-2")
    assert found.message == "No response within 0.3 s."


@pytest.mark.parametrize("verify", [True, False])
async def test_what_ends_first_in_the_chain_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verify: bool
) -> None:
    with machines.saying(b"", machines.chain(tmp_path, leaf_days=60, intermediate_days=5)) as place:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "root.pem"))
        found = await asked("tls", place, verify=verify)
    assert (found.ok, found.message) == (False, "The intermediate certificate “Middle” is valid for 5 days.")
    assert int(found.numbers["days"]) == 5


async def test_without_trust_the_dates_and_the_name_still_count(tmp_path: Path) -> None:
    with machines.saying(b"", machines.certificate(tmp_path, days=-2)) as place:
        found = await asked("tls", place, verify=False)
    assert found.message == "The certificate has expired. It is for 127.0.0.1."
    with machines.saying(b"", machines.certificate(tmp_path, name="*.example")) as place:
        found = await asked("tls", place, verify=False)
        assert found.message == "The certificate is for another address. It is for *.example."
        assert (await asked("tls", place, verify=False, name="web.example")).ok is False
    with machines.saying(b"", machines.certificate(tmp_path, name="*.shop.example")) as place:
        assert (await asked("tls", place, verify=False, name="WEB.shop.example")).ok
        assert not (await asked("tls", place, verify=False, name="a.web.shop.example")).ok


async def test_a_server_that_is_named_by_its_address_hears_the_expected_name(tmp_path: Path) -> None:
    names = list[str | None]()
    context = machines.certificate(tmp_path, name="web.shop.example")
    context.sni_callback = lambda _sock, name, _context: names.append(name)
    with machines.saying(b"", context) as place:
        assert (await asked("tls", place, verify=False, name="web.shop.example")).ok
    assert names == ["web.shop.example"]


async def test_a_greeting_in_single_bytes_is_searched_a_few_times_only(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, searched = asyncio.StreamReader(), list[str]()
    counting = SimpleNamespace(search=lambda _pattern, text: searched.append(text))
    monkeypatch.setattr("monitor.checks.probes.tcp.re", counting)
    probe.deadline.set(asyncio.get_running_loop().time() + 10)

    async def send() -> None:
        for _byte in range(500):
            reader.feed_data(b"a")
            await asyncio.sleep(0)
        reader.feed_eof()

    sending = asyncio.create_task(send())
    assert await make_probe("tcp", "a:1", {"banner": "b"}).read_banner(reader) == b"a" * 500  # type: ignore[attr-defined]
    await sending
    assert len(searched) <= tcp.MAX_SEARCHES


@pytest.mark.parametrize(
    "target", ["a:" + "9" * 5000, "a:٣", "ö" * 10_000 + ":1", "a" + "\u0301\u0323" * 40_000 + ":1"]
)
async def test_a_place_that_is_too_long_is_refused_at_once(target: str) -> None:
    begun = time.process_time()
    with pytest.raises(Refused):
        make_probe("tcp", target, {}).check()
    assert time.process_time() - begun < 0.1
