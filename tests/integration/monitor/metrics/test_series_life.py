"""Series come, go stale, make room, and are deleted with what is kept of them; a source can be removed."""

import time
from datetime import UTC, datetime, timedelta
from math import isnan
from typing import Any

import msgspec
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from chat.models import Room
from monitor.alerts.models import Instance
from monitor.dashboards.models import Dashboard
from monitor.dashboards.serializers import load_snapshot
from monitor.metrics.catalogue import MAX_SERIES_PER_SOURCE, SeriesIndex
from monitor.metrics.collector import Collector
from monitor.metrics.ingest import push, services
from monitor.metrics.ingest.formats import Parsed
from monitor.metrics.ingest.latest import get_latest_store
from monitor.metrics.ingest.prometheus_text import Sample
from monitor.metrics.ingest.refusals import Refusals
from monitor.metrics.models import Chunk, Rollup, Scraped, Series, Source
from monitor.metrics.readings import Reading
from monitor.metrics.sources.declared import DeclaredReaders
from monitor.metrics.sources.scraped import ScrapedReader as ScrapedSource
from monitor.metrics.store.compaction import Compaction
from monitor.metrics.store.retention import encode_points
from monitor.metrics.store.series_purge import SeriesPurge
from tests.integration.monitor.metrics.test_scrape import Exporter, exporter
from tests.support.alerts import MakeRule, Site, cards, make_rule
from tests.support.boards import Given, make_spec

__all__ = ["exporter", "make_rule"]
pytestmark = pytest.mark.django_db(transaction=True)

DAY = 86_400
X, Y = Reading("x", 50.0), Reading("y", 50.0)


def many(count: int, prefix: str = "pod") -> list[Reading]:
    return [Reading(f"{prefix}{number}", 1.0) for number in range(count)]


@pytest.fixture
def index() -> SeriesIndex:
    return SeriesIndex(Source.objects.create(key="kube"))


# The limit


def test_series_unheard_of_for_a_day_make_room(index: SeriesIndex) -> None:
    t = time.time()
    index.make_row(many(MAX_SERIES_PER_SOURCE), t)
    row = index.make_row(many(MAX_SERIES_PER_SOURCE, "job"), t + 23 * 3600)
    assert index.refused == MAX_SERIES_PER_SOURCE
    assert all(isnan(value) for value in row)
    index.make_row(many(MAX_SERIES_PER_SOURCE, "job"), t + 25 * 3600)
    assert index.refused == 0
    assert set(index.positions) == {f"job{number}" for number in range(MAX_SERIES_PER_SOURCE)}


def test_names_that_change_for_ever_never_fill_a_source(index: SeriesIndex) -> None:
    t = time.time()
    for day in range(12):
        for hour in range(24):
            row = index.make_row(many(15, f"run{day}-{hour}-"), t + day * DAY + hour * 3600)
            assert index.refused == 0
    assert len(row) <= MAX_SERIES_PER_SOURCE + 60
    assert len(index.positions) <= MAX_SERIES_PER_SOURCE


def test_a_position_is_given_to_another_only_when_the_ring_holds_nothing_of_the_first(index: SeriesIndex) -> None:
    t = time.time()
    index.make_row([X, Y], t)
    Series.objects.filter(name="x").update(gone_at=timezone.now())
    index.load()
    index.make_row([Y, Reading("z", 1.0)], t + 60)
    index.make_row([Y, Reading("z", 1.0), Reading("soon", 1.0)], t + 120)
    assert index.positions == {"y": 1, "z": 2, "soon": 3}
    index.make_row([Y], t + 4 * 3600)
    index.make_row([Y, Reading("late", 1.0)], t + 4 * 3600 + 1)
    assert index.positions["late"] == 0


