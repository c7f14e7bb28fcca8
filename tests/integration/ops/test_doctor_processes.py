"""``manage.py doctor`` on uWSGI, the socket servers and the collector."""

import socketserver
import time
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from pytest_django.fixtures import Settings

from monitor.metrics import reports
from monitor.metrics.lease import DatabaseLease
from monitor.metrics.models import Lease, Process, Source
from monitor.metrics.reports import ProcessReport
from monitor.metrics.store.ring import get_ring
from realtime.database import in_thread
from tests.support import machines
from tests.support import redis as stores
from tests.support.patient import HERE, answering, asked, doctor, served
from tests.support.serving import Server, Start, ready
from tests.support.wire import ORIGIN

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]
Patch = pytest.MonkeyPatch


@contextmanager
def listening(answer: bytes) -> Iterator[str]:
    """A server that says one thing to everybody and hangs up."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.sendall(answer)

    with served(Handler) as place:
        yield place


def test_uwsgi_tells_how_many_work_and_wait(settings: Settings) -> None:
    workers = [{"id": 1, "pid": 7, "status": "busy"}, {"id": 2, "pid": 8, "status": "busy", "harakiri_count": 1}]
    stats = {"listen_queue": 3, "workers": workers, "sockets": [{"name": "x", "queue": 3, "max_queue": 100}]}
    with listening(msgspec.json.encode(stats)) as place:
        settings.WEB_STATS = place
        found = doctor("uwsgi", code=0)["uwsgi"]
    assert found.message == "2 of 2 workers busy, 3 waiting of 100; 1 request took longer than 30 s since the start"
    assert "MYWEB_WEB_PROCESSES=4" in found.hint


def test_uwsgi_without_workers_makes_no_pages(settings: Settings) -> None:
    with listening(b'{"workers": [{"id": 1, "pid": 0}]}') as place:
        settings.WEB_STATS = place
        assert doctor("uwsgi")["uwsgi"].message == "it has no workers"


def test_uwsgi_that_tells_nothing_is_a_warning_with_the_way_out(settings: Settings) -> None:
    settings.WEB_STATS = f"{HERE}:{stores.free_port()}"
    found = doctor("uwsgi", code=0)["uwsgi"]
    assert (found.state, "no statistics at" in found.message) == ("warning", True)
    assert "uwsgi --ini" in found.hint


def test_where_uwsgi_is_not_said_to_be_it_is_not_missed(settings: Settings) -> None:
    settings.WEB_STATS = ""
    assert doctor("uwsgi")["uwsgi"].state == "skipped"


async def test_several_processes_without_redis_are_a_failure(start: Start, no_redis: None, settings: Settings) -> None:
    settings.ORIGINS, server = [ORIGIN], start()
    await ready(server)
    for name in ("live1", "live2"):
        await in_thread(reports.store_report, ProcessReport(name, time.time()))
    found = await asked("live", url=str(server.path))
    assert "several processes without Redis" in found["live"]
    assert "REDIS_HOST" in found["live"]


def test_what_a_process_told_before_it_ended_is_not_taken_for_life(no_redis: None) -> None:
    reports.store_report(ProcessReport("host:1", time.time()))
    with machines.web(answering(ws=(502, {}, b""))) as front:
        found = doctor("live", url=front)["live"]
    assert found.message == "nginx responds, but no socket process behind it (502)"
    assert "manage.py live" in found.hint
    Process.objects.all().delete()


def test_a_collector_is_well_while_it_measures() -> None:
    assert "no collector has ever run here" in doctor("collector")["collector"].message
    held = DatabaseLease("collector")
    assert held.hold()
    found = doctor("collector")["collector"]
    assert "has the lease and has measured nothing for 30 s" in found.message
    host, database = (Source.objects.create(key=key) for key in ("host", "database"))
    get_ring().append(int(time.time()), {host.pk: array("d", [1.0]), database.pk: array("d", [2.0])})
    assert doctor("collector")["collector"].state == "ok"
    get_ring().append(int(time.time()) + 1, {host.pk: array("d", [1.0]), database.pk: array("d")})
    found = doctor("collector", code=0)["collector"]
    assert found.message.endswith("; it cannot read database")
    Lease.objects.filter(name="collector").update(until="2026-01-01T00:00:00Z")
    found = doctor("collector")["collector"]
    assert found.message == "no collector is active: no alerts, no dashboards"
    assert "collect" in found.hint


@pytest.mark.parametrize("origin", [ORIGIN, "https://chat.example.com"])
async def test_of_several_processes_the_dead_one_is_named(
    transactional_db: None, tmp_path: Path, settings: Settings, origin: str
) -> None:
    settings.ORIGINS, settings.WEB_STATS = [origin], str(tmp_path / "stats.sock")
    servers = [Server(tmp_path / f"live{number}.sock", MYWEB_ORIGINS=origin) for number in (1, 2)]
    try:
        await ready(*servers)
        found = await asked("live", url=str(servers[0].path))
        assert "0 open sockets in 2 processes" in found["live"]
        servers[1].end()
        found = await asked("live", url=str(servers[0].path))
        assert "1 process does not answer: live2.sock" in found["live"]
        servers[0].end()
        found = await asked("live", url=str(servers[0].path))
        assert "2 processes do not answer: live1.sock, live2.sock" in found["live"]
        assert "manage.py live" in found["live"]
    finally:
        for each in servers:
            each.end()
