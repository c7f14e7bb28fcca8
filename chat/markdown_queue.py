"""Parses messages on a socket process: short ones at once, long ones in a thread, one a user at a time."""

import asyncio
from collections.abc import Callable
from typing import TypeVar
from weakref import WeakKeyDictionary

from chat.markdown.plain import NO_MARKUP
from realtime.fair_queue import FairQueue

T = TypeVar("T")

SHORT_BODY = 120  # characters; parsing takes no longer than starting a thread

_queues: "WeakKeyDictionary[asyncio.AbstractEventLoop, FairQueue]" = WeakKeyDictionary()


def get_parse_queue() -> FairQueue:
    return _queues.setdefault(asyncio.get_running_loop(), FairQueue())


async def parse_in_turn(user_id: int, body: str, parse: Callable[[], T]) -> T:
    """Returns the result of ``parse``. The socket of the user waits for it, so its messages keep their order."""
    if len(body) <= SHORT_BODY or NO_MARKUP.fullmatch(body):
        return parse()
    return await get_parse_queue().submit(user_id, parse)
