"""A scheme that runs, and what people ask of it."""

import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import httpx
from websockets.asyncio.client import connect
from websockets.typing import Origin

from deploy.schemes.catalogue import SCHEMES
from deploy.schemes.scheme import SchemePlace, list_process_ids
from deploy.schemes.sites import MYWEB, ServedSite
from deploy.stack.parts import Part
from deploy.stack.state import ROOT, Stack
from deploy.stack.state import find_free_port as free_port
from tests.support.serving import Line

JOB = "beat_of-the-schemes"
EXPECT_JOB = f"""
import django
django.setup()
from myweb import tokens
from monitor.metrics.models import Beat
Beat.objects.create(key="job", name="Job", digest=tokens.hash_token({JOB!r}))
"""
PEOPLE, ROOMS, ROOMS_EACH = 2, 1, 1


@dataclass
class House:
    """A site's data, kept from one scheme to the next: two people in one room, signed in."""

    stack: Stack
    cookies: list[str]
    room: int
    job: str  # the token of one that sends heartbeats


def fill(stack: Stack) -> House:
    argv = [sys.executable, "-m", "bench.seed_users", str(PEOPLE), str(ROOMS), str(ROOMS_EACH)]
    env = {**stack.environment(), "DJANGO_SETTINGS_MODULE": "myweb.settings"}
    done = subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    subprocess.run([sys.executable, "-c", EXPECT_JOB], cwd=ROOT, env=env, capture_output=True, check=True)
    return House(stack, told["cookies"], told["rooms"][0], JOB)


@dataclass
class Served:
    house: House
    place: SchemePlace
    parts: dict[str, Part]

    @property
    def address(self) -> str:
        return self.place.stack.address

    def browser(self) -> httpx.Client:
        return httpx.Client(base_url=self.address, timeout=20)

    def get(self, path: str, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.get(self.address + path, headers=named, timeout=20)

    def log(self, part: str) -> str:
        return self.place.stack.log(part).read_text(errors="replace")

    @asynccontextmanager
    async def socket(self, person: int = 0, origin: str = "") -> AsyncIterator[Line]:
        async with connect(
            f"ws{self.address.removeprefix('http')}/ws/",
            origin=Origin(origin or self.address),
            additional_headers={"Cookie": self.house.cookies[person]},
            close_timeout=1,
        ) as socket:
            yield Line(socket)


@contextmanager
def serve(house: House, name: str, site: ServedSite = MYWEB, **altered: str) -> Iterator[Served]:
    """``altered`` are values of the scheme's files."""
    house.stack.port = free_port()
    place = SchemePlace(house.stack, site, altered)
    # Its own four might become another worker's while their process here is killed.
    place.ports = {each: free_port() for each in place.ports}
    some = SCHEMES[name].parts(place)
    try:
        for part in some:
            house.stack.log(part.name).unlink(missing_ok=True)
            part.start()
        for part in some:
            part.wait()
        yield Served(house, place, {part.name: part for part in some})
    finally:
        for part in reversed(some):
            part.kill()
        assert not list_process_ids(some)


def stylesheet(page: str) -> str:
    found = re.search(r'href="(/static/[^"]+\.css)"', page)
    assert found, page
    return found[1]
