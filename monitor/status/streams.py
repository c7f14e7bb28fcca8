"""Stream ``watching``: how many alerts fire and checks are down, and since when nobody measures, for each page."""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from weakref import WeakKeyDictionary

from accounts.models import Role, User
from chat.models import Membership
from monitor.alerts.evaluation import AlertState
from monitor.alerts.models import Alert, Severity
from monitor.checks.models import Check, CheckState
from monitor.metrics.lease import get_unmeasured_since
from monitor.status.protocol import Watching
from myweb.errors import Refused
from realtime.database import in_thread
from realtime.hub import Hub
from realtime.protocol import Event, Subscribed
from realtime.streams import Stream, SubscribeRequest

STREAM_NAME = "watching"
RECOUNT_SECONDS = 60  # memberships may have changed

Room = int | None


class Trouble(NamedTuple):
    """What fires and what is down, by room. A check without a room concerns the admins."""

    firing: Counter[Room]
    critical: Counter[Room]
    down: Counter[Room]
    unmeasured_since: int

    def list_counters(self) -> tuple[Counter[Room], ...]:
        return self.firing, self.critical, self.down

    def count_in(self, rooms: set[Room]) -> Watching:
        firing, critical, down = (sum(counter[room] for room in rooms) for counter in self.list_counters())
        return Watching(firing, critical, down, self.unmeasured_since)


def read_trouble() -> Trouble:
    alerts = list(Alert.objects.filter(ended_at=None, state=AlertState.FIRING).values_list("room_id", "severity"))
    down = Check.objects.filter(state=CheckState.DOWN).values_list("room_id", flat=True)
    return Trouble(
        Counter(room for room, _severity in alerts),
        Counter(room for room, severity in alerts if severity == Severity.CRITICAL),
        Counter(down),
        int(since.timestamp()) if (since := get_unmeasured_since()) else 0,
    )


def count_for_users(trouble: Trouble, user_ids: Iterable[int]) -> dict[int, Watching]:
    """What each user may see, as the pages of alerts and checks list it."""
    users = User.objects.filter(pk__in=user_ids, is_active=True)
    concerned = {room for counter in trouble.list_counters() for room in counter if room is not None}
    rooms: dict[int, set[Room]] = {
        pk: {None} if role in {Role.OWNER, Role.ADMIN} else set() for pk, role in users.values_list("pk", "role")
    }
    members = Membership.objects.filter(active=True, user__in=rooms, room__in=concerned)
    for user_id, room_id in members.values_list("user_id", "room_id"):
        rooms[user_id].add(room_id)
    return {user_id: trouble.count_in(rooms_of_user) for user_id, rooms_of_user in rooms.items()}


class HubCounts:
    """The counts that one process sent last."""

    def __init__(self) -> None:
        self.trouble: Trouble | None = None
        self.recount_at = 0.0
        self.sent: dict[int, Watching] = {}


class WatchingStream(Stream):
    name = STREAM_NAME

    def __init__(self) -> None:
        self.counts_of_hubs: WeakKeyDictionary[Hub, HubCounts] = WeakKeyDictionary()

    def topic(self, user_id: int, key: str) -> str:
        return f"{STREAM_NAME}.{user_id}"

    def group(self, user_id: int, key: str) -> str:
        return f"user.{user_id}"

    def open(self, requests: Sequence[SubscribeRequest]) -> list[Subscribed | Refused]:
        counts = count_for_users(read_trouble(), {request.user_id for request in requests})
        return [
            Refused("not_found", "The stream 'watching' takes no key.")
            if request.key
            else Subscribed(0, "", recovered=False, snapshot=counts.get(request.user_id, Watching()))
            for request in requests
        ]

    async def on_subscribed(self, hub: Hub, socket: object, key: str, answer: Subscribed) -> None:
        self.counts_of_hubs.setdefault(hub, HubCounts()).recount_at = 0.0

    async def each_second(self, hub: Hub) -> None:
        """Alerts and checks change in the collector, which may be another process without a channel layer."""
        followers = [int(name.partition(".")[2]) for name in hub.topics if name.startswith(f"{STREAM_NAME}.")]
        if not followers:
            return
        counts = self.counts_of_hubs.setdefault(hub, HubCounts())
        trouble = await in_thread(read_trouble)
        if trouble == counts.trouble and time.monotonic() < counts.recount_at:
            return
        now = await in_thread(count_for_users, trouble, followers)
        for user_id, watching in now.items():
            if counts.sent.get(user_id) != watching:
                name = self.topic(user_id, "")
                hub.send_events(name, [Event(STREAM_NAME, 0, "counts", watching)])
        counts.trouble, counts.sent, counts.recount_at = trouble, now, time.monotonic() + RECOUNT_SECONDS
