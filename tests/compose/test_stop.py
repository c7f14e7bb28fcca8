"""``docker compose stop`` in the middle of a conversation."""

import asyncio

from tests.compose.project import compose, mended, states, up
from tests.faults.conversation import conversation


async def test_a_stop_sends_everybody_home_ends_well_and_loses_nothing() -> None:
    async with conversation(mend=mended) as talk:
        await asyncio.to_thread(compose, "stop")
        ended = await asyncio.to_thread(states)
        print({name: state["ExitCode"] for name, state in ended.items()})
        well = "exited", 0, False
        assert {(each["Status"], each["ExitCode"], each["OOMKilled"]) for each in ended.values()} == {well}, ended
        closes = [code for each in talk.talkers for code in each.socket.closes]
        assert {*closes} == {4001}, closes
        assert len(closes) >= len(talk.talkers)
        await asyncio.to_thread(up)
        await talk.goes_on()
        await talk.ends()
