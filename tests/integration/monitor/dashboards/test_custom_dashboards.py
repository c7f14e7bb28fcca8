"""Dashboards that people make: who may, what becomes of it, and that edits reach anyone who looks."""

import time
from array import array

import pytest

from accounts.models import User
from chat import services as rooms
from chat.models import Room
from monitor.dashboards import access, serializers, services
from monitor.dashboards.collector_job import TickPublisher
from monitor.dashboards.layouts import WatchedLayouts
from monitor.dashboards.models import Dashboard
from monitor.dashboards.spec import load_spec
from monitor.metrics.collector import Collector
from monitor.metrics.models import Series, Source
from monitor.metrics.readings import Reading
from monitor.metrics.sources.live import LiveReader
from myweb.errors import NotFound, Refused
from realtime.database import in_thread
from realtime.hub import Hub
from tests.conftest import Connect
from tests.support.boards import Given, make_source, make_spec, measure
from tests.support.rooms import make_room
from tests.support.wire import Wrong

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def host(room: Room) -> Source:
    return make_source("host", "cpu.busy", "cpu.core0", room=room)


@pytest.fixture
def redis() -> Source:
    """For admins alone."""
    return make_source("redis", "memory")


@pytest.fixture
def made(ada: User, room: Room, host: Source, redis: Source) -> Dashboard:
    return services.create_dashboard(ada, make_spec(), room)


# Who may


def test_it_is_seen_by_the_members_of_its_room(made: Dashboard, ada: User, ben: User, cleo: User) -> None:
    assert made in access.custom_dashboards_of(ben)
    assert access.get_custom_dashboard(ada, made.key) == made
    with pytest.raises(NotFound):
        access.get_custom_dashboard(cleo, made.key)


def test_without_a_room_it_is_for_admins_alone(made: Dashboard, ada: User, ben: User, dora: User) -> None:
    services.assign_dashboard(ada, made, None)
    assert access.get_custom_dashboard(dora, made.key)
    with pytest.raises(NotFound):
        access.get_custom_dashboard(ben, made.key)


def test_an_admin_outside_its_room_does_not_see_it(made: Dashboard, dora: User) -> None:
    with pytest.raises(NotFound):
        access.get_custom_dashboard(dora, made.key)


@pytest.mark.usefixtures("host", "redis")
def test_who_makes_it_must_see_each_source(room: Room, ben: User) -> None:
    assert services.create_dashboard(ben, make_spec("Mine", "host.cpu.*"), room).created_by == ben
    texts = set()
    for series in ("redis.memory", "nowhere.memory"):
        with pytest.raises(Refused) as refused:
            services.create_dashboard(ben, make_spec("Mine", "host.cpu.busy", series), room)
        texts.add(str(refused.value.text).replace(series.partition(".")[0], "…"))
    assert len(texts) == 1  # a foreign source and one that never was are the same


def test_who_changes_it_must_see_each_source_too(made: Dashboard, ben: User) -> None:
    with pytest.raises(Refused, match="no source redis"):
        services.change_dashboard(ben, made, make_spec("Another title"), base=1)
    changed = services.change_dashboard(ben, made, make_spec("Another title", "host.cpu.busy"), base=1)
    assert (changed.title, changed.version) == ("Another title", 2)
    with pytest.raises(Refused, match="no source redis"):
        services.restore_version(ben, changed, 1)


def test_it_is_given_only_to_rooms_of_ones_own(made: Dashboard, ada: User, ben: User, cleo: User) -> None:
    foreign = make_room(cleo)
    with pytest.raises(NotFound):
        services.assign_dashboard(ada, made, foreign)
    with pytest.raises(Refused, match="Choose the room"):
        services.create_dashboard(ben, make_spec("Mine", "host.cpu.busy"), None)


def test_only_admins_and_its_maker_give_it_away_or_delete_it(made: Dashboard, ben: User, room: Room) -> None:
    with pytest.raises(Refused, match="Only admins and the creator of"):
        services.assign_dashboard(ben, made, make_room(ben))
    with pytest.raises(Refused, match="Only admins and the creator of"):
        services.delete_dashboard(ben, made)
    own = services.create_dashboard(ben, make_spec("Mine", "host.cpu.busy"), room)
    services.delete_dashboard(ben, own)
    assert not Dashboard.objects.filter(pk=own.pk).exists()


# Versions


def test_every_version_is_kept_and_can_come_back(made: Dashboard, ada: User) -> None:
    second = services.change_dashboard(ada, made, make_spec("Second", "host.cpu.core*"), base=1)
    third = services.restore_version(ada, second, 1)
    assert (third.version, third.title, load_spec(third.spec)) == (3, "Overview", make_spec())
    assert [each.number for each in made.versions.all()] == [3, 2, 1]
    assert load_spec(made.versions.get(number=2).spec).title == "Second"


def test_who_saves_later_is_told_who_was_first_and_nothing_is_lost(made: Dashboard, ada: User, ben: User) -> None:
    services.change_dashboard(ben, made, make_spec("Ben's", "host.cpu.busy"), base=1)
    with pytest.raises(services.VersionConflict) as conflict:
        services.change_dashboard(ada, made, make_spec("Ada's"), base=1)
    assert (conflict.value.latest.number, conflict.value.latest.by) == (2, ben)
    made.refresh_from_db()
    assert made.title == "Ben's"
    assert services.change_dashboard(ada, made, make_spec("Ada's"), base=2).version == 3


def test_only_so_many_versions_are_kept(made: Dashboard, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "KEPT_VERSIONS", 2)
    for base in (1, 2, 3):
        services.change_dashboard(ada, made, make_spec(f"After {base}"), base=base)
    assert [each.number for each in made.versions.all()] == [4, 3]


