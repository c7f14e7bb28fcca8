"""``manage.py doctor`` at a running stack: all is well through nginx, and what was broken is named with the way out."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.faults.conversation import in_database, prepare
from tests.faults.stack import LIVE, ROOT, folder, run_stack
from tests.support.wire import reached

Findings = dict[str, dict[str, Any]]


def asked(*arguments: str) -> tuple[int, Findings]:
    argv = ["bin/stack", "manage", "doctor", "--json", *arguments]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    assert not done.stderr
    return done.returncode, {each["name"]: each for each in json.loads(done.stdout)["checks"]}


def told(found: Findings, name: str) -> str:
    return " | ".join(f"{each['message']} > {each.get('hint', '')}" for each in found[name]["findings"])


@pytest.fixture(autouse=True)
async def well() -> None:
    """The collector may have to wait for a lease that a killed one still has."""
    await in_database(prepare, 1)  # so that the house is somebody's
    await reached(lambda: asked()[0] == 0, "doctor finds nothing wrong", 60)


@contextmanager
def killed(*parts: str) -> Iterator[None]:
    run_stack("kill", *parts)
    try:
        yield
    finally:
        run_stack("start", *parts)


@contextmanager
def nginx_with(change: Callable[[str], str]) -> Iterator[None]:
    path = folder() / "nginx" / "conf.d" / "myweb.conf"
    before = path.read_text()
    assert change(before) != before
    path.write_text(change(before))
    try:
        reload()
        yield
    finally:
        path.write_text(before)
        reload()


def reload() -> None:
    number = int((folder() / "run" / "nginx.pid").read_text().split()[0])
    os.kill(number, signal.SIGHUP)


async def test_all_is_well_through_nginx() -> None:
    _code, found = asked()
    skipped = {name for name, each in found.items() if each["state"] == "skipped"}
    warned = {name for name, each in found.items() if each["state"] == "warning"}
    assert skipped == {"certificate", "mail", "previews"}  # none of them is set up here
    if "killed and replaced" in told(found, "live"):
        warned.discard("live")  # by an earlier test of this folder
    assert warned <= {"backup", "clock", "disk", "memory"}, "what this machine is like"
    assert "in 2 processes" in told(found, "live")
    assert "unknown host names are rejected" in told(found, "pages")
    assert "a foreign origin is rejected" in told(found, "websocket")
    assert "served by nginx, cacheable forever" in told(found, "static")


async def test_socket_servers_that_are_dead_are_named_one_by_one() -> None:
    with killed(LIVE[0]):
        code, found = asked("--only", "live", "--only", "websocket")
        assert code == 0, "the other one does it"
        assert "1 process does not answer: live1.sock" in told(found, "live")
        with killed(LIVE[1]):
            code, found = asked("--only", "live", "--only", "websocket", "--only", "pages")
    assert code == 1
    assert "no socket process behind it (503) > bin/stack start live1 live2" in told(found, "websocket")
    assert "2 processes do not answer" in told(found, "live")
    assert found["pages"]["state"] == "ok"


async def test_what_doctor_asks_leaves_nothing_in_the_logs() -> None:
    before = {part: log_of(part) for part in ("web", *LIVE)}
    asked("--only", "pages", "--only", "websocket", "--only", "origins", "--only", "live")
    for part, lines in before.items():
        assert log_of(part) == lines


def log_of(part: str) -> str:
    return (folder() / "logs" / f"{part}.log").read_text()


async def test_the_hint_for_a_dead_process_mends_it_and_disconnects_nobody_else() -> None:
    other = pid_of(LIVE[1])
    run_stack("kill", LIVE[0])
    try:
        _code, found = asked("--only", "live")
        type_hint(found, "live")
        _code, found = asked("--only", "live")
        assert "in 2 processes" in told(found, "live")
        assert pid_of(LIVE[1]) == other
    finally:
        run_stack("start", *LIVE)


async def test_the_hint_for_dead_stores_mends_them() -> None:
    run_stack("kill", "postgres", "redis")
    try:
        _code, found = asked("--only", "database", "--only", "redis")
        for name in ("database", "redis"):
            type_hint(found, name)
        assert asked("--only", "database", "--only", "redis")[0] == 0
    finally:
        run_stack("start", "postgres", "redis")


def pid_of(part: str) -> str:
    return (folder() / "run" / f"{part}.pid").read_text()


def type_hint(found: Findings, name: str) -> None:
    hint = next(finding["hint"] for finding in found[name]["findings"] if "hint" in finding)
    subprocess.run(["sh", "-euc", hint], cwd=ROOT, capture_output=True, check=True)


async def test_a_process_that_hangs_is_told_from_nginx_that_hands_on_to_it() -> None:
    run_stack("pause", *LIVE)
    try:
        _code, found = asked("--only", "websocket", "--only", "live", "--only", "static")
    finally:
        run_stack("resume", *LIVE)
    assert "timeout; nginx waits for live > bin/stack start live1 live2" in told(found, "websocket")
    assert "2 processes do not answer" in told(found, "live")
    assert found["static"]["state"] == "ok"


async def test_a_path_that_nginx_leads_elsewhere_is_found() -> None:
    with nginx_with(lambda text: text.replace("location = /ws/ {", "location = /elsewhere/ {")):
        await reached(lambda: asked("--only", "websocket")[0] == 1, "nginx leads elsewhere")
        _code, found = asked("--only", "websocket")
    assert "Route /ws/ to live" in told(found, "websocket")
    with nginx_with(lambda text: text.replace("alias ", "alias /nowhere")):
        await reached(lambda: asked("--only", "static")[0] == 1, "nginx serves nothing")
        _code, found = asked("--only", "static")
    assert "is not served (404)" in told(found, "static")
    assert "MYWEB_STATIC_ROOT" in told(found, "static")


async def test_stores_that_are_dead_hide_nothing_else() -> None:
    with killed("postgres", "redis"):
        code, found = asked()
    assert code == 1
    assert "it does not respond" in told(found, "database")
    assert "publishing failed" in told(found, "layer")
    assert "the pages do not reach the database" in told(found, "pages")
    assert "live does not reach the database" in told(found, "websocket")
    for name in ("database", "pages", "websocket"):
        assert "bin/stack start postgres" in told(found, name)
        assert "start web" not in told(found, name)
        assert "start live" not in told(found, name)
    for name in ("redis", "layer", "live"):
        assert "bin/stack start redis" in told(found, name)
    assert "cannot be seen from here" in told(found, "disk")
    for name in ("uwsgi", "static", "secrets"):
        assert found[name]["state"] in {"ok", "warning"}, told(found, name)


async def test_a_collector_and_pages_that_are_dead_are_told_with_the_command_that_starts_them() -> None:
    with killed("collector", "web"):
        await reached(lambda: asked("--only", "collector")[0] == 1, "the lease is over")
        code, found = asked()
    assert code == 1
    assert "bin/stack start collector" in told(found, "collector")
    assert "nginx responds, but no pages behind it (503)" in told(found, "pages")
    assert "bin/stack start web" in told(found, "uwsgi")
    assert "the known addresses can't be read (503)" in told(found, "origins")
