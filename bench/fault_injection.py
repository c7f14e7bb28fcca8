"""The soak test: clients talk, faults happen at random, and at the end each client is compared with the database.

``bin/bench soak`` runs it in the environment of a stack. Clients and comparison are those of tests/faults.
"""

import django

django.setup()

import asyncio  # noqa: E402
import json  # noqa: E402
import random  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Awaitable, Callable  # noqa: E402
from pathlib import Path  # noqa: E402

from bench.load import progress  # noqa: E402
from tests.faults.conversation import Conversation, conversation  # noqa: E402
from tests.faults.stack import folder, memory, site, stack  # noqa: E402
from tests.support.lasting import Frame  # noqa: E402
from tests.support.proxy import Proxy  # noqa: E402

REST = 5.0  # seconds between two faults
WATCHED = ("live2", "web", "nginx")  # never killed, so that their memory can be compared over the whole run
MARGIN = 1.15  # the last quarter may use this much of the second: allocators vary
SLACK_MB, SLACK = 8.0, 12  # plus this much: the number of connections varies

Reading = dict[str, dict[str, float]]  # part -> memory in MB, descriptors, threads


class FaultInjection:
    def __init__(self, talk: Conversation, cable: Proxy, minutes: float, seed: int) -> None:
        self.talk, self.cable = talk, cable
        self.random = random.Random(seed)
        self.ends_at = time.monotonic() + minutes * 60
        self.long_cut = minutes >= 30
        self.done: dict[str, int] = {}
        self.readings: list[Reading] = []

    async def inject_faults(self) -> None:
        faults: dict[str, Callable[[], Awaitable[object]]] = {
            "a socket server is killed": lambda: self.restart("kill", "live1"),
            "a socket server is drained": lambda: self.restart("stop", "live1"),
            "Redis is killed": lambda: self.restart("kill", "redis"),
            "Redis hangs": lambda: self.hang("redis", 10),
            "PostgreSQL is restarted": lambda: self.restart("stop", "postgres"),
            "PostgreSQL is killed": lambda: self.restart("kill", "postgres"),
            "the network is cut": lambda: self.pull(30),
            "a client sleeps": self.sleep,
        }
        if self.long_cut:
            await self.fault("the network is cut for ten minutes", lambda: self.pull(600))
        while time.monotonic() < self.ends_at:
            name = self.random.choice(list(faults))
            await self.fault(name, faults[name])

    async def fault(self, name: str, deed: Callable[[], Awaitable[object]]) -> None:
        progress(f"{max(0, self.ends_at - time.monotonic()):.0f} s to go, {name}")
        await deed()
        await self.talk.goes_on()
        await asyncio.sleep(REST)
        self.done[name] = self.done.get(name, 0) + 1
        self.readings.append({part: read(part) for part in WATCHED})

    async def restart(self, verb: str, part: str) -> None:
        await stack(verb, part)
        await asyncio.sleep(self.random.uniform(0, 3))
        await stack("start", part)

    async def hang(self, part: str, seconds: float) -> None:
        await stack("pause", part)
        await asyncio.sleep(seconds)
        await stack("resume", part)

    async def pull(self, seconds: float) -> None:
        self.cable.hold()
        await asyncio.sleep(seconds)
        self.cable.mend()

    async def sleep(self) -> None:
        sleeper = self.random.choice(self.talk.talkers)
        await sleeper.socket.sleep()
        await asyncio.sleep(self.random.uniform(1, 20))
        sleeper.socket.awake.set()

    def grown(self) -> list[str]:
        """The growth of the watched parts from the second quarter to the last."""
        quarter = len(self.readings) // 4
        if not quarter:
            return []
        early, late = self.readings[quarter : 2 * quarter], self.readings[-quarter:]
        found = []
        for part in WATCHED:
            for what, slack in (("mb", SLACK_MB), ("descriptors", SLACK), ("threads", SLACK)):
                before, after = mean(early, part, what), mean(late, part, what)
                if after > before * MARGIN + slack:
                    found.append(f"{part} {what} {before:.0f} -> {after:.0f}")
        return found


def mean(readings: list[Reading], part: str, what: str) -> float:
    return sum(reading[part][what] for reading in readings) / len(readings)


def read(part: str) -> dict[str, float]:
    pid = (folder() / "run" / f"{part}.pid").read_text(encoding="ascii").split()[0]
    return {
        "mb": memory(part) / 2**20,
        "descriptors": len(list(Path(f"/proc/{pid}/fd").iterdir())),
        "threads": len(list(Path(f"/proc/{pid}/task").iterdir())),
    }


async def soak(minutes: float, talkers: int, seed: int) -> Frame:
    host, port = site().removeprefix("http://").split(":")
    cable = Proxy(host, int(port))
    through: Frame = {"host": "127.0.0.1", "port": cable.port}
    begun = time.monotonic()
    try:
        async with conversation([through if number % 3 == 0 else None for number in range(talkers)]) as talk:
            injection = FaultInjection(talk, cable, minutes, seed)
            await injection.inject_faults()
            await talk.ends()  # compares all clients with the database
            said = sum(len(each.stored) for each in talk.talkers)
            closes = [code for each in talk.talkers for code in each.socket.closes]
    finally:
        cable.close()
    return {
        "per_s": round(said / (time.monotonic() - begun), 1),
        "messages": said,
        "lost": 0,
        "doubled": 0,
        "faults": injection.done,
        "closes": {str(code): closes.count(code) for code in sorted(set(closes))},
        "first": injection.readings[0],
        "last": injection.readings[-1],
        "rss_mb": injection.readings[-1]["live2"]["mb"],
        "grown": injection.grown(),
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(soak(float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))))
