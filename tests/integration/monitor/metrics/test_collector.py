"""The collector: what it read is in the ring and on the screens; what is down is down; only one measures."""

import os
import signal
import sys
import time
from array import array
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import FrameType

import pytest
import redis
from django.utils import timezone
from pytest_django.fixtures import Settings

from deploy import healthcheck
from monitor.dashboards.serializers import load_snapshot
from monitor.metrics import collector as collectors
from monitor.metrics import reports
from monitor.metrics.collector import Collector
from monitor.metrics.collector_job import CollectorJob
from monitor.metrics.lease import DatabaseLease
from monitor.metrics.models import Lease, Series, Source
from monitor.metrics.readings import Reading, SourceDown, Values
from monitor.metrics.reports import ProcessReport
from monitor.metrics.sources.live import LiveReader
from monitor.metrics.store.ring import RING_SECONDS, RedisRing, Ring, TableRing, get_ring
from tests.support.boards import Given

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=[TableRing, RedisRing])
def ring(request: pytest.FixtureRequest) -> Ring:
    if request.param is RedisRing:
        request.getfixturevalue("real_redis")
    return request.param()  # type: ignore[no-any-return]


@pytest.fixture
def host() -> Given:
    return Given("host", Reading("cpu.busy", 40.0, "%"))


def now() -> int:
    return int(time.time())


def test_the_ring_gives_back_what_came_after_a_moment(ring: Ring) -> None:
    source = Source.objects.create(key="host")
    for t in range(1_000, 1_004):
        ring.append(t, {source.pk: array("d", [t / 8])})
    assert [(row.t, list(row.values)) for row in ring.since(source.pk, 1_001)] == [
        (1_002, [125.25]),
        (1_003, [125.375]),
    ]


def test_a_second_that_was_measured_already_stays_as_it_was(ring: Ring) -> None:
    source = Source.objects.create(key="host")
    ring.append(1_000, {source.pk: array("d", [1.0])})
    ring.append(1_000, {source.pk: array("d", [2.0])})
    assert [list(row.values) for row in ring.since(source.pk, 0)] == [[1.0]]


def test_the_table_forgets_what_is_older_than_the_ring() -> None:
    source, ring = Source.objects.create(key="host"), TableRing()
    for t in (60, 61, 120 + RING_SECONDS):
        ring.append(t, {source.pk: array("d", [1.0])})
    assert [row.t for row in ring.since(source.pk, 0)] == [120 + RING_SECONDS]


def test_a_tick_is_in_the_snapshot(host: Given) -> None:
    t = now()
    Collector([host]).tick(t)
    found = load_snapshot("host")
    assert [column.name for column in found.columns] == ["cpu.busy"]
    assert (found.t, found.v) == ([t], [[40]])


def test_a_source_that_is_down_gives_an_empty_row_and_the_others_go_on(host: Given) -> None:
    other, t = Given("redis", Reading("memory", 5.0)), now()
    collector = Collector([host, other])
    collector.tick(t - 1)
    other.trouble = SourceDown("It is away.")
    collector.tick(t)
    assert load_snapshot("redis").v == [[5, None]]
    assert load_snapshot("host").v == [[40, 40]]
    assert collector.readers[1].error == "It is away."


def test_a_source_that_hangs_costs_the_others_nothing(host: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collectors, "TIMEOUT", 0.05)
    slow, t = Given("redis", Reading("memory", 5.0)), now()
    slow.going.clear()
    collector = Collector([host, slow])
    collector.tick(t - 1)
    collector.tick(t)
    assert load_snapshot("host").v == [[40, 40]]
    assert "No response" in collector.readers[1].error
    slow.going.set()


def test_a_bug_in_a_source_is_its_own_trouble(host: Given) -> None:
    broken = Given("redis")
    broken.trouble = ZeroDivisionError()
    Collector([host, broken]).tick(now())
    assert load_snapshot("host").v == [[40]]


def test_of_two_collectors_one_measures_and_the_other_takes_over(host: Given) -> None:
    first, second = Collector([host]), Collector([host])
    second.lease.holder = "elsewhere:1"
    t = now() // 10 * 10
    first.run_second(t)
    second.run_second(t)
    assert (first.is_active, second.is_active) == (True, False)
    Lease.objects.update(until=timezone.now() - timedelta(seconds=1))  # the first has said nothing for a while
    second.run_second(t + 1)
    first.run_second(t + 1)
    assert (first.is_active, second.is_active) == (False, True)


