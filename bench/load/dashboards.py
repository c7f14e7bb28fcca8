"""Opens viewers of one dashboard: delay from a tick to each viewer, and cost of slow viewers."""

import asyncio
import json
import time
from typing import Any

from picows import WSTransport

from bench.load import progress
from bench.load.audience import COMPRESSED, Audience, Seat
from bench.load.fanout import paced
from bench.load.usage import Meter, by_delivery, percentiles

ACK_EVERY = 5  # seconds, as monitor/dashboards/static/dashboards/feed.js
LOOK_EVERY = 1.0  # seconds between two measurements of the server's memory
DAMP = 3.0  # seconds until all viewers have their first ticks


class ViewerSeat(Seat):
    """A page that shows a dashboard. A slow viewer stops reading after its snapshot."""

    key = "host"
    slow = False
    last = 0
    acked = 0
    missed = 0
    snapshot_bytes = 0  # received until it had the snapshot

    def greet(self) -> None:
        for number, stream in enumerate(("me", f"dashboard.{self.key}"), 1):
            self.write(json.dumps({"id": number, "do": "subscribe", "stream": stream}).encode())

    def hear(self, payload: bytes) -> None:
        if payload.startswith(b'{"re":2,'):
            self.audience.errors += b'"error"' in payload[:40]
            self.snapshot_bytes = self.bytes
            self.ready.set()
            if self.slow:
                self.transport.underlying_transport.pause_reading()
        elif payload.startswith(b'[{"stream":"dashboard.'):
            now = time.time()
            for event in json.loads(payload):
                self.tick(event["data"]["t"], now)

    def tick(self, t: int, now: float) -> None:
        if t <= self.last:
            self.doubled += 1
            return
        if self.last:
            self.missed += t - self.last - 1
        self.last = t
        self.count += 1
        self.audience.times.append(now - t)
        if t - self.acked >= ACK_EVERY:
            self.acked = t
            self.write(json.dumps({"id": t, "do": "dashboard.seen", "key": self.key, "t": t}).encode())

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.cut = not self.slow


async def gathered(options: dict[str, Any]) -> Audience:
    audience = Audience(options["viewers"], 0)
    slow = round(options["viewers"] * options["slow_share"])

    def make(number: int) -> Seat:
        headers = {"Cookie": options["cookies"][number], "Origin": options["origin"]}
        headers |= COMPRESSED if options.get("compressed") else {}
        seat = ViewerSeat(audience, options["url"], headers)
        seat.slow = number < slow
        return seat

    await audience.seat(make, lambda count: progress(f"{count} viewers"))
    return audience


async def viewers(options: dict[str, Any]) -> dict[str, Any]:
    """All viewers watch for this time."""
    audience = await gathered(options)
    await asyncio.sleep(DAMP)
    meter = Meter(options["pids"], *options["cpus"])
    quick = [seat for seat in audience.seats if isinstance(seat, ViewerSeat) and not seat.slow]
    audience.times.clear()
    snapshot_bytes = sum(seat.snapshot_bytes for seat in quick) // len(quick)
    for seat in quick:
        seat.count = seat.missed = seat.doubled = seat.bytes = 0
    meter.begin()
    begun, memory = time.perf_counter(), [meter.memory()]
    while time.perf_counter() - begun < options["seconds"]:
        await asyncio.sleep(LOOK_EVERY)
        memory.append(meter.memory())
    half = len(memory) // 2
    received, spent = sum(seat.count for seat in quick), meter.end()
    return {
        "per_s": round(received / (time.perf_counter() - begun)),
        **percentiles(audience.times),
        "lost": sum(seat.missed for seat in quick),
        "doubled": sum(seat.doubled for seat in quick),
        "cut": sum(seat.cut for seat in quick),
        "errors": audience.errors,
        **spent,
        **by_delivery(received, sum(seat.bytes for seat in quick), spent),
        "snapshot_bytes": snapshot_bytes,
        "grown_mb": round(max(memory[half:]) - max(memory[: half + 1]), 1),
    }


async def beside(options: dict[str, Any]) -> dict[str, Any]:
    """A busy room while viewers (possibly none) watch a dashboard of the same process."""
    audience = await gathered(options) if options["viewers"] else None
    row = await paced({**options, **options["room_options"]})
    if audience:
        row["errors"] += audience.errors
    return row