# Values


def test_a_snapshot_has_the_values_of_all_its_sources(made: Dashboard, host: Source, redis: Source) -> None:
    t = int(time.time())
    measure(host, t - 2, 40, 1)
    measure(host, t - 1, 41, 1)
    measure(redis, t - 1, 5)
    found = serializers.load_snapshot(made.key)
    assert [(each.source, each.name) for each in found.columns] == [("host", "cpu.busy"), ("redis", "memory")]
    assert (found.t, found.v) == ([t - 2, t - 1], [[40, 41], [None, 5]])
    assert found.shown
    assert (found.shown.title, len(found.shown.panels)) == ("Overview", 2)


def test_a_frame_is_without_values_only_when_all_sources_are_down(made: Dashboard) -> None:
    order = serializers.get_layout(made.key).layout
    down = array("d")
    assert serializers.serialize_tick(7, order, {"host": array("d", [40, 1]), "redis": down}).v == [40, None]
    assert serializers.serialize_tick(7, order, {"host": down, "redis": down}).v is None


def test_a_pattern_shows_no_more_series_than_a_panel_may_have(room: Room, ada: User) -> None:
    make_source("many", *(f"n.{number}" for number in range(60)), room=room)
    dashboard = services.create_dashboard(ada, make_spec("Many", "many.n.*"), room)
    assert len(serializers.get_layout(dashboard.key).layout.columns) == 40


def test_a_source_that_nobody_has_drawn_gets_a_panel_for_each_group(room: Room) -> None:
    source = make_source("shop", "orders.paid", "queue.mail", "orders.open", room=room)
    Series.objects.create(source=source, name="orders.time", unit="s", position=3)
    found = serializers.load_snapshot("shop")
    assert found.shown
    assert [(each.title, each.note) for each in found.shown.panels] == [("orders", ""), ("queue", ""), ("orders", "s")]
    assert [[found.columns[index].name for index in panel] for panel in found.panels] == [
        ["orders.paid", "orders.open"],
        ["queue.mail"],
        ["orders.time"],
    ]


# Reaching the screens


class Watched(LiveReader):
    def __init__(self, *keys: str) -> None:
        super().__init__()
        self.watched = {f"dashboard.{key}" for key in keys}

    def read(self, at: float) -> list[Reading]:
        return []


async def test_one_frame_a_tick_carries_all_sources_and_an_edit_changes_its_layout(
    connect: Connect, hub: Hub, made: Dashboard, ada: User, ben: User
) -> None:
    name = f"dashboard.{made.key}"
    collector = Collector(
        [Given("host", Reading("cpu.busy", 40.0)), Given("redis", Reading("memory", 5.0)), Watched(made.key)],
        [TickPublisher()],
    )
    tab = await connect(ben)
    first = (await tab.ok("subscribe", stream=name))["snapshot"]
    t = int(time.time())
    await in_thread(collector.tick, t)
    await tab.until(lambda: tab.data(name, "tick"), "a tick")
    assert tab.data(name, "tick") == [{"t": t, "layout": first["layout"], "v": [40, 5]}]
    await in_thread(lambda: services.change_dashboard(ada, made, make_spec("New", "redis.memory"), base=1))
    await tab.until(lambda: tab.of(name, "changed"), "the news of it")
    await in_thread(collector.tick, t + 1)
    await tab.until(lambda: len(tab.data(name, "tick")) == 2, "the next tick")
    again = (await tab.ok("subscribe", stream=name))["snapshot"]
    assert tab.data(name, "tick")[1] == {"t": t + 1, "layout": again["layout"], "v": [5]}
    assert again["layout"] != first["layout"]
    assert again["shown"]["title"] == "New"


async def test_one_that_is_deleted_says_so(connect: Connect, made: Dashboard, ada: User, ben: User) -> None:
    tab = await connect(ben)
    await tab.ok("subscribe", stream=f"dashboard.{made.key}")
    await in_thread(services.delete_dashboard, ada, made)
    await tab.until(lambda: tab.of(f"dashboard.{made.key}", "closed"), "the end of the stream")


def test_one_that_was_deleted_gives_no_more_ticks(made: Dashboard, ada: User) -> None:
    services.delete_dashboard(ada, made)
    assert serializers.load_ticks_since(made.key, 0) == []


async def test_who_is_not_in_its_room_does_not_find_its_stream(
    connect: Connect, hub: Hub, made: Dashboard, room: Room, ben: User, cleo: User
) -> None:
    name = f"dashboard.{made.key}"
    with pytest.raises(Wrong, match="not_found"):
        await (await connect(cleo)).ok("subscribe", stream=name)
    tab = await connect(ben)
    await tab.ok("subscribe", stream=name)
    await in_thread(rooms.leave_room, ben, room)
    await hub.housekeeping.recheck_access()
    await tab.until(lambda: tab.of(name, "closed"), "the end of the stream")


def test_a_layout_that_is_watched_is_made_anew_only_when_something_changed(
    made: Dashboard, ada: User, django_assert_num_queries: object
) -> None:
    orders = WatchedLayouts({})
    first = orders.load([made.key])[made.key]
    with django_assert_num_queries(1):  # type: ignore[operator] # the versions
        assert orders.load([made.key])[made.key] is first
    services.change_dashboard(ada, made, make_spec("New"), base=1)
    assert orders.load([made.key])[made.key] is not first
    assert orders.load([]) == {}
    assert orders.known == {}
    assert orders.load(["never-was", "\0", "a.b", "x" * 1000]) == {}
