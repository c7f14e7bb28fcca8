"""A process that stands still is ended, whatever it stands in; one that was stopped, or ends, is not."""

import asyncio
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from django.conf import settings

from accounts.models import User
from deploy import healthcheck
from deploy.stack.process import OwnedProcess
from realtime.database import in_thread
from realtime.watchdog import Watchdog
from tests.support.serving import ROOT, Server, Start, ended, environment, ready
from tests.support.stalling import KINDS, Stall
from tests.support.wire import open_session, reached

pytestmark = [pytest.mark.usefixtures("transactional_db"), pytest.mark.any_database]

SECONDS = 4  # a busy machine may hold up a server for one or two
SLOW = 60.0  # seconds that a site may take to start beside other tests
WATCHED = {"MYWEB_WATCHDOG_SECONDS": str(SECONDS)}


def watcher_of(server: Server) -> OwnedProcess | None:
    process = OwnedProcess.of(server.process.pid)
    assert process
    return next((each for each in process.family() if "watchdog_process.py" in command_of(each.pid)), None)


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


async def seconds_go_by(seconds: float) -> None:
    end = time.monotonic() + seconds
    await reached(lambda: time.monotonic() >= end)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_socket_server_that_stands_still_is_ended_with_its_stacks_in_the_log(
    start: Start, ada: User, tmp_path: Path, kind: str
) -> None:
    stall = Stall(tmp_path)
    server, session = start(**WATCHED, **stall.environment), await in_thread(open_session, ada)
    await ready(server)
    async with server.connect(session) as line:
        await line.ok("ping")
        stall.begin(kind)
        await reached(lambda: "has not responded" in server.log.read_text(), "the line of the watcher")
        server.process.send_signal(signal.SIGTERM)  # it does not hear it
        assert await asyncio.to_thread(server.process.wait, 20) == -signal.SIGKILL
    log = server.log.read_text()
    line_of_log = (
        f"ERROR realtime.watchdog: Process {server.process.pid} has not responded for {SECONDS} s and is killed."
    )
    assert line_of_log in log
    assert "Thread 0x" in log.partition(line_of_log)[2]
    assert ("sitecustomize.py" if kind != "loop" else "live.py") in log.partition(line_of_log)[2]


@pytest.mark.parametrize("both", [False, True], ids=["alone", "with its watcher"])
async def test_a_socket_server_that_was_stopped_for_longer_goes_on(start: Start, ada: User, both: bool) -> None:
    server, session = start(**WATCHED), await in_thread(open_session, ada)
    await ready(server)
    watcher = watcher_of(server)
    assert watcher
    pids = [server.process.pid, *([watcher.pid] if both else [])]
    async with server.connect(session) as line:
        await line.ok("ping")
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        await seconds_go_by(2 * SECONDS)
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        for _second in range(2 * SECONDS):
            await line.ok("ping")
            await seconds_go_by(1)
        assert server.process.poll() is None


async def test_the_watcher_ends_with_its_process_and_one_that_died_is_replaced(start: Start) -> None:
    server = start(**WATCHED)
    await ready(server)
    first = watcher_of(server)
    assert first
    os.kill(first.pid, signal.SIGKILL)
    await reached(lambda: (now := watcher_of(server)) and now != first, "another watcher")
    second = watcher_of(server)
    assert second
    os.kill(second.pid, signal.SIGTERM)  # as systemd does it to all of a unit
    assert second.alive()
    server.end()
    await reached(lambda: not second.alive(), "its end")


async def test_a_stop_of_the_whole_unit_does_not_end_a_watcher_that_is_just_starting() -> None:
    watchdog = Watchdog(10)
    process = watchdog.process
    assert process
    assert process.stdin
    process.terminate()
    process.stdin.close()
    assert await asyncio.to_thread(process.wait, 20) == 0, "by the end of its input, not by the signal"


async def test_a_stop_takes_its_time(start: Start, ada: User) -> None:
    """Longer than the watchdog waits: the loop turns while everybody is sent home."""
    server, session = start(**WATCHED), await in_thread(open_session, ada)
    await ready(server)
    async with server.connect(session) as line:
        await line.ok("ping")
        server.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(server.process.wait, 20) == 0
    assert "has not responded" not in server.log.read_text()


async def test_0_seconds_mean_no_watchdog(start: Start) -> None:
    server = start(MYWEB_WATCHDOG_SECONDS="0")
    await ready(server)
    assert watcher_of(server) is None


def test_thirty_seconds_are_what_is_set() -> None:
    assert settings.WATCHDOG_SECONDS == 30


def test_a_collector_that_stands_still_is_ended(tmp_path: Path) -> None:
    stall, beat = Stall(tmp_path), tmp_path / "beat"
    argv = [str(ROOT / ".venv/bin/python"), "manage.py", "collect", "--beat-file", str(beat)]
    more = {"MYWEB_WATCHDOG_SECONDS": "1", **stall.environment}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(argv, cwd=ROOT, env=environment() | more, stderr=log)
    with ended(process):
        asyncio.run(reached(beat.exists, "its first turn"))
        stall.begin("pattern")
        assert process.wait(20) == -signal.SIGKILL
    assert "has not responded for 4 s" in (tmp_path / "log").read_text()


def test_a_page_process_that_stands_still_is_ended_by_uwsgi(tmp_path: Path) -> None:
    """Its master needs no lock of the worker's. The worker is in a request when it stands."""
    path, stall, log = tmp_path / "web.sock", Stall(tmp_path), tmp_path / "log"
    config = (ROOT / "deploy/uwsgi/myweb.ini").read_text()
    assert "harakiri = 30\n" in config
    (tmp_path / "web.ini").write_text(
        config.replace("harakiri = 30\n", "harakiri = 2\n").replace("%d../../", str(ROOT))
    )
    more = {
        "MYWEB_WEB_SOCKET": str(path),
        "MYWEB_WEB_PROCESSES": "1",
        "MYWEB_WEB_STATS": str(tmp_path / "stats.sock"),
        "VIRTUAL_ENV": str((ROOT / ".venv").resolve()),
        **stall.environment,
    }
    argv = [str(ROOT / ".venv/bin/uwsgi"), "--ini", str(tmp_path / "web.ini")]
    with log.open("wb") as out:
        process = subprocess.Popen(argv, env=environment() | more, stdout=out, stderr=out)
    with ended(process):
        asyncio.run(reached(lambda: answers(path), "the first page", SLOW))
        stall.begin("pattern")
        asyncio.run(reached(lambda: answers(path) is False, "a page that does not come", SLOW))
        asyncio.run(reached(lambda: "HARAKIRI" in log.read_text(), "its end", SLOW))
        asyncio.run(reached(lambda: answers(path), "the next worker", SLOW))


def answers(path: Path) -> bool:
    try:
        return healthcheck.request_page(str(path), "/healthz", "http://127.0.0.1:8000") == 200
    except OSError:
        return False
