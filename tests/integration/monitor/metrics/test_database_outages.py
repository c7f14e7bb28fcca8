"""While the database is away the collector measures on, in memory; when it is back nothing of the gap is missing."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import redis
from django.db import OperationalError, connection

from chat.models import Room
from monitor.alerts.collector_job import Evaluation
from monitor.alerts.models import Alert
from monitor.metrics import collector as collectors
from monitor.metrics.collector import Collector
from monitor.metrics.collector_job import CollectorJob
from monitor.metrics.lease import get_unmeasured_since, read_last_tick
from monitor.metrics.models import Lease, Source
from monitor.metrics.pending import MAX_READINGS, Measurement, PendingMeasurements, SourceReadings
from monitor.metrics.readings import Reading, SourceDown
from monitor.metrics.store.ring import get_ring
from tests.support.alerts import MakeRule, cards, make_rule
from tests.support.boards import Given

__all__ = ["make_rule"]
pytestmark = pytest.mark.django_db(transaction=True)


class Clock:
    """Seconds that the tests make."""

    def __init__(self) -> None:
        self.t = 1_900_000_000

    def __getattr__(self, name: str) -> Any:
        return lambda: float(self.t)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(collectors, "time", clock)
    collectors.failures.failing.clear()
    return clock


def refuse(*_call: object) -> None:
    raise OperationalError("the connection is lost")


@contextmanager
def away() -> Iterator[None]:
    """No query of this thread is answered."""
    with connection.execute_wrapper(refuse):
        yield


def run(collector: Collector, clock: Clock, seconds: int) -> None:
    for _second in range(seconds):
        clock.t += 1
        collector.run_second(clock.t)


def list_times(key: str) -> list[int]:
    return [row.t for row in get_ring().since(Source.objects.get(key=key).pk, 0)]


def test_the_values_of_a_gap_are_stored_when_it_is_over(clock: Clock) -> None:
    host = Given("host", Reading("load", 1.0))
    collector = Collector([host])
    run(collector, clock, 3)
    begin = clock.t
    with away():
        run(collector, clock, 40)
    run(collector, clock, 2)
    assert list_times("host")[:3] == [begin - 2, begin - 1, begin]
    assert list_times("host")[3:] == [*range(begin + 1, begin + 41, 5), begin + 41, begin + 42]
    assert collector.is_active


def test_the_alert_of_an_outage_is_there_when_it_is_over_with_the_time_of_its_begin(
    clock: Clock, room: Room, make_rule: MakeRule
) -> None:
    make_rule(title="A server is away", source="database", series="up", comparison="<", threshold=1.0, hold=30)
    database = Given("database", Reading("answer", 0.1))
    collector = Collector([database], [Evaluation()])
    run(collector, clock, 5)
    begin = clock.t
    database.trouble = SourceDown("It is away.")
    with away():
        run(collector, clock, 60)
    database.trouble = None
    run(collector, clock, 1)
    alert = Alert.objects.get()
    assert 30 <= alert.began_at.timestamp() - begin <= 40
    assert alert.ended_at is not None
    assert [card["state"] for card in cards(room)] == ["resolved"]


def test_its_log_has_two_lines_for_a_gap_of_a_minute_and_one_for_its_end(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    collector = Collector([Given("host", Reading("load", 1.0))])
    run(collector, clock, 2)
    caplog.clear()
    with away():
        run(collector, clock, 59)
    run(collector, clock, 2)
    first, stored, over = caplog.messages
    assert first == "The tick failed: the connection is lost"
    assert stored == "Stored 12 measurements of the last 55 s, made without the database."
    assert over.startswith("The tick works again after ")


def test_the_components_are_told_and_none_of_them_asks_the_database(clock: Clock) -> None:
    class Listening(CollectorJob):
        def __init__(self) -> None:
            self.told: list[str] = []

        def second(self, t: int) -> None:
            self.told.append("second")

        def without_database(self, t: int, reason: str) -> None:
            self.told.append(reason)

    listening = Listening()
    collector = Collector([Given("host")], [listening])
    run(collector, clock, 1)
    with away():
        run(collector, clock, 2)
    run(collector, clock, 1)
    assert listening.told == ["second", "the connection is lost", "the connection is lost", "second"]


def test_a_collector_on_standby_lets_the_one_go_first_that_has_measured(clock: Clock) -> None:
    first, second = Collector([Given("host", Reading("load", 1.0))]), Collector([Given("host", Reading("load", 1.0))])
    second.lease.holder = "elsewhere:1"
    run(first, clock, 1)
    second.run_second(clock.t)
    with away():
        run(first, clock, 20)
        second.run_second(clock.t)
    Lease.objects.update(until="2001-01-01T00:00:00Z")
    second.run_second(clock.t + 1)
    run(first, clock, 1)
    assert (first.is_active, second.is_active) == (True, False)
    assert len(list_times("host")) == 1 + 4 + 1
    Lease.objects.update(until="2001-01-01T00:00:00Z")
    clock.t += 20
    second.run_second(clock.t)
    assert second.is_active, "the first has died"


def test_values_measured_before_another_took_over_are_dropped(clock: Clock) -> None:
    collector = Collector([Given("host", Reading("load", 1.0))])
    run(collector, clock, 1)
    with away():
        run(collector, clock, 10)
    Lease.objects.update(holder="elsewhere:1", until="2100-01-01T00:00:00Z")
    run(collector, clock, 1)
    assert not collector.is_active
    assert not collector.pending.waiting
    assert len(list_times("host")) == 1


def test_rows_that_the_ring_does_not_take_follow_when_it_does(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As while Redis is away and the database works."""

    def refuse_rows(*_call: object) -> None:
        raise redis.ConnectionError("away")

    collector = Collector([Given("host", Reading("load", 1.0))])
    run(collector, clock, 1)
    with monkeypatch.context() as patch:
        patch.setattr(type(collector.ring), "append", refuse_rows)
        run(collector, clock, 5)
    run(collector, clock, 1)
    assert list_times("host") == [*range(clock.t - 6, clock.t + 1)]
    assert [record.getMessage().partition(" ")[0] for record in caplog.records if record.levelname == "WARNING"] == [
        "Storing",
        "Storing",
    ]


def test_memory_holds_the_last_minutes_and_no_more_readings_than_the_limit() -> None:
    pending = PendingMeasurements()
    few = [SourceReadings("host", None, [Reading("load", 1.0)])]
    for t in range(0, 3_600, 5):
        assert pending.is_due(t)
        pending.add(Measurement(t, few))
    assert [pending.waiting[0].t, pending.waiting[-1].t] == [3_595 - 179 * 5, 3_595]
    many = [SourceReadings("host", None, [Reading("load", 1.0)] * (MAX_READINGS // 10))]
    for t in range(3_600, 3_700, 5):
        pending.add(Measurement(t, many))
    assert len(pending.waiting) == 10


def test_the_lease_says_when_it_was_measured_last() -> None:
    assert read_last_tick() is None
    assert get_unmeasured_since() is None
    collector = Collector([Given("host", Reading("load", 1.0))])
    collector.run_second(10)
    collector.run_second(20)
    tick = read_last_tick()
    assert tick is not None
    assert not tick.is_old
    assert get_unmeasured_since() is None
    Lease.objects.update(measured_at="2026-01-02T03:04:05Z")
    since = get_unmeasured_since()
    assert since is not None
    assert since.isoformat() == "2026-01-02T03:04:05+00:00"
