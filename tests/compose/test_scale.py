"""Three socket processes under a conversation, of which one is killed."""

import asyncio
from datetime import UTC, datetime

from tests.compose.project import compose, known, mended, run, scaled, shares
from tests.faults.conversation import TALKERS, conversation
from tests.faults.visitors import visitors

SOCKETS = 60


async def test_three_socket_processes_share_the_sockets_and_nothing_is_lost_when_one_is_killed() -> None:
    begun = datetime.now(UTC).isoformat()
    async with scaled(3), conversation(listeners=SOCKETS - TALKERS, mend=mended) as talk:
        before = await asyncio.to_thread(shares)
        print(f"{SOCKETS} sockets on three processes: {sorted(before.values())}")
        assert len(before) == 3
        assert all(SOCKETS / 4 <= held <= SOCKETS / 2.5 for held in before.values()), before

        killed = next(iter(before))
        async with visitors(talk) as those:
            await those.later()
            await asyncio.to_thread(run, "docker", "kill", "--signal", "KILL", killed)
            await talk.goes_on()
            await those.later()
        after = await asyncio.to_thread(shares)
        print(f"after one was killed: {sorted(after.values())}; {len(those.pages)} pages, {those.posts} posts")
        assert after.keys() == before.keys() - {killed}
        assert sum(after.values()) == SOCKETS
        assert not those.troubles
        await talk.ends()
        closes = [code for each in talk.talkers for code in each.socket.closes]
        assert closes == [1006] * before[killed], "the others noticed nothing"
        said = sum(len(each.said) for each in talk.talkers)
        print(f"{said} messages by socket: each of {len(talk.talkers)} holds what the database holds")
        await asyncio.to_thread(known, 2)  # who does not come back within a minute is forgotten
    assert '"status":5' not in await asyncio.to_thread(compose, "logs", "--no-color", "--since", begun, "nginx")
