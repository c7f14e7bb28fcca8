"""Everybody comes back at once to servers that are slow: each is let in, and the storm does not feed itself."""

import asyncio
import random
from collections import Counter
from contextlib import AsyncExitStack, suppress

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from bench.slowdown import held
from realtime.protocol import Close
from tests.faults.conversation import conversation, in_database, prepare
from tests.faults.stack import LIVE, pids, site
from tests.support.talker import Person

PEOPLE, EACH = 20, 120  # sockets of each: more than can be let in within their patience
PATIENCE = 10.0  # seconds until the hello, as realtime/static/realtime/socket.js has it
FIRST, SLOWEST = 0.4, 10.0  # seconds between two tries, at random
FACTOR = 40  # the socket servers run for so little of the time; in truth for some more, since they are woken late


class Storm:
    def __init__(self, room: int, sockets: AsyncExitStack) -> None:
        self.room = room
        self.sockets = sockets
        self.counts: Counter[str] = Counter()

    async def come_back(self, person: Person, address: str) -> None:
        tries = 0
        while True:
            told = await self.enter(person, address)
            if told is None:
                return
            tries += 1
            await asyncio.sleep(told or random.uniform(0, min(SLOWEST, FIRST * 2**tries)))

    async def enter(self, person: Person, address: str) -> float | None:
        """None if it is in, else the seconds until the next try that the server has told."""
        self.counts["tries"] += 1
        headers = {"Cookie": person.cookie}
        url = site().replace("http", "ws", 1) + "/ws/"
        try:
            async with asyncio.timeout(PATIENCE):
                line = await connect(
                    url, origin=Origin(site()), additional_headers=headers, local_addr=(address, 0), ping_interval=None
                )
                self.sockets.push_async_callback(line.close)
                await line.recv()
        except InvalidStatus as refused:
            self.counts[f"status {refused.response.status_code}"] += 1
        except TimeoutError:
            self.counts["gave up"] += 1
        except ConnectionClosed:
            if line.close_code == Close.BUSY:
                self.counts["told"] += 1
                return float(line.close_reason or "")
            self.counts["closed"] += 1
        except OSError:
            self.counts["unreachable"] += 1
        else:
            with suppress(ConnectionClosed):
                for number, stream in enumerate(("me", f"room.{self.room}", f"presence.{self.room}")):
                    await line.send(f'{{"id": {number}, "do": "subscribe", "stream": "{stream}"}}')
                answers = 0
                while answers < 3:
                    answers += str(await line.recv()).startswith('{"re"')
                self.counts["in"] += 1
                return None
        return 0.0


async def test_a_storm_at_slow_servers_lets_everybody_in_and_does_not_feed_itself() -> None:
    room, people = await in_database(prepare, PEOPLE)
    async with conversation() as talk, AsyncExitStack() as sockets:
        storm = Storm(room, sockets)
        with held(lambda: [pid for live in LIVE for pid in pids(live)], FACTOR):
            coming = [
                storm.come_back(person, f"127.0.0.{2 + number % 8}")
                for number in range(EACH)
                for person in people
            ]  # fmt: skip
            await asyncio.gather(*coming)
            await talk.goes_on()
        counts = storm.counts
        assert counts["in"] == PEOPLE * EACH
        assert not [name for name in counts if name.startswith("status")], counts
        assert counts["gave up"] < PEOPLE * EACH / 10, counts
        assert counts["tries"] - counts["told"] < PEOPLE * EACH * 1.1, counts
        await talk.ends()