def test_a_series_that_comes_again_is_the_same_with_its_history(index: SeriesIndex) -> None:
    t = time.time()
    index.make_row([X, Y], t)
    number = Series.objects.get(name="x").pk
    for seconds in range(0, 26 * 3600, 600):
        index.make_row([Y], t + seconds)
    assert "x" not in index.positions
    assert Series.objects.get(name="x").gone_at
    index.make_row([X, Y], t + 27 * 3600)
    assert Series.objects.get(name="x").pk == number
    assert Series.objects.get(name="x").gone_at is None


def test_a_long_rest_of_the_collector_lets_nothing_go(index: SeriesIndex) -> None:
    t = time.time()
    index.make_row([X, Y], t)
    other = SeriesIndex(index.source)
    other.make_row([Y], t + 40 * DAY)
    other.make_row([X, Y], t + 40 * DAY + 1)
    assert set(other.positions) == {"x", "y"}
    assert not Series.objects.filter(gone_at__isnull=False).exists()


def test_a_pushed_source_takes_new_names_when_the_old_ones_are_a_day_old(ada: User) -> None:
    pushed, _token = services.make_pushed(ada, name="Jobs", room=None, every=60)
    now = time.time()
    first = [Sample(f"old{number}", 1.0) for number in range(MAX_SERIES_PER_SOURCE)]
    assert push.store_push(pushed, Parsed(first, Refusals()), now - DAY - 60).accepted == MAX_SERIES_PER_SOURCE
    Series.objects.bulk_create(
        Series(
            source=pushed.source, name=each.name, position=place, seen_at=datetime.fromtimestamp(now - DAY - 60, UTC)
        )
        for place, each in enumerate(first)
    )
    assert push.store_push(pushed, Parsed([Sample("new", 7.0)], Refusals()), now).accepted == 1
    source = DeclaredReaders().load()[-1]
    collector = Collector([source])
    collector.tick(int(now))
    assert "new" in collector.catalogue.get_index(source.key).positions
    assert set(get_latest_store().all(pushed.source_id)) == {"new"}


# A filter


def scraped_site(ada: User, exporter: Exporter, **more: object) -> tuple[Scraped, Collector, DeclaredReaders]:
    fields = {"name": "Node", "room": None, "url": exporter.url, "interval": 5, "timeout": 5, "allowed": ""}
    made = services.make_scraped(ada, **fields | more)  # type: ignore[arg-type]
    declared = DeclaredReaders()
    return made, Collector([], declared=declared.load), declared


def scrape_at(collector: Collector, declared: DeclaredReaders, t: int) -> dict[str, float]:
    collector.update_readers(t)
    source = declared.load()[-1]
    assert isinstance(source, ScrapedSource)
    source.get_newest_result(0.0)
    assert source.pending
    source.pending.result(20)
    collector.tick(t)
    row = collector.ring.since(Source.objects.get(key=source.key).pk, t - 1)[-1].values
    return {name: row[place] for name, place in collector.catalogue.get_index(source.key).positions.items()}


def test_after_a_scrape_of_601_series_a_filter_for_the_601st_gives_its_value(ada: User, exporter: Exporter) -> None:
    exporter.body = "".join(f"s{number} {number}\n" for number in range(601)).encode()
    made, collector, declared = scraped_site(ada, exporter)
    t = int(time.time())
    assert len(scrape_at(collector, declared, t)) == MAX_SERIES_PER_SOURCE
    source = Source.objects.get(key=made.source.key)
    assert (source.left_out_count, (source.left_out or [""])[0]) == (101, "s500")
    fields: dict[str, Any] = {"name": "Node", "room": None, "url": exporter.url, "interval": 5, "timeout": 5}
    services.change_scraped(ada, Scraped.objects.get(), **fields, allowed="s600")
    assert scrape_at(collector, declared, t + 10) == {"s600": 600.0}
    assert Source.objects.get(key=made.source.key).left_out_count == 0


def test_a_filter_that_matches_nothing_says_so_on_the_page(ada: User, exporter: Exporter, client: Client) -> None:
    made, collector, declared = scraped_site(ada, exporter, allowed="nginx_*")
    scrape_at(collector, declared, int(time.time()))
    client.force_login(ada)
    page = client.get(reverse("source", args=[made.source.key])).content.decode()
    assert "None of its 3 values has a name that fits" in page
    assert "Some of its names: jobs_total, load, other." in page


