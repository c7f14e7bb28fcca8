"""Redis dies, or does not answer. Until it does, the database is read instead; then its notifications arrive again."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from realtime.housekeeping import REREAD_EVERY
from tests.faults.conversation import Conversation, conversation
from tests.faults.stack import LIVE, only, stack

PAUSE = 10  # seconds
PROMISED = REREAD_EVERY + 8  # seconds, of which the last ones are for a slow machine


@asynccontextmanager
async def two_rooms() -> AsyncIterator[tuple[Conversation, Conversation]]:
    """In the second, those on one server only listen: without notifications, only the database has news for them."""
    apart = [only(live) for live in LIVE for _talker in range(3)]
    async with conversation() as talk, conversation(apart) as told:
        for listener in told.talkers[3:]:
            listener.quiet.set()
        yield talk, told
        for each in (talk, told):
            await each.ends()
            assert not any(one.socket.closes for one in each.talkers), "no socket was lost over it"


async def is_notified(told: Conversation) -> None:
    """Who has just heard something hears the next thing long before the database is read again."""
    for _try in range(5):
        await told.goes_on(2)
        begun = time.monotonic()
        await told.goes_on(2)
        if time.monotonic() - begun < REREAD_EVERY / 2:
            return
    raise AssertionError("no notification arrives")


async def test_redis_dies() -> None:
    async with two_rooms() as (talk, told):
        await stack("kill", "redis")
        await talk.goes_on()
        await stack("start", "redis")
        await is_notified(told)
        await talk.goes_on()


async def test_redis_does_not_answer_for_a_while() -> None:
    async with two_rooms() as (talk, told):
        await stack("pause", "redis")
        async with asyncio.TaskGroup() as meanwhile:
            meanwhile.create_task(talk.goes_on_for(PAUSE))
            meanwhile.create_task(told.goes_on(timeout=PROMISED))
            meanwhile.create_task(talk.narrate_by_page("Said on a page"))
        await stack("resume", "redis")
        await is_notified(told)
        await talk.goes_on()
