"""Stream ``dashboard.<key>``: members of its room see it move; who does not look gets nothing."""

import time
from array import array

import pytest

from accounts.models import User
from chat import services
from chat.models import Room
from monitor.dashboards import serializers, streams
from monitor.metrics.models import Series, Source
from monitor.metrics.store.ring import get_ring
from realtime.database import in_thread
from realtime.hub import Hub
from realtime.layer_event import LayerEvent
from realtime.protocol import Close, Event, encode
from realtime.streams import streams as served
from tests.conftest import Connect
from tests.support.wire import Wrong

pytestmark = pytest.mark.django_db(transaction=True)

HOST = "dashboard.host"


@pytest.fixture
def source(room: Room) -> Source:
    source = Source.objects.create(key="host", room=room)
    Series.objects.create(source=source, name="cpu.busy", unit="%", position=0)
    return source


def measure(source: Source, t: int, value: float) -> None:
    get_ring().append(t, {source.pk: array("d", [value])})


def publish_tick(hub: Hub, t: int, value: float) -> None:
    """As the collector does it."""
    order = serializers.get_layout("host")[1]
    event = encode(Event(HOST, 0, "tick", serializers.serialize_tick(t, order, {"host": array("d", [value])}))).decode()
    event_in_layer: LayerEvent = {"topic": HOST, "first": 0, "events": [event], "note": {"t": t}}
    hub.loop.call_soon_threadsafe(hub.handle_event, event_in_layer)


async def test_a_snapshot_has_the_last_minutes_and_then_it_moves(
    connect: Connect, hub: Hub, source: Source, ben: User
) -> None:
    t = int(time.time())
    await in_thread(measure, source, t - 1, 12.5)
    tab = await connect(ben)
    found = (await tab.ok("subscribe", stream=HOST))["snapshot"]
    assert (found["t"], found["v"], found["columns"]) == (
        [t - 1],
        [[12.5]],
        [{"name": "cpu.busy", "unit": "%", "source": "host"}],
    )
    await in_thread(publish_tick, hub, t, 13.0)
    await tab.until(lambda: tab.data(HOST), "the next tick")
    assert tab.data(HOST) == [{"t": t, "layout": found["layout"], "v": [13]}]


@pytest.mark.usefixtures("source")
async def test_who_is_not_in_its_room_does_not_find_it(connect: Connect, cleo: User) -> None:
    tab = await connect(cleo)
    with pytest.raises(Wrong, match="not_found"):
        await tab.ok("subscribe", stream=HOST)


async def test_without_a_room_it_is_for_admins_alone(connect: Connect, source: Source, dora: User, ben: User) -> None:
    source.room = None
    await in_thread(source.save)
    assert await (await connect(dora)).ok("subscribe", stream=HOST)
    with pytest.raises(Wrong, match="not_found"):
        await (await connect(ben)).ok("subscribe", stream=HOST)


async def test_an_admin_outside_its_room_does_not_see_it(connect: Connect, source: Source, dora: User) -> None:
    with pytest.raises(Wrong, match="not_found"):
        await (await connect(dora)).ok("subscribe", stream=HOST)


@pytest.mark.usefixtures("source")
async def test_who_leaves_the_room_loses_it_within_a_minute(connect: Connect, hub: Hub, room: Room, ben: User) -> None:
    tab = await connect(ben)
    await tab.ok("subscribe", stream=HOST)
    await in_thread(services.leave_room, ben, room)
    await hub.housekeeping.recheck_access()
    await tab.until(lambda: tab.of(HOST, "closed"), "the end of the stream")


async def test_where_nothing_is_published_ticks_are_found_in_the_ring(
    connect: Connect, hub: Hub, source: Source, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = await connect(ben)
    await tab.ok("subscribe", stream=HOST)
    monkeypatch.setattr(hub, "alone", True)
    t = int(time.time())
    for number in (1, 2):
        await in_thread(measure, source, t + number, number)
        await hub.housekeeping.run_each_second()
        await hub.housekeeping.run_each_second()
    assert [each["v"] for each in tab.data(HOST)] == [[1], [2]]


@pytest.mark.usefixtures("source")
async def test_who_does_not_say_that_ticks_arrive_gets_the_newest_only_when_they_do(
    connect: Connect, hub: Hub, ada: User, ben: User
) -> None:
    slow, quick = await connect(ben), await connect(ada)
    for tab in (slow, quick):
        await tab.ok("subscribe", stream=HOST)
    t = int(time.time()) + streams.PAUSE_AFTER + 1
    await in_thread(publish_tick, hub, t, 1)
    await quick.until(lambda: quick.data(HOST), "a tick")
    await quick.ok("dashboard.seen", key="host", t=t)
    await hub.housekeeping.run_each_second()
    await in_thread(publish_tick, hub, t + 1, 2)
    await quick.until(lambda: len(quick.data(HOST)) == 2, "the next tick")
    await slow.ok("dashboard.seen", key="host", t=t)
    await in_thread(publish_tick, hub, t + 2, 3)
    await slow.until(lambda: len(slow.data(HOST)) == 2, "ticks again")
    assert [each["v"] for each in slow.data(HOST)] == [[1], [3]]


@pytest.mark.usefixtures("source")
async def test_who_never_says_so_is_sent_away(connect: Connect, hub: Hub, ben: User) -> None:
    tab = await connect(ben)
    await tab.ok("subscribe", stream=HOST)
    await in_thread(publish_tick, hub, int(time.time()) + streams.CLOSE_AFTER + 1, 1)
    await tab.until(lambda: tab.data(HOST), "a tick")
    await hub.housekeeping.run_each_second()
    await tab.until(lambda: tab.code == Close.SLOW, "the close")


@pytest.mark.usefixtures("source")
async def test_a_viewer_who_left_is_kept_nowhere(connect: Connect, hub: Hub, ben: User) -> None:
    tab = await connect(ben)
    await tab.ok("subscribe", stream=HOST)
    await tab.ok("unsubscribe", stream=HOST)
    stream = served["dashboard"]
    assert isinstance(stream, streams.DashboardStream)
    assert not stream.get_viewers(hub).viewers
    assert HOST not in hub.topics