def test_after_a_filter_that_matches_nothing_the_limit_is_no_reason(
    ada: User, exporter: Exporter, client: Client
) -> None:
    exporter.body = "".join(f"s{number} {number}\n" for number in range(601)).encode()
    made, collector, declared = scraped_site(ada, exporter)
    t = int(time.time())
    scrape_at(collector, declared, t)
    fields: dict[str, Any] = {"name": "Node", "room": None, "url": exporter.url, "interval": 5, "timeout": 5}
    services.change_scraped(ada, Scraped.objects.get(), **fields, allowed="nginx_*")
    assert scrape_at(collector, declared, t + 10) == {}
    client.force_login(ada)
    page = client.get(reverse("source", args=[made.source.key])).content.decode()
    assert "Some of its names: s0, s1, s2." in page
    assert "beyond the limit" not in page


def test_a_filter_looks_at_quoted_names_as_at_all_others(ada: User, exporter: Exporter) -> None:
    exporter.body = b'{"room temp","at"="a"} 1\n{"room.temp","at"="a"} 2\nload 3'
    made, collector, declared = scraped_site(ada, exporter)
    t = int(time.time())
    assert len(scrape_at(collector, declared, t)) == 3
    fields: dict[str, Any] = {"name": "Node", "room": None, "url": exporter.url, "interval": 5, "timeout": 5}
    services.change_scraped(ada, Scraped.objects.get(), **fields, allowed="room.*")
    live = Series.objects.filter(source=made.source, gone_at=None)
    assert list(live.values_list("name", flat=True)) == ['room.temp{at="a"}']
    assert scrape_at(collector, declared, t + 10) == {'room.temp{at="a"}': 2.0}


def test_what_is_beyond_the_limit_and_what_is_not_understood_stand_in_one_place(
    ada: User, exporter: Exporter, client: Client
) -> None:
    exporter.body = b"".join(b"s%d 1\n" % number for number in range(510)) + b"what is this\n"
    made, collector, declared = scraped_site(ada, exporter)
    scrape_at(collector, declared, int(time.time()))
    client.force_login(ada)
    page = client.get(reverse("source", args=[made.source.key])).content.decode()
    assert page.count("<dt>Not collected</dt>") == 1
    place = page[page.index("<dt>Not collected</dt>") : page.index("</dl>")]
    assert "10 series beyond the limit of 500" in place
    assert "s509" in place
    assert "1 line of the last response" in place
    assert "Line 511: &#x27;is&#x27; is not a number: what." in place


def test_what_was_left_out_is_on_the_page_of_its_source(ada: User, client: Client) -> None:
    source = Source.objects.create(key="kube", left_out=["pod1", "pod2"], left_out_count=7)
    client.force_login(ada)
    page = client.get(reverse("source", args=[source.key])).content.decode()
    assert "7 series beyond the limit of 500" in page
    assert "pod2" in page


# Stale and gone: alerts


def test_the_alert_of_an_unplugged_disk_ends_as_gone(
    room: Room, make_rule: MakeRule, ada: User, client: Client
) -> None:
    host = Given("host", Reading("disk.full /", 10.0, "%"), Reading("disk.full /usb", 97.0, "%"))
    make_rule(title="A disk is almost full", source="host", series="disk.full *", threshold=90, hold=0)
    site = Site(host)
    site.ticks(2)
    assert cards(room)[0]["state"] == "firing"
    host.readings = host.readings[:1]
    site.ticks(14)
    assert cards(room)[0]["state"] == "firing"
    site.ticks(2)
    (card,) = cards(room)
    assert (card["state"], card["gone"], card["lines"][0]["gone"]) == ("resolved", True, True)
    assert Instance.objects.get().phase == "gone"
    assert room.messages.latest("seq").body.startswith("Ended after")
    client.force_login(ada)
    assert "ended: no more data" in client.get(reverse("alerts")).content.decode()
    host.readings = (*host.readings, Reading("disk.full /usb", 97.0, "%"))
    site.ticks(2)
    (card,) = cards(room)
    assert (card["state"], card["reopened"]) == ("firing", 1)


