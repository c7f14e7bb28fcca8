"""Servers die or are stopped in the middle of a conversation. Nothing is lost or doubled, and all see the same."""

from pathlib import Path

from tests.faults.conversation import TALKERS, conversation
from tests.faults.stack import LIVE, PARTS, folder, stack
from tests.support.stalling import Stall


async def test_one_of_two_socket_servers_dies() -> None:
    async with conversation() as talk:
        for live in LIVE:
            await stack("kill", live)
            await talk.goes_on()
            await stack("start", live)
        await talk.ends()
        assert sum(len(each.socket.closes) for each in talk.talkers) >= TALKERS, "everyone was on one of them"


async def test_whoever_is_on_a_socket_server_that_stops_is_told_so_and_is_back_at_the_first_try() -> None:
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


async def test_everything_dies_at_once() -> None:
    async with conversation() as talk:
        await stack("kill", *PARTS)
        await talk.stalls()
        await stack("start", *PARTS)
        await talk.goes_on()
        await talk.ends()
