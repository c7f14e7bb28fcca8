"""Opens very many sockets: rate of handshakes, cost of each, and time until all have reconnected."""

import asyncio
import contextlib
import json
import random
import sys
import time
from typing import Any
from uuid import uuid4

from picows import WSCloseCode, WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from bench.load import progress
from bench.load.usage import Meter, percentiles

AT_ONCE = 100  # handshakes at the same time
# Seconds, as in realtime/static/realtime/socket.js: between attempts, until the hello, until the first ping and for it.
FIRST, SLOWEST = 0.4, 10.0
HELLO_PATIENCE, PING_AFTER, PING_PATIENCE = 10.0, 1.0, 8.0
BUSY = WSCloseCode(4003)  # its reason is the seconds after which to come back
TALKERS, TALK_EVERY = 10, 0.5  # who come back first and talk on; seconds


class Line(WSListener):
    """One tab of a user: signs in, subscribes as the page does, and reconnects."""

    transport: WSTransport | None = None

    def __init__(self, crowd: "Crowd", number: int) -> None:
        super().__init__()
        self.crowd, self.number = crowd, number
        self.resume: dict[str, Any] = {}
        self.waiting = 0
        self.told = 0.0  # by the server: seconds until the next attempt
        self.welcomed, self.ready, self.gone = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.answers: dict[int, asyncio.Future[None]] = {}

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        if not self.crowd.room_of:  # a peer, which says nothing
            self.welcomed.set()
            self.ready.set()

    def send(self, number: int, command: str, **words: Any) -> None:
        if self.transport:
            self.transport.send(WSMsgType.TEXT, json.dumps({"id": number, "do": command, **words}).encode())

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            self.told = float(frame.get_close_message() or 0) if frame.get_close_code() == BUSY else 0.0
            self.crowd.turned_away += bool(self.told)
            transport.send_close(frame.get_close_code())
            transport.disconnect()
        if frame.msg_type != WSMsgType.TEXT:
            return
        payload = frame.get_payload_as_bytes()
        if payload.startswith(b'[{"stream":"socket"') and not self.welcomed.is_set():
            self.greet()
        elif payload.startswith(b'{"re":'):
            self.hear(payload)

    def greet(self) -> None:
        self.welcomed.set()
        room = self.crowd.room_of[self.number]
        asked = {"me": {}, f"room.{room}": self.resume, f"presence.{room}": {}}
        self.waiting = len(asked)
        for number, (stream, resume) in enumerate(asked.items(), 1):
            self.send(number, "subscribe", stream=stream, **resume)

    def hear(self, payload: bytes) -> None:
        answer = json.loads(payload)
        if future := self.answers.pop(answer["re"], None):
            if not future.done():
                future.set_result(None)
            return
        if "error" in answer:
            self.crowd.errors += 1
            return
        if answer["re"] == 2:
            self.crowd.recovered += answer["ok"]["recovered"]
            self.resume = {"after": answer["ok"]["head"], "epoch": answer["ok"]["epoch"]}
        self.waiting -= 1
        if not self.waiting:
            self.ready.set()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        if transport is self.transport:
            self.forget()

    def forget(self) -> None:
        self.transport = None
        self.welcomed.clear()
        self.ready.clear()
        self.gone.set()

    def drop(self) -> None:
        """As a page that gives up: it closes the socket."""
        self.crowd.gave_up += 1
        transport = self.transport
        self.forget()
        if transport:
            transport.disconnect()

    async def ask(self, number: int, command: str, patience: float, **words: Any) -> float:
        """Seconds until the answer. Raises :class:`TimeoutError`."""
        self.answers[number] = asyncio.get_running_loop().create_future()
        begun = time.perf_counter()
        self.send(number, command, **words)
        await asyncio.wait_for(self.answers[number], patience)
        return time.perf_counter() - begun

    async def enter(self) -> bool:
        """True if the socket is open and its streams are answered, with the patience of the page."""
        self.gone.clear()
        self.told = 0.0
        headers = {"Cookie": self.crowd.cookies[self.number], "Origin": self.crowd.origin} if self.crowd.origin else {}
        words: Any = {"extra_headers": headers, "websocket_handshake_timeout": HELLO_PATIENCE}
        try:
            async with asyncio.timeout(HELLO_PATIENCE):
                await ws_connect(lambda: self, self.crowd.url, **words)
                await self.either(self.welcomed)
            if self.crowd.room_of and self.welcomed.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.either(self.ready), PING_AFTER)
                await self.ask(9, "ping", PING_PATIENCE)
                await self.either(self.ready)
        except TimeoutError:
            self.drop()
        except (OSError, WSError):
            self.forget()
        return self.ready.is_set()

    async def either(self, event: asyncio.Event) -> None:
        """Until it is set, or the connection is lost."""
        waits = [asyncio.ensure_future(event.wait()), asyncio.ensure_future(self.gone.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def come_back(self) -> None:
        """Full jitter, doubled each time, as the page does it; or when the server says."""
        await self.gone.wait()
        tries = 0
        while not self.ready.is_set():
            most = FIRST if not tries else min(SLOWEST, 0.5 * 2**tries)
            await asyncio.sleep(self.told or random.uniform(0, most))
            tries += 1
            await self.enter()

    async def talk(self, times: list[float]) -> None:
        """Posts into its room as soon as it is back, until all are."""
        await self.come_back()
        room, number = self.crowd.room_of[self.number], 100
        while not self.crowd.all_back.is_set():
            number += 1
            client = {"room": room, "client_id": str(uuid4()), "body": "All quiet at the harbour."}
            try:
                times.append(await self.ask(number, "message.send", PING_PATIENCE, **client))
            except TimeoutError:
                times.append(PING_PATIENCE)
            await asyncio.sleep(TALK_EVERY)


class Crowd:
    def __init__(self, options: dict[str, Any]) -> None:
        self.url, self.origin, self.cookies = options["url"], options.get("origin"), options.get("cookies", [])
        self.room_of: list[int] = options.get("room_of", [])
        self.lines = [Line(self, number) for number in range(options["sockets"])]
        self.errors = self.recovered = self.gave_up = self.turned_away = 0
        self.all_back = asyncio.Event()

    async def enter(self) -> None:
        limit = asyncio.Semaphore(AT_ONCE)

        async def one(line: Line) -> None:
            async with limit:
                while not await line.enter():  # noqa: ASYNC110 - each attempt is one of its own
                    await asyncio.sleep(line.told)
            if (count := line.number) % 100 == 0:
                progress(f"{count} sockets")

        await asyncio.gather(*(one(line) for line in self.lines))


async def watch(crowd: Crowd) -> None:
    while not crowd.all_back.is_set():
        await asyncio.sleep(1)
        progress(f"{sum(line.ready.is_set() for line in crowd.lines)} back, {crowd.turned_away} turned away")


async def connections(options: dict[str, Any]) -> dict[str, Any]:
    crowd = Crowd(options)
    meter = Meter(options["pids"], *options["cpus"])
    meter.begin()
    empty = meter.end()["rss_mb"]
    meter.begin()
    begun = time.perf_counter()
    await crowd.enter()
    seconds, full = time.perf_counter() - begun, meter.end()
    gave_up_first, crowd.gave_up, crowd.turned_away = crowd.gave_up, 0, 0
    progress("idle")
    await asyncio.sleep(5)  # until the last presence events have arrived
    meter.begin()
    await asyncio.sleep(options["seconds"])
    idle = meter.end()
    crowd.recovered = 0
    talk_times: list[float] = []
    talkers = crowd.lines[:TALKERS] if crowd.room_of else []
    talking = [asyncio.create_task(line.talk(talk_times)) for line in talkers]
    returning = [asyncio.create_task(line.come_back()) for line in crowd.lines[len(talkers) :]]
    begun = time.perf_counter()
    print("restart", flush=True)
    answer = json.loads(await asyncio.to_thread(sys.stdin.readline))
    crowd.url = answer["url"]
    restarted = time.perf_counter() - begun
    watching = asyncio.create_task(watch(crowd))
    await asyncio.gather(*returning)
    back = time.perf_counter() - begun
    crowd.all_back.set()
    await asyncio.gather(*talking, watching)
    return {
        "per_s": round(len(crowd.lines) / seconds),
        "connects_per_s": round(len(crowd.lines) / seconds),
        "connect_all_s": round(seconds, 1),
        "bytes_per_socket": round((idle["rss_mb"] - empty) * 2**20 / len(crowd.lines)),
        "idle_cpu_percent": round(idle["cpu_s"] / options["seconds"] * 100, 1),
        "restart_s": round(restarted, 1),
        "resume_all_s": round(back, 1),
        "return_ratio": round(back / seconds, 2),
        "turned_away": crowd.turned_away,
        "gave_up": gave_up_first + crowd.gave_up,
        "talk_p95_ms": percentiles(talk_times)["p95_ms"] if talk_times else 0,
        "recovered": crowd.recovered,
        "errors": crowd.errors,
        "lost": sum(not line.ready.is_set() for line in crowd.lines),
        "doubled": 0,
        **{name: full[name] for name in ("cpu_s", "server_busy", "client_busy", "bound_by")},
        "rss_mb": idle["rss_mb"],
    }
