"""Headers that anybody can make up: nginx lets none of them say who or where somebody is. No browser is needed."""

import asyncio
import http.client
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from redis import Redis
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from realtime.protocol import Close
from tests.browser.people import Person
from tests.browser.site import Site

pytestmark = pytest.mark.skipif(os.environ.get("MYWEB_TEST_SITE") != "stack", reason="needs nginx")

ELSEWHERE = "203.0.113.7"
EVIL = "evil.example"
SPOOFS = {
    "Daphne-Root-Path": "/elsewhere",
    "Daphne_Root_Path": "/elsewhere",
    "X-Forwarded-For": ELSEWHERE,
    "X_Forwarded_For": ELSEWHERE,
    "X-Real-IP": ELSEWHERE,
    "X_Real_IP": ELSEWHERE,
    "Forwarded": f"for={ELSEWHERE};host={EVIL};proto=https",
    "Remote-Addr": ELSEWHERE,
    "Remote-User": "ada@example.com",
    "X-Forwarded-Proto": "https",
    "X_Forwarded_Proto": "https",
    "X-Forwarded-Host": EVIL,
    "X_Forwarded_Host": EVIL,
    "X-Forwarded-Port": "443",
    "Script-Name": "/elsewhere",
    "Script_Name": "/elsewhere",
    "Proxy": f"http://{EVIL}",
}
REFUSED = {400, 403}  # the handshake
each_spoof = pytest.mark.parametrize("name", SPOOFS)
FORM, FORM_TYPE = urlencode({"next": "/"}), "application/x-www-form-urlencoded"


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status, self.headers, self.body = response.status, response.headers, response.read().decode()

    def cookies(self) -> str:
        return "; ".join(value.partition(";")[0] for value in self.headers.get_all("Set-Cookie", []))


