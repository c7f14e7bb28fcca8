"""Opens very many sockets: rate of handshakes, cost of each, and time until all have reconnected."""

import asyncio
import contextlib
import json
import random
import sys
import time
from typing import Any

from picows import WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from bench.load import progress
from bench.load.usage import Meter

AT_ONCE = 100  # handshakes at the same time
FIRST, SLOWEST = 0.4, 10.0  # seconds between attempts, as in realtime/static/realtime/socket.js


class Line(WSListener):
    """One tab of a user: signs in, subscribes as the page does, and reconnects."""

    def __init__(self, crowd: "Crowd", number: int) -> None:
        super().__init__()
        self.crowd, self.number = crowd, number
        self.resume: dict[str, Any] = {}
        self.waiting = 0
        self.ready = asyncio.Event()
        self.gone = asyncio.Event()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        self.gone.clear()
        room = self.crowd.room_of[self.number]
        asked = {"me": {}, f"room.{room}": self.resume, f"presence.{room}": {}}
        self.waiting = len(asked)
        for number, (stream, resume) in enumerate(asked.items(), 1):
            words = {"id": number, "do": "subscribe", "stream": stream, **resume}
            transport.send(WSMsgType.TEXT, json.dumps(words).encode())

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type != WSMsgType.TEXT:
            return
        payload = frame.get_payload_as_bytes()
        if not payload.startswith(b'{"re":'):
            return
        if payload.startswith(b'{"re":2,'):
            answer = json.loads(payload).get("ok")
            if answer:
                self.crowd.recovered += answer["recovered"]
                self.resume = {"after": answer["head"], "epoch": answer["epoch"]}
        if b'"error"' in payload[:40]:
            self.crowd.errors += 1
            return
        self.waiting -= 1
        if not self.waiting:
            self.ready.set()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.ready.clear()
        self.gone.set()

    async def enter(self) -> None:
        headers = {"Cookie": self.crowd.cookies[self.number], "Origin": self.crowd.origin}
        await ws_connect(lambda: self, self.crowd.url, extra_headers=headers, websocket_handshake_timeout=60)
        await self.ready.wait()

    async def come_back(self) -> None:
        """Full jitter, doubled each time, as the page does it."""
        await self.gone.wait()
        tries = 0
        while not self.ready.is_set():
            await asyncio.sleep(random.uniform(0, FIRST if not tries else min(SLOWEST, 0.5 * 2**tries)))
            tries += 1
            with contextlib.suppress(OSError, WSError, TimeoutError):
                await asyncio.wait_for(self.enter(), 60)


class Crowd:
    def __init__(self, options: dict[str, Any]) -> None:
        self.url, self.origin, self.cookies = options["url"], options["origin"], options["cookies"]
        self.room_of: list[int] = options["room_of"]
        self.lines = [Line(self, number) for number in range(options["sockets"])]
        self.errors = self.recovered = 0

    async def enter(self) -> None:
        limit = asyncio.Semaphore(AT_ONCE)

        async def one(line: Line) -> None:
            async with limit:
                await line.enter()
            if (count := line.number) % 100 == 0:
                progress(f"{count} sockets")

        await asyncio.gather(*(one(line) for line in self.lines))


def ask(deed: str) -> list[int]:
    """Asks the parent process for an action. Returns the pids to measure afterwards."""
    print(deed, flush=True)
    pids: list[int] = json.loads(sys.stdin.readline())
    return pids


async def connections(options: dict[str, Any]) -> dict[str, Any]:
    crowd = Crowd(options)
    meter = Meter(options["pids"], *options["cpus"])
    meter.begin()
    empty = meter.end()["rss_mb"]
    begun = time.perf_counter()
    await crowd.enter()
    seconds, full = time.perf_counter() - begun, meter.end()
    progress("idle")
    await asyncio.sleep(5)  # until the last presence events have arrived
    meter.begin()
    await asyncio.sleep(options["seconds"])
    idle = meter.end()
    crowd.recovered = 0
    returning = [asyncio.create_task(line.come_back()) for line in crowd.lines]
    begun = time.perf_counter()
    await asyncio.to_thread(ask, "restart")
    restarted = time.perf_counter() - begun
    progress("coming back")
    await asyncio.gather(*returning)
    return {
        "per_s": round(len(crowd.lines) / seconds),
        "connects_per_s": round(len(crowd.lines) / seconds),
        "bytes_per_socket": round((idle["rss_mb"] - empty) * 2**20 / len(crowd.lines)),
        "idle_cpu_percent": round(idle["cpu_s"] / options["seconds"] * 100, 1),
        "restart_s": round(restarted, 1),
        "resume_all_s": round(time.perf_counter() - begun, 1),
        "recovered": crowd.recovered,
        "errors": crowd.errors,
        "lost": sum(not line.ready.is_set() for line in crowd.lines),
        "doubled": 0,
        **{name: full[name] for name in ("cpu_s", "server_busy", "client_busy", "bound_by")},
        "rss_mb": idle["rss_mb"],
    }
