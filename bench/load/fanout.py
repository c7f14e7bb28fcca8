"""One room with all sockets: deliveries per second, and time until the last socket has a message."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

from bench.load import progress
from bench.load.audience import COMPRESSED, Audience, Seat
from bench.load.dialects import DIALECTS, RUN, MywebSeat
from bench.load.usage import Meter, by_delivery, percentiles

WARM_UP = 1.0  # seconds


async def seated(options: dict[str, Any], inflight: int) -> tuple[Audience, float]:
    """An audience and its handshakes per second."""
    audience = Audience(options["sockets"], inflight)
    MywebSeat.room = options.get("room", 0)
    begun = time.perf_counter()
    await audience.seat(lambda number: make(audience, options, number), lambda count: progress(f"{count} sockets"))
    return audience, audience.size / (time.perf_counter() - begun)


def make(audience: Audience, options: dict[str, Any], number: int) -> Seat:
    cookies = options.get("cookies") or [""]
    headers = {"Cookie": cookies[number % len(cookies)], "Origin": options.get("origin", "http://127.0.0.1")}
    headers |= COMPRESSED if options.get("compressed") else {}
    urls = options.get("urls") or [options["url"]]  # of several processes, in turn
    return DIALECTS[options["dialect"]](audience, urls[number % len(urls)], headers)


async def fanout(options: dict[str, Any]) -> dict[str, Any]:
    """Keeps this number of messages in flight."""
    audience, connects = await seated(options, options["inflight"])
    audience.start()
    row = await measured(audience, options) | {"connects_per_s": round(connects)}
    if options["dialect"] == "myweb":
        row["snapshot_bytes"] = await count_snapshot(options)
    return row


async def count_snapshot(options: dict[str, Any]) -> int:
    """What a socket receives until it has entered the room, whose page is full by now."""
    newcomer = make(Audience(1, 0), options, 0)
    await newcomer.connect("127.0.0.1")
    await asyncio.wait_for(newcomer.ready.wait(), 60)
    return newcomer.bytes


async def paced(options: dict[str, Any]) -> dict[str, Any]:
    """Sends at this rate, from all sockets in turn, without waiting for deliveries."""
    audience, _connects = await seated(options, 0)

    async def talk() -> None:
        begun = time.perf_counter()
        while True:
            audience.say()
            await asyncio.sleep(max(0.0, begun + audience.count / options["rate"] - time.perf_counter()))

    talking = asyncio.create_task(talk())
    return await measured(audience, options, talking.cancel)


async def measured(
    audience: Audience, options: dict[str, Any], stop: Callable[[], object] | None = None
) -> dict[str, Any]:
    meter = Meter(options["pids"], *options["cpus"])
    await asyncio.sleep(WARM_UP)
    audience.times.clear()
    before, bytes_before, begun = audience.received(), audience.bytes_received(), time.perf_counter()
    meter.begin()
    await asyncio.sleep(options["seconds"])
    received, seconds = audience.received() - before, time.perf_counter() - begun
    bytes_received = audience.bytes_received() - bytes_before
    times, spent = audience.times[:], meter.end()
    if stop:
        stop()
    await audience.finish(timeout=60)
    return {
        "per_s": round(received / seconds),
        "messages_per_s": round(received / seconds / audience.size, 1),
        **percentiles(times),
        **audience.account(),
        **spent,
        **by_delivery(received, bytes_received, spent),
    }


class ManyRooms(Audience):
    """Each message must reach the sockets of its room."""

    def __init__(self, size: int, listeners: int) -> None:
        super().__init__(size, 0)
        self.listeners = listeners
        self.left: dict[int, int] = {}

    def arrived(self, number: int) -> None:
        self.left[number] -= 1
        if not self.left[number]:
            del self.left[number]
            self.everywhere(number)


class RoomsSeat(MywebSeat):
    """Follows many rooms and counts their messages."""

    audience: ManyRooms
    rooms: tuple[int, ...] = ()

    def greet(self) -> None:
        self.heads: dict[int, int] = {}
        self.waiting = len(self.rooms)
        for room in self.rooms:
            self.write(json.dumps({"id": room, "do": "subscribe", "stream": f"room.{room}"}).encode())

    def hear(self, payload: bytes) -> None:
        if payload.startswith(b'[{"stream":"room.'):
            for event in json.loads(payload):
                room = int(event["stream"].partition(".")[2])
                if event["rev"] != self.heads[room] + 1:
                    self.disordered += 1
                self.heads[room] = event["rev"]
                self.count += 1
                number = int(event["data"]["client_id"][-12:], 16)
                self.audience.arrived(number)
        elif payload.startswith(b'{"re":'):
            self.answered(payload)

    def answered(self, payload: bytes) -> None:
        answer = json.loads(payload)
        if "error" in answer:
            self.audience.errors += 1
        elif "head" in answer["ok"]:
            self.heads[answer["re"]] = answer["ok"]["head"]
            self.waiting -= 1
            if not self.waiting:
                self.ready.set()

    def say_in(self, number: int, room: int) -> None:
        client_id = f"{RUN}-0000-4000-8000-{number:012x}"
        body = {
            "id": 10**9 + number,
            "do": "message.send",
            "room": room,
            "client_id": client_id,
            "body": f"News {number}",
        }
        self.write(json.dumps(body).encode())


async def rooms(options: dict[str, Any]) -> dict[str, Any]:
    """Sends a message to each room in turn, from one of its members, ``rate`` per second in total."""
    members: list[list[int]] = options["members"]  # of each room: numbers of sockets
    audience = ManyRooms(options["sockets"], len(members[0]))
    following: dict[int, list[int]] = {}
    for room, seats in zip(options["rooms"], members, strict=True):
        for seat in seats:
            following.setdefault(seat, []).append(room)

    def make(number: int) -> Seat:
        headers = {"Cookie": options["cookies"][number], "Origin": options["origin"]}
        seat = RoomsSeat(audience, options["url"], headers)
        seat.rooms = tuple(following[number])
        return seat

    await audience.seat(make, lambda count: progress(f"{count} sockets"))

    async def talk() -> None:
        begun = time.perf_counter()
        while True:
            turn = audience.count % len(members)
            audience.count += 1
            audience.left[audience.count] = audience.listeners
            audience.sent[audience.count] = time.perf_counter()
            speaker = audience.seats[members[turn][audience.count % audience.listeners]]
            assert isinstance(speaker, RoomsSeat)
            speaker.say_in(audience.count, options["rooms"][turn])
            await asyncio.sleep(max(0.0, begun + audience.count / options["rate"] - time.perf_counter()))

    talking = asyncio.create_task(talk())
    row = await measured(audience, options, talking.cancel)
    said = audience.count * audience.listeners
    received = audience.received()
    return row | {"lost": max(0, said - received), "doubled": max(0, received - said)}