def ask(site: Site, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
    line = http.client.HTTPConnection(*site.address, timeout=30)
    try:
        line.request(method, path, body, headers)
        return Answer(line.getresponse())
    finally:
        line.close()


def post(site: Site, cookies: str, **headers: str) -> Answer:
    """A form that changes nothing."""
    token = next(each.partition("=")[2] for each in cookies.split("; ") if "csrf" in each)
    usual = {"Cookie": cookies, "X-CSRFToken": token, "Content-Type": FORM_TYPE}
    return ask(site, "POST", "/i18n/setlang/", FORM, **usual, **headers)


def redis_of(site: Site) -> Redis:
    assert site.environment
    names = {"host": "REDIS_HOST", "port": "REDIS_PORT", "password": "REDIS_PASSWORD"}
    options: dict[str, Any] = {name: site.environment[variable] for name, variable in names.items()}
    return Redis(**options)


def bucket(site: Site, address: str) -> str:
    """Where the posts of strangers from there are counted."""
    assert site.environment
    return f"{site.environment.get('REDIS_PREFIX', 'myweb')}:posts:address.{address}"


@pytest.fixture
def strangers(site: Site) -> str:
    """Cookies of nobody, who has posted nothing lately."""
    with redis_of(site) as redis:
        redis.delete(bucket(site, "127.0.0.1"))
    return ask(site, "GET", "/accounts/login/").cookies()


def cookies_of(person: Person) -> str:
    assert person.token
    return "; ".join(f"{each['name']}={each['value']}" for each in person.context.cookies())


def greeting(site: Site, cookies: str, origin: str, **headers: str) -> int:
    """The number of the person whose socket it is; or the code or status with which it was refused."""

    async def talk() -> int:
        more = {"Cookie": cookies, **headers}
        where = f"ws{site.url.removeprefix('http')}/ws/"
        try:
            async with connect(where, origin=Origin(origin), additional_headers=more, proxy=None) as socket:
                (hello,) = json.loads(await socket.recv())
                return int(hello["data"]["user"])
        except InvalidStatus as refused:
            return refused.response.status_code
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006

    # Playwright has a loop of its own in this thread.
    result: list[int] = []
    thread = Thread(target=lambda: result.append(asyncio.run(talk())))
    thread.start()
    thread.join(60)
    return result[0]


@each_spoof
def test_no_header_makes_somebody_of_a_socket_or_lets_a_foreign_page_in(site: Site, ben: Person, name: str) -> None:
    spoof, mine = {name: SPOOFS[name]}, cookies_of(ben)
    assert greeting(site, mine, site.url, **spoof) == ben.id
    assert greeting(site, "", site.url, **spoof) == Close.SIGNED_OUT
    for origin in (f"http://{EVIL}", site.url.replace("http:", "https:"), f"{site.url}.{EVIL}"):
        assert greeting(site, mine, origin, **spoof) in REFUSED, origin


@each_spoof
def test_no_header_makes_somebody_of_a_stranger_or_leads_them_elsewhere(site: Site, strangers: str, name: str) -> None:
    spoof = {name: SPOOFS[name]}
    answer = ask(site, "GET", "/", **spoof)
    assert (answer.status, answer.headers["Location"]) == (302, "/accounts/login/")
    assert "elsewhere" not in ask(site, "GET", "/accounts/login/", **spoof).body
    # Were it taken for TLS, Django would ask for a Referer; were it taken for another host, the origin would be wrong.
    assert post(site, strangers, Origin=site.url, **spoof).status == 302
    assert post(site, strangers, **spoof).status == 302
    for origin in (f"http://{EVIL}", f"https://{EVIL}", "null"):
        assert post(site, strangers, Origin=origin, **spoof).status == 403


def test_another_host_is_nobodys_and_another_port_admits_no_other_origin(
    site: Site, ben: Person, strangers: str
) -> None:
    for host in (EVIL, f"{EVIL}:80", f"127.0.0.1.{EVIL}", f"127.0.0.1@{EVIL}"):
        assert ask(site, "GET", "/accounts/login/", Host=host).status == 400, host
        assert ask(site, "GET", f"http://{EVIL}/accounts/login/", Host=host).status == 400, "named twice"
    ours = f"127.0.0.1:{site.address[1]}"
    assert ask(site, "GET", f"http://{EVIL}/accounts/login/", Host=ours).status == 400, "the request line decides"
    assert ask(site, "GET", "/accounts/login/", Host=ours).status == 200
    assert greeting(site, cookies_of(ben), "http://127.0.0.1:9", Host="127.0.0.1:9") in REFUSED
    assert greeting(site, cookies_of(ben), f"http://{EVIL}", Host=EVIL) in REFUSED


@contextmanager
def used_up(site: Site, address: str) -> Iterator[None]:
    """Anyone who posts from there without being signed in is too fast."""
    with redis_of(site) as redis:
        redis.set(bucket(site, address), time.time() + 3_600, px=60_000)
        try:
            yield
        finally:
            redis.delete(bucket(site, address))


def test_no_header_changes_whose_posts_are_counted(site: Site, strangers: str) -> None:
    with used_up(site, "127.0.0.1"):
        for name, value in SPOOFS.items():
            assert post(site, strangers, **{name: value}).status == 429, f"{name} got out of it"
    with used_up(site, ELSEWHERE):
        for name, value in SPOOFS.items():
            assert post(site, strangers, **{name: value}).status == 302, f"{name} counts for somebody else"


@each_spoof
def test_no_header_changes_the_address_in_the_log(site: Site, name: str) -> None:
    path = f"/healthz/{uuid4().hex}"
    ask(site, "GET", path, **{name: SPOOFS[name]})
    log = Path(os.environ["MYWEB_STACK_DIR"]) / "logs" / "access.log"
    until = time.monotonic() + 20
    while not (found := [each for each in log.read_text().splitlines() if path in each]):
        assert time.monotonic() < until, "nothing is logged"  # which nginx does after it has answered
        time.sleep(0.005)
    (line,) = found
    assert line.startswith("127.0.0.1 [")
    assert ELSEWHERE not in line
