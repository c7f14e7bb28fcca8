"""Probes ask real servers and say in a sentence what came of it; from a room they go only where they may."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from icmplib import SocketPermissionError
from pytest_django.fixtures import Settings

from monitor.checks.probes import Result, make_probe, ping, run_probe
from myweb.errors import Refused
from myweb.network_policy import OutOfReach, Reach, check_address, get_member_reach
from tests.support import machines
from tests.support.collector_loop import event_loop_policy  # noqa: F401 - a fixture
from tests.support.machines import Page

pytestmark = pytest.mark.any_database


async def asked(kind: str, target: str, timeout: float = 10, reach: Reach = Reach.EVERYWHERE, **options: Any) -> Result:
    probe = make_probe(kind, target, options)
    probe.check()
    return await run_probe(probe, timeout, reach)


def pages(method: str, path: str) -> Page:
    known: dict[str, Page] = {
        "/": (200, {}, b"All is well here"),
        "/state": (200, {}, b'{"checks": [{"state": "green", "left": 3}]}'),
        "/moved": (302, {"Location": "/"}, b""),
        "/round": (302, {"Location": "/round"}, b""),
        "/inside": (302, {"Location": "http://[::ffff:169.254.169.254]/latest"}, b""),
        "/broken": (503, {}, b"Not now"),
        "/long": (200, {}, b"x" * 50_000 + b"end"),
    }
    return known[path]


@pytest.fixture
def site() -> Iterator[str]:
    with machines.web(pages) as address:
        yield address


async def test_http_tells_the_status_and_where_the_time_went(site: str) -> None:
    found = await asked("http", f"{site}/")
    assert found.ok
    assert found.message.startswith("HTTP 200 in ")
    assert found.numbers.keys() == {"dns", "connect", "first_byte", "total", "status", "bytes"}
    assert found.seconds == found.numbers["total"]


@pytest.mark.parametrize(
    ("path", "options", "said"),
    [
        ("/broken", {}, "HTTP 503, expected 200-299."),
        ("/", {"status": "204, 300-399"}, "HTTP 200, expected 204, 300-399."),
        ("/", {"keyword": "fire"}, "“fire” is not in the response."),
        ("/", {"absent": "well"}, "“well” is in the response."),
        ("/", {"json_path": "a", "json_equals": "b"}, "The response is not JSON."),
        ("/state", {"json_path": "checks.1.state", "json_equals": "green"}, "The JSON has no checks.1.state."),
        (
            "/state",
            {"json_path": "checks.0.state", "json_equals": "red"},
            "checks.0.state is “green”, expected “red”.",
        ),
        (
            "/long",
            {"keyword": "end", "max_bytes": 1000},
            "“end” is not in the first 1000 bytes of the response. The rest was not read.",
        ),
        ("/moved", {"follow": False}, "HTTP 302, expected 200-299."),
        ("/round", {}, "More than 5 redirects."),
    ],
)
async def test_http_says_what_is_not_as_expected(site: str, path: str, options: dict[str, Any], said: str) -> None:
    found = await asked("http", site + path, **options)
    assert (found.ok, found.message) == (False, said)


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("/broken", {"status": "503"}),
        ("/", {"keyword": "well", "absent": "fire"}),
        ("/state", {"json_path": "checks.0.left", "json_equals": "3"}),
        ("/moved", {"keyword": "well"}),
        ("/", {"method": "HEAD"}),
        ("/moved", {"follow": False, "status": "302"}),
    ],
)
async def test_http_is_content_with_what_was_asked_for(site: str, path: str, options: dict[str, Any]) -> None:
    assert (await asked("http", site + path, **options)).ok


async def test_a_server_that_signed_its_own_certificate_is_told_apart(tmp_path: Path) -> None:
    with machines.saying(b"", machines.certificate(tmp_path)) as place:
        found = await asked("http", f"https://{place}/")
        assert (found.ok, found.message) == (
            False,
            "The certificate is self-signed.",
        )


async def test_tcp_connects_and_reads_the_banner() -> None:
    with machines.saying(b"220 mail ready\r\n") as place:
        assert (await asked("tcp", place)).message.startswith("Connected in ")
        assert (await asked("tcp", place, banner="^220 ")).ok
        found = await asked("tcp", place, timeout=1, banner="^SSH")
        assert (found.ok, found.message) == (False, "Received “220 mail ready”.")


async def test_what_others_say_can_be_stored_and_read() -> None:
    with machines.web(lambda _method, _path: (200, {}, b'{"a": "\\u0000\\ud800x"}')) as site:
        found = await asked("http", site, json_path="a", json_equals="x")
    assert found.message == "a is “  x”, expected “x”."


async def test_another_address_of_a_name_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with machines.saying(b"") as place:
        port = int(place.rpartition(":")[2])
        answer = [(2, 1, 6, "", (address, port)) for address in ("127.0.0.2", "127.0.0.1")]

        async def getaddrinfo(*_asked: object, **_more: object) -> Any:
            return answer

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
        assert (await asked("tcp", f"two.example:{port}")).ok


async def test_nobody_there_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        place = f"127.0.0.1:{gone.getsockname()[1]}"
    for kind, target in (("tcp", place), ("http", f"http://{place}/"), ("tls", place)):
        found = await asked(kind, target)
        assert (found.ok, found.message) == (False, "Connection refused.")


async def test_a_kernel_that_allows_no_pings_is_said_and_a_port_is_tried_instead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def refuse(*_address: object, **_options: object) -> None:
        raise SocketPermissionError(privileged=False)

    monkeypatch.setattr(ping, "async_ping", refuse)
    found = await asked("ping", "127.0.0.1")
    assert found.ok is None
    assert "does not allow pings" in found.message
    with machines.saying(b"") as place:
        found = await asked("ping", "127.0.0.1", port=int(place.rpartition(":")[2]))
    assert found.ok
    assert found.message.startswith("Connected in ")


async def test_dns_knows_which_values_are_expected() -> None:
    with machines.names({"web.example": ["192.0.2.2", "192.0.2.1"], "bare.example": []}) as server:
        found = await asked("dns", "web.example", server=server)
        assert found.ok
        assert found.message.startswith("192.0.2.1, 192.0.2.2 in ")
        assert (await asked("dns", "web.example", server=server, expect="192.0.2.2,192.0.2.1")).ok
        found = await asked("dns", "web.example", server=server, expect="192.0.2.9")
        assert found.message == "Got 192.0.2.1, 192.0.2.2, expected 192.0.2.9."
        assert (await asked("dns", "none.example", server=server)).message == "This name does not exist."
        assert (await asked("dns", "bare.example", server=server)).message == "The name has no A record."


@pytest.mark.parametrize(
    ("days", "least", "ok", "said"),
    [
        (30, 14, True, "The certificate is valid for 30 days."),
        (5, 14, False, "The certificate is valid for 5 days."),
    ],
)
async def test_tls_counts_the_days(tmp_path: Path, days: int, least: int, ok: bool, said: str) -> None:
    with machines.saying(b"", machines.certificate(tmp_path, days=days)) as place:
        found = await asked("tls", place, days=least, verify=False)
    assert (found.ok, found.message) == (ok, said)
    assert int(found.numbers["days"]) == days


async def test_tls_says_what_is_wrong_with_the_chain_and_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = machines.certificate(tmp_path, name="web.example")
    with machines.saying(b"", context) as place:
        found = await asked("tls", place)
        assert found.message == "The certificate is self-signed. It is for web.example."
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        assert (await asked("tls", place)).message == "The certificate is for another address. It is for web.example."
        assert (await asked("tls", place, name="web.example")).ok


async def test_tls_says_that_a_certificate_has_expired(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    with machines.saying(b"", machines.certificate(tmp_path, days=-2)) as place:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        found = await asked("tls", place)
    assert found.message.startswith("The certificate has expired.")
    assert found.numbers["days"] < 0


@pytest.mark.parametrize(
    ("kind", "target", "options"),
    [
        ("http", "ftp://example.com/", {}),
        ("http", "example.com", {}),
        ("http", "http://ben:secret@example.com/", {}),
        ("http", "https://example.com/", {"status": "ok"}),
        ("http", "https://example.com/", {"method": "HEAD", "keyword": "a"}),
        ("http", "https://example.com/", {"json_equals": "a"}),
        ("tcp", "example.com", {}),
        ("tcp", "example.com:99999", {}),
        ("tcp", "example.com:25", {"banner": "("}),
        ("ping", "", {}),
        ("dns", "two names", {}),
        ("dns", "example.com", {"record": "ANY"}),
        ("tls", "example.com/path", {}),
    ],
)
async def test_what_cannot_be_asked_is_refused(kind: str, target: str, options: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        make_probe(kind, target, options).check()


NEVER = [
    "169.254.169.254",
    "fe80::1",
    "fe80::1%lo",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "fd00:ec2::254",
    "100.100.100.200",
    "168.63.129.16",
    "224.0.0.1",
]
INSIDE = [
    "127.0.0.1",
    "::1",
    "10.1.2.3",
    "192.168.0.1",
    "172.16.9.9",
    "0.0.0.0",
    "100.64.0.1",
    "fd12::1",
    "::ffff:10.0.0.1",
]


def refused(address: str, reach: Reach) -> bool:
    try:
        check_address(address, reach)
    except OutOfReach:
        return True
    return False


@pytest.mark.parametrize("address", NEVER)
def test_addresses_of_the_link_and_of_metadata_are_never_asked_from_a_room(address: str) -> None:
    assert refused(address, Reach.INSIDE)
    assert refused(address, Reach.OUTSIDE)


@pytest.mark.parametrize("address", INSIDE)
def test_private_addresses_are_asked_where_that_is_allowed(address: str) -> None:
    assert refused(address, Reach.OUTSIDE)
    assert not refused(address, Reach.INSIDE)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "8.8.8.8"])
def test_public_addresses_are_asked_from_anywhere(address: str) -> None:
    assert not any(refused(address, reach) for reach in Reach)


def test_the_setting_decides_for_members(settings: Settings) -> None:
    settings.PROBE_PRIVATE = True
    assert get_member_reach() is Reach.INSIDE
    settings.PROBE_PRIVATE = False
    assert get_member_reach() is Reach.OUTSIDE


@pytest.mark.parametrize("kind", ["http", "tcp", "tls", "ping"])
async def test_the_address_counts_not_the_name(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that gives a harmless address when it is looked at has no second chance: nobody resolves it again."""
    answers = iter([[(2, 1, 6, "", ("10.0.0.7", 80))], [(2, 1, 6, "", ("127.0.0.1", 80))]])

    async def getaddrinfo(*_asked: object, **_more: object) -> Any:
        return next(answers)

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    target = {"http": "http://changing.example/", "ping": "changing.example"}.get(kind, "changing.example:80")
    found = await run_probe(make_probe(kind, target), 5, Reach.OUTSIDE)
    assert (found.ok, found.message) == (
        False,
        "10.0.0.7 is a private address. Only checks by admins can access it.",
    )
    assert len(list(answers)) == 1


async def test_a_redirect_is_no_way_around(site: str) -> None:
    found = await asked("http", f"{site}/inside", reach=Reach.INSIDE)
    assert (found.ok, found.message) == (False, "169.254.169.254 can't be probed from a room.")