def test_a_lease_is_free_as_soon_as_its_holder_ends() -> None:
    mine, theirs = DatabaseLease("collector"), DatabaseLease("collector")
    theirs.holder = "elsewhere:1"
    assert mine.hold()
    assert mine.hold()
    assert not theirs.hold()
    mine.release()
    assert theirs.hold()


@pytest.mark.usefixtures("place")
def test_what_processes_tell_is_added_up_and_the_dead_count_no_more() -> None:
    live = LiveReader()
    for name, total in (("one", 100), ("two", 50)):
        reports.store_report(
            ProcessReport(name, time.time(), {"deliveries": total}, {"sockets": 3.0}, {"lag": [0.1, 0.2, total]})
        )
    list(live.read(10.0))
    reports.store_report(
        ProcessReport("one", time.time(), {"deliveries": 120}, {"sockets": 4.0}, {}, ["dashboard.host"])
    )
    reports.store_report(ProcessReport("two", time.time() - 30, {"deliveries": 900}, {"sockets": 7.0}))
    found = {each.name: each.value for each in live.read(12.0)}
    assert found["live.processes"] == 1
    assert found["sockets"] == 4.0
    assert found["deliveries"] == 10.0
    assert live.watched == {"dashboard.host"}


def test_the_ring_is_in_redis_where_there_is_one(settings: Settings) -> None:
    assert isinstance(get_ring(), RedisRing if settings.REDIS else TableRing)


def test_a_tick_that_cannot_be_kept_is_heard_by_the_rules_all_the_same(
    host: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Heard(CollectorJob):
        def __init__(self) -> None:
            self.ticks: list[int] = []

        def tick(self, t: int, rows: Mapping[str, Values]) -> None:
            self.ticks.append(t)

    class Away:
        def append(self, t: int, rows: object) -> None:
            raise redis.ConnectionError("away")

    heard, t = Heard(), now()
    collector = Collector([host], [heard])
    collector.ring = Away()  # type: ignore[assignment]
    collector.tick(t)
    assert heard.ticks == [t]


def test_series_that_another_collector_made_meanwhile_cost_one_tick_and_not_all(host: Given) -> None:
    t, collector = now(), Collector([host])
    collector.tick(t - 2)
    host.readings = (*host.readings, Reading("load.1", 1.0))
    Series.objects.create(source=Source.objects.get(key="host"), name="other", position=1)
    collector.tick(t - 1)
    collector.tick(t)
    assert Series.objects.filter(name="load.1").exists()


def test_a_source_whose_names_no_database_holds_is_its_own_trouble(host: Given) -> None:
    odd, t = Given("odd", Reading("disk.full /media/\udcfc", 1.0)), now()
    collector = Collector([odd, host])
    collector.run_second(t)
    assert load_snapshot("host").v == [[40]]


def test_a_clock_that_was_ahead_stops_nothing_once_it_is_set_back(host: Given) -> None:
    source, t = Source.objects.create(key="host"), now()
    ring, row = get_ring(), array("d", [1.0])
    ring.append(t + 86_400, {source.pk: row})
    for second in (t, t + 1):
        ring.append(second, {source.pk: row})
    assert t + 1 in [each.t for each in ring.since(source.pk, t - 10)]


def test_each_turn_is_seen_from_outside(host: Given, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beat = tmp_path / "beat"
    collector = Collector([host], beat=beat)
    monkeypatch.setattr(collector, "run_second", lambda t: collector.stop())
    collector.run()
    assert healthcheck.probe_heartbeat(str(beat))
    os.utime(beat, (1, 1))
    assert not healthcheck.probe_heartbeat(str(beat)), "long ago"


class SignalAt:
    """Sends SIGTERM when the lines run so far, in this thread and below here, are ``lines``."""

    def __init__(self, lines: int) -> None:
        self.left = lines

    def __call__(self, frame: FrameType, event: str, _argument: object) -> "SignalAt":
        if event == "line":
            self.left -= 1
            if self.left == 0:
                signal.raise_signal(signal.SIGTERM)
        return self


@pytest.mark.timeout(30)
@pytest.mark.parametrize("lines", range(1, 16))
def test_a_signal_ends_it_whatever_it_is_at(lines: int, host: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    collector = Collector([host])
    monkeypatch.setattr(collector, "run_second", lambda t: None)
    before = signal.signal(signal.SIGTERM, lambda *_: collector.stop())
    sys.settrace(SignalAt(lines))
    try:
        collector.run()
    finally:
        sys.settrace(None)
        signal.signal(signal.SIGTERM, before)
