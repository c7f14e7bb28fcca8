"""Servers die or are stopped in the middle of a conversation. Nothing is lost or doubled, and all see the same."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psutil
import pytest

from tests.faults.conversation import TALKERS, conversation
from tests.faults.stack import LIVE, PARTS, folder, site, stack
from tests.support.stalling import Stall
from tests.support.talker import Person


async def test_one_of_two_socket_servers_dies() -> None:
    async with conversation() as talk:
        for live in LIVE:
            await stack("kill", live)
            await talk.goes_on()
            await stack("start", live)
        await talk.ends()
        assert sum(len(each.socket.closes) for each in talk.talkers) >= TALKERS, "everyone was on one of them"


async def test_users_of_a_socket_server_that_stops_are_told_so_and_are_back_at_the_first_try() -> None:
    async with conversation() as talk:
        for live in LIVE:
            assert await stack("stop", live) == "", "it ended by itself"
            await talk.goes_on()
            await stack("start", live)
        await talk.ends()
        closes = [code for each in talk.talkers for code in each.socket.closes]
        assert {*closes} == {4001}
        assert len(closes) >= TALKERS, "everyone was on one of them"
        assert not any(each.socket.failures for each in talk.talkers), "nobody had to try twice"


async def test_all_socket_servers_stop_and_start_again() -> None:
    async with conversation() as talk:
        assert await stack("stop", *LIVE) == "", "they ended by themselves"
        await talk.until(lambda: all(each.outbox for each in talk.talkers), "something to say")
        await stack("start", *LIVE)
        await talk.goes_on()
        await talk.ends()
        assert {code for each in talk.talkers for code in each.socket.closes} == {4001}


async def test_a_socket_server_that_stands_still_is_ended_and_its_people_go_on(tmp_path: Path) -> None:
    stall = Stall(tmp_path)
    environment = {"MYWEB_WATCHDOG_SECONDS": "4", **stall.environment}
    async with conversation() as talk:
        await stack("kill", "live1")
        await stack("start", *(f"--set={name}={value}" for name, value in environment.items()), "live1")
        await stack("kill", "live2")  # so that everyone is on the other
        await talk.goes_on()
        await stack("start", "live2")
        stall.begin("pattern")
        log = folder() / "logs" / "live1.log"
        await talk.until(lambda: "has not responded for 4 s" in log.read_text(), "its end")
        await talk.goes_on()
        await stack("start", "live1")
        await talk.ends()
    assert "sitecustomize.py" in log.read_text(), "where it stood"


async def test_the_database_dies() -> None:
    async with conversation() as talk:
        await stack("kill", "postgres")
        await talk.stalls()
        await stack("start", "postgres")
        await talk.goes_on()
        await talk.ends()


@contextmanager
def standing_still(processes: list[psutil.Process]) -> Iterator[None]:
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            process.resume()


def list_database_processes() -> list[psutil.Process]:
    data = str(folder())
    servers = [each for each in psutil.process_iter(["cmdline"]) if data in " ".join(each.info["cmdline"] or [])]
    postmasters = [each for each in servers if "postgres" in each.name()]
    assert postmasters
    return [each for postmaster in postmasters for each in (postmaster, *postmaster.children(recursive=True))]


def request_while_away(path: str, person: Person, accept: str) -> HTTPError:
    request = Request(f"{site()}{path}", headers={"Cookie": person.cookie, "Accept": accept})
    with pytest.raises(HTTPError) as refused:
        urlopen(request, timeout=15)
    return refused.value


async def test_a_database_that_stands_still_gives_pages_that_try_again_and_loses_nothing() -> None:
    async with conversation() as talk:
        with standing_still(list_database_processes()):
            page = await asyncio.to_thread(request_while_away, "/rooms/", talk.narrator, "text/html")
            assert (page.code, page.headers["Retry-After"]) == (503, "5")
            assert '<meta http-equiv="refresh" content="5">' in page.read().decode()
            history = await asyncio.to_thread(
                request_while_away, f"/rooms/{talk.room}/history/", talk.narrator, "application/json"
            )
            assert (history.code, json.loads(history.read())["error"]["code"]) == (503, "unavailable")
            await talk.stalls()
        await talk.goes_on()
        await talk.ends()


async def test_everything_dies_at_once() -> None:
    async with conversation() as talk:
        await stack("kill", *PARTS)
        await talk.stalls()
        await stack("start", *PARTS)
        await talk.goes_on()
        await talk.ends()
