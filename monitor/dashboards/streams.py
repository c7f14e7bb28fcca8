"""Stream ``dashboard.<key>``: the last minutes on subscribing, then one frame per tick.

A viewer must confirm frames. Without confirmation it gets only the newest frame later: dashboards can skip values,
chat never does.
"""

import time
from collections.abc import Iterable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
import psutil

from monitor.dashboards import access
from monitor.dashboards.serializers import load_snapshot, load_ticks_since
from monitor.metrics import reports
from monitor.metrics.reports import ProcessReport
from myweb.errors import NotFound, Refused
from realtime.database import in_thread
from realtime.hub import Hub
from realtime.meters import meters
from realtime.protocol import Close, Event, Subscribed, encode
from realtime.socket import Socket
from realtime.streams import Stream, SubscribeRequest

STREAM_NAME = "dashboard"
PAUSE_AFTER, CLOSE_AFTER = 15, 45  # seconds of unconfirmed ticks until a viewer is paused, and disconnected
LOOK_BACK = 5  # seconds


class DashboardViewer:
    def __init__(self, last_tick: int) -> None:
        self.last_tick = last_tick  # the last confirmed tick


class HubViewers:
    """The viewers on one hub."""

    def __init__(self) -> None:
        self.newest: dict[str, int] = {}  # dashboard -> its last tick
        self.viewers: dict[tuple[Socket, str], DashboardViewer] = {}


class DashboardStream(Stream):
    name = STREAM_NAME
    guests = True  # for walls

    def __init__(self) -> None:
        self.viewers_of_hubs: WeakKeyDictionary[Hub, HubViewers] = WeakKeyDictionary()

    def open(self, requests: Sequence[SubscribeRequest]) -> list[Subscribed | Refused]:
        allowed = self.still_allowed({(request.user_id, request.key) for request in requests})
        boards = {
            key: msgspec.Raw(encode(load_snapshot(key)))
            for key in {request.key for request in requests if (request.user_id, request.key) in allowed}
        }
        return [
            Subscribed(0, "", recovered=False, snapshot=boards[request.key])
            if (request.user_id, request.key) in allowed
            else NotFound()
            for request in requests
        ]

    def still_allowed(self, pairs: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
        return access.filter_visible(pairs)

    def get_viewers(self, hub: Hub) -> HubViewers:
        return self.viewers_of_hubs.setdefault(hub, HubViewers())

    async def on_subscribed(self, hub: Hub, socket: Socket, key: str, answer: Subscribed) -> None:
        self.get_viewers(hub).viewers[socket, key] = DashboardViewer(int(time.time()))

    async def on_unsubscribed(self, hub: Hub, socket: Socket, key: str) -> None:
        self.get_viewers(hub).viewers.pop((socket, key), None)

    async def on_note(self, hub: Hub, key: str, note: dict[str, Any]) -> None:
        self.get_viewers(hub).newest[key] = note["t"]

    def confirm(self, hub: Hub, socket: Socket, key: str, t: int) -> None:
        audience = self.get_viewers(hub)
        viewer = audience.viewers.get((socket, key))
        if viewer and t > viewer.last_tick:
            viewer.last_tick = min(t, audience.newest.get(key, t))
            self.pause(hub, socket, key, False)

    def pause(self, hub: Hub, socket: Socket, key: str, paused: bool) -> None:
        topic = hub.topics.get(f"{STREAM_NAME}.{key}")
        if topic and socket in (topic.sockets if paused else topic.paused):
            (topic.pause if paused else topic.resume)(socket)
            meters.count("paused" if paused else "went on")

    def pause_slow_viewers(self, hub: Hub) -> None:
        audience = self.get_viewers(hub)
        for (socket, key), viewer in [*audience.viewers.items()]:
            unconfirmed = audience.newest.get(key, 0) - viewer.last_tick
            if unconfirmed > CLOSE_AFTER:
                socket.wire.close(Close.SLOW)
            elif unconfirmed > PAUSE_AFTER:
                self.pause(hub, socket, key, True)

    async def each_second(self, hub: Hub) -> None:
        watched = [name for name in hub.topics if name.startswith(f"{STREAM_NAME}.")]
        await in_thread(reports.store_report, build_report(hub, watched))
        if hub.alone:
            await self.publish_from_database(hub, watched)
        self.pause_slow_viewers(hub)

    async def publish_from_database(self, hub: Hub, watched: list[str]) -> None:
        """Without Redis the collector is another process that can't publish, so ticks come from the database."""
        newest = self.get_viewers(hub).newest
        for name in watched:
            key = name.partition(".")[2]
            ticks = await in_thread(load_ticks_since, key, max(newest.get(key, 0), int(time.time()) - LOOK_BACK))
            if ticks:
                newest[key] = ticks[-1].t
                hub.send_events(name, [Event(name, 0, "tick", tick) for tick in ticks])


_own = psutil.Process()


def build_report(hub: Hub, watched: list[str]) -> ProcessReport:
    sockets = sum(len(sockets_of_user) for sockets_of_user in hub.sockets.values())
    now: dict[str, float] = {
        "sockets": sockets,
        "people": len(hub.user_ids),
        "streams": len(hub.topics),
        "memory": _own.memory_info().rss,
        "descriptors": _own.num_fds(),
    }
    counts, spread = dict(meters.counts), meters.take()
    return ProcessReport(hub.name, time.time(), counts, now, spread, watched, meters.found_killed_at)