def test_one_missed_reading_ends_nothing(room: Room, make_rule: MakeRule) -> None:
    web = Given("web", X, Y)
    make_rule(series="y", hold=0)
    site = Site(web)
    site.ticks(2)
    for _time in range(4):
        web.readings = (X,)
        site.ticks(10)
        web.readings = (X, Y)
        site.ticks(1)
    assert [each["state"] for each in cards(room)] == ["firing"]


def test_a_slow_source_may_miss_three_of_its_own_readings(room: Room, make_rule: MakeRule) -> None:
    web = Given("web", X, Y)
    web.interval = 60.0
    make_rule(series="y", hold=0)
    site = Site(web)
    site.ticks(2)
    web.readings = (X,)
    site.ticks(170)
    assert [each["state"] for each in cards(room)] == ["firing"]
    site.ticks(12)
    assert [each["state"] for each in cards(room)] == ["resolved"]


def test_missing_data_alerts_of_what_was_live_and_ends_when_it_is_gone(room: Room, make_rule: MakeRule) -> None:
    web = Given("web", X, Y)
    make_rule(title="Missing", series="*", threshold=1e9, hold=5, no_data="alert")
    site = Site(web)
    site.ticks(5)
    web.readings = (X,)
    site.ticks(40)
    (card,) = cards(room)
    assert [line["name"] for line in card["lines"]] == ["web y"]
    site.collector.catalogue.get_index("web").retire(["y"], site.t)
    site.ticks(2)
    assert (cards(room)[0]["state"], cards(room)[0]["gone"]) == ("resolved", True)


def test_missing_data_does_not_mean_ever_seen(room: Room, make_rule: MakeRule) -> None:
    web = Given("web", X, Y)
    site = Site(web)
    site.ticks(3)
    web.readings = (X,)
    site.ticks(200)
    make_rule(title="Missing", series="*", threshold=1e9, hold=0, no_data="alert")
    site.ticks(60)
    assert cards(room) == []
    site.start()
    site.ticks(60)
    assert cards(room) == []


def test_after_a_restart_of_the_collector_nothing_flaps(room: Room, make_rule: MakeRule) -> None:
    web = Given("web", X, Y)
    make_rule(title="High", series="x", hold=0)
    make_rule(title="Missing", series="*", threshold=1e9, hold=0, no_data="alert")
    site = Site(web)
    site.ticks(30)
    site.start()
    web.readings = ()  # rates and scrapes need some seconds until they have values again
    site.ticks(10)
    web.readings = (X, Y)
    site.ticks(30)
    assert [(each["title"], each["state"]) for each in cards(room)] == [("High", "firing")]


def test_what_disappears_with_a_restart_is_missing(room: Room, make_rule: MakeRule) -> None:
    web = Given("web", X, Y)
    make_rule(title="Missing", series="*", threshold=1e9, hold=0, no_data="alert")
    site = Site(web)
    site.ticks(30)
    web.readings = (X,)
    site.start()
    site.ticks(40)
    assert [line["name"] for line in cards(room)[0]["lines"]] == ["web y"]


# History, and its end


