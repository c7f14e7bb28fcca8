"""The busiest programs: counted while somebody looks, shown to users who see the machine, and nothing else of them."""

import time

import psutil
import pytest
from django.test import Client

from accounts.models import User
from monitor.metrics.models import Note, Source
from monitor.metrics.processes import (
    NAME,
    PROCESSES_SHOWN,
    CpuSampler,
    ProcessUsage,
    TopProcesses,
    get_top_processes,
    select_busiest,
)
from tests.support.rooms import make_room

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_program_that_works_is_found_by_its_name() -> None:
    watcher = CpuSampler()
    assert watcher.sample(1.0) == []
    own, until = psutil.Process(), time.process_time() + 0.3
    while time.process_time() < until:
        pass
    found = watcher.sample(1.3)
    mine = next(each for each in found if each.pid == own.pid)
    assert (mine.name, mine.cpu > 20, mine.memory > 0) == (own.name(), True, True)
    assert len(found) <= PROCESSES_SHOWN


def test_who_works_most_comes_first_and_then_who_holds_most() -> None:
    one, two, three = ProcessUsage("a", 1, 0.0, 5), ProcessUsage("b", 2, 9.0, 1), ProcessUsage("c", 3, 0.0, 7)
    assert select_busiest([one, two, three]) == [two, three, one]


def looked(top: TopProcesses, *ticks: int) -> bool:
    for t in ticks:
        top.tick(t, {})
        if top.pending:
            top.pending.result(20)
    return Note.objects.exists()


def test_nothing_is_counted_while_nobody_looks() -> None:
    assert not looked(TopProcesses(), 1_000, 1_010, 1_020)  # rare ticks
    assert looked(TopProcesses(), *range(1_000, 1_011))


def test_those_who_see_the_machine_see_them(client: Client, ada: User, ben: User, cleo: User) -> None:
    Source.objects.create(key="host", room=make_room(ada, ben))
    Note.objects.create(name=NAME, at=time.time(), body=[["<uwsgi>", 12, 51.5, 2**20]])
    client.force_login(ben)
    html = client.get("/dashboards/host/processes/").content.decode()
    assert "&lt;uwsgi&gt;" in html
    assert "51.5" in html
    client.force_login(cleo)
    assert client.get("/dashboards/host/processes/").status_code == 404


def test_what_is_old_is_not_shown(ada: User) -> None:
    note = Note.objects.create(name=NAME, at=time.time(), body=[["uwsgi", 12, 51.5, 2**20]])
    assert get_top_processes() == [ProcessUsage("uwsgi", 12, 51.5, 2**20)]
    note.at -= 60
    note.save()
    assert get_top_processes() == []
