"""Where on a socket process messages are parsed: short ones at once, long ones beside the event loop, user by user."""

import asyncio
from collections.abc import Callable
from typing import TypeVar
from weakref import WeakKeyDictionary

from chat.markdown.plain import NO_MARKUP
from realtime.fair_queue import FairQueue

T = TypeVar("T")

SHORT_BODY = 120  # characters; any such text is parsed in the time that a thread takes to begin

_queues: "WeakKeyDictionary[asyncio.AbstractEventLoop, FairQueue]" = WeakKeyDictionary()


def get_parse_queue() -> FairQueue:
    return _queues.setdefault(asyncio.get_running_loop(), FairQueue())


async def parse_in_turn(user_id: int, body: str, parse: Callable[[], T]) -> T:
    """What ``parse`` makes of the body. The socket of the user waits for it, so that its messages keep their order."""
    if len(body) <= SHORT_BODY or NO_MARKUP.fullmatch(body):
        return parse()
    return await get_parse_queue().submit(user_id, parse)