def kept_series(source: Source, gone: bool = True) -> Series:
    then = timezone.now() - timedelta(hours=30)
    found = Series.objects.create(
        source=source, name="old", position=None, seen_at=then, gone_at=then if gone else None
    )
    Chunk.objects.create(series=found, t0=int(then.timestamp()) // 300 * 300, body=encode_points([0, 1], [5.0, 5.0]))
    return found


def test_a_series_that_is_gone_leaves_the_live_layout_and_stays_in_charts_of_the_past(
    ada: User, client: Client
) -> None:
    source = Source.objects.create(key="kube")
    Series.objects.create(source=source, name="now", position=0)
    old = kept_series(source)
    assert [column.name for column in load_snapshot("kube").columns] == ["now"]
    client.force_login(ada)
    seen = int(old.seen_at.timestamp())
    address = reverse("dashboard_history", args=["kube"])
    found = client.get(address, {"from": seen - 3600, "to": seen + 3600}).json()
    assert [column["name"] for column in found["columns"]] == ["now", "old"]
    assert 5 in found["mean"][1]
    later = client.get(address, {"from": seen + 3600, "to": seen + 7200}).json()
    assert [column["name"] for column in later["columns"]] == ["now"]


def test_a_series_is_forgotten_when_retention_has_taken_its_history() -> None:
    old = kept_series(Source.objects.create(key="kube"))
    now = int(time.time())
    purge = SeriesPurge()
    assert purge.second(now) == 0
    Chunk.objects.all().delete()
    assert purge.second(now + 600) == 1
    assert not Series.objects.filter(pk=old.pk).exists()


def test_a_removed_source_is_gone_at_once_and_its_history_in_steps(ada: User, client: Client, room: Room) -> None:
    pushed, _token = services.make_pushed(ada, name="Jobs", room=room, every=60)
    key, number = pushed.source.key, pushed.source_id
    old = kept_series(pushed.source)
    Rollup.objects.create(series=old, step=60, t0=0, body=b"")
    client.force_login(ada)
    address = reverse("source_remove", args=[key])
    assert "No alert rule watches it" in client.get(address).content.decode()
    assert client.post(address).status_code == 302
    assert client.get(reverse("source", args=[key])).status_code == 404
    assert not Source.objects.filter(key=key).exists()
    assert Chunk.objects.count() == 1
    keeper, now = Compaction(), int(time.time()) // 600 * 600
    for second in range(30):
        keeper.second(now + second)
    assert not Source.with_removed.filter(pk=number).exists()
    assert not Chunk.objects.exists()
    assert not Rollup.objects.exists()
    again, _token = services.make_pushed(ada, name="Jobs", room=room, every=60)
    assert again.source.key == key


def test_only_admins_remove_a_source(ada: User, ben: User, client: Client, room: Room) -> None:
    pushed, _token = services.make_pushed(ada, name="Jobs", room=room, every=60)
    client.force_login(ben)
    address = reverse("source_remove", args=[pushed.source.key])
    for answer in (client.get(address), client.post(address)):
        assert answer.status_code in {302, 403, 404}
    assert Source.objects.filter(pk=pushed.source_id).exists()


def test_a_source_that_is_still_read_cannot_be_removed(ada: User, client: Client) -> None:
    Collector([Given("host", X)]).tick(int(time.time()))
    client.force_login(ada)
    client.post(reverse("source_remove", args=["host"]))
    assert Source.objects.filter(key="host").exists()


def test_the_page_says_which_dashboards_and_rules_lose_a_source(
    ada: User, client: Client, room: Room, make_rule: MakeRule
) -> None:
    pushed, _token = services.make_pushed(ada, name="Jobs", room=room, every=60)
    spec = msgspec.to_builtins(make_spec("Night shift", f"{pushed.source.key}.x"))
    Dashboard.objects.create(key="night", title="Night shift", spec=spec, room=room)
    make_rule(title="Late jobs", source=pushed.source.key)
    client.force_login(ada)
    page = client.get(reverse("source_remove", args=[pushed.source.key])).content.decode()
    assert "Night shift" in page
    assert "Late jobs" in page


def test_the_alert_of_a_removed_source_ends_as_gone(ada: User, room: Room, make_rule: MakeRule) -> None:
    web = Given("web", X)
    make_rule(series="x", hold=0)
    site = Site(web)
    site.ticks(2)
    site.collector.readers.clear()
    site.ticks(40)
    assert (cards(room)[0]["state"], cards(room)[0]["gone"]) == ("resolved", True)
