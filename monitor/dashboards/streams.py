"""Stream ``dashboard.<key>``: the last minutes on subscribing, then one frame a tick.

A viewer who does not say that frames arrive gets none until then, and then the newest: dashboards may skip what is old,
chat never does.
"""

import time
from collections.abc import Iterable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import psutil

from monitor.dashboards import access
from monitor.dashboards.protocol import Seen
from monitor.dashboards.ticks import snapshot, ticks_since
from monitor.metrics import reports
from monitor.metrics.reports import ProcessReport
from myweb.errors import NotFound, Refused
from realtime import limits
from realtime.database import in_thread
from realtime.hub import Hub
from realtime.meters import meters
from realtime.protocol import Close, Event, Subscribed
from realtime.socket import Socket
from realtime.streams import Stream, SubscribeRequest, command, streams

NAME = "dashboard"
UNSEEN, GIVE_UP = 15, 45  # seconds of ticks that a viewer did not say to have seen: it gets no more; it is sent away
LOOK_BACK = 5  # seconds


class Viewer:
    def __init__(self, seen: int) -> None:
        self.seen = seen  # the last tick that is known to have come


class Audience:
    """Who watches what on one hub."""

    def __init__(self) -> None:
        self.newest: dict[str, int] = {}  # dashboard -> its last tick
        self.viewers: dict[tuple[Socket, str], Viewer] = {}


class DashboardStream(Stream):
    name = NAME
    guests = True  # walls

    def __init__(self) -> None:
        self.audiences: WeakKeyDictionary[Hub, Audience] = WeakKeyDictionary()

    def open(self, asked: Sequence[SubscribeRequest]) -> list[Subscribed | Refused]:
        allowed = self.still_allowed({(each.user_id, each.key) for each in asked})
        boards = {key: snapshot(key) for key in {each.key for each in asked if (each.user_id, each.key) in allowed}}
        return [
            Subscribed(0, "", recovered=False, snapshot=boards[each.key])
            if (each.user_id, each.key) in allowed
            else NotFound()
            for each in asked
        ]

    def still_allowed(self, pairs: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
        return access.may_see(pairs)

    def of(self, hub: Hub) -> Audience:
        return self.audiences.setdefault(hub, Audience())

    async def on_subscribed(self, hub: Hub, socket: Socket, key: str, answer: Subscribed) -> None:
        self.of(hub).viewers[socket, key] = Viewer(int(time.time()))

    async def on_unsubscribed(self, hub: Hub, socket: Socket, key: str) -> None:
        self.of(hub).viewers.pop((socket, key), None)

    async def on_note(self, hub: Hub, key: str, note: dict[str, Any]) -> None:
        self.of(hub).newest[key] = note["t"]

    def seen(self, hub: Hub, socket: Socket, key: str, t: int) -> None:
        audience = self.of(hub)
        viewer = audience.viewers.get((socket, key))
        if viewer and t > viewer.seen:
            viewer.seen = min(t, audience.newest.get(key, t))
            self.pause(hub, socket, key, False)

    def pause(self, hub: Hub, socket: Socket, key: str, paused: bool) -> None:
        topic = hub.topics.get(f"{NAME}.{key}")
        if topic and socket in (topic.sockets if paused else topic.paused):
            (topic.pause if paused else topic.resume)(socket)
            meters.count("paused" if paused else "went on")

    def wait_for_the_slow(self, hub: Hub) -> None:
        audience = self.of(hub)
        for (socket, key), viewer in [*audience.viewers.items()]:
            behind = audience.newest.get(key, 0) - viewer.seen
            if behind > GIVE_UP:
                socket.wire.close(Close.SLOW)
            elif behind > UNSEEN:
                self.pause(hub, socket, key, True)

    async def each_second(self, hub: Hub) -> None:
        watched = [name for name in hub.topics if name.startswith(f"{NAME}.")]
        await in_thread(reports.store_report, report(hub, watched))
        if hub.alone:
            await self.look(hub, watched)
        self.wait_for_the_slow(hub)

    async def look(self, hub: Hub, watched: list[str]) -> None:
        """Without Redis the collector is another process that cannot publish: its ticks are found in the database."""
        newest = self.of(hub).newest
        for name in watched:
            key = name.partition(".")[2]
            ticks = await in_thread(ticks_since, key, max(newest.get(key, 0), int(time.time()) - LOOK_BACK))
            if ticks:
                newest[key] = ticks[-1].t
                hub.send_events(name, [Event(name, 0, "tick", each) for each in ticks])


limits.COSTS[Seen] = 0.0  # all screens of a wall share one bucket, and what is refused here would stop them


@command(Seen, guests=True)
async def seen(hub: Hub, socket: Socket, asked: Seen) -> None:
    stream = streams[NAME]
    assert isinstance(stream, DashboardStream)
    stream.seen(hub, socket, asked.key, asked.t)


_own = psutil.Process()


def report(hub: Hub, watched: list[str]) -> ProcessReport:
    sockets = sum(len(each) for each in hub.sockets.values())
    now: dict[str, float] = {
        "sockets": sockets,
        "people": len(hub.user_ids),
        "streams": len(hub.topics),
        "memory": _own.memory_info().rss,
        "descriptors": _own.num_fds(),
    }
    return ProcessReport(hub.name, time.time(), dict(meters.counts), now, meters.take(), watched)
