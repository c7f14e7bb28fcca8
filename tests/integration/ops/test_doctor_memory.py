"""``manage.py doctor`` where memory is short: the kernel really kills, in a control group with a limit."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from pytest_django.fixtures import Settings

from ops.doctor import memory, processes
from ops.doctor.installation import COMPOSE
from tests.support.patient import asked, doctor
from tests.support.serving import ROOT, Server, ready
from tests.support.wire import ORIGIN

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]
GROUPS = (("memory", "memory.limit_in_bytes", "memory.oom_control"), ("", "memory.max", "memory.events"))
LIMIT = 400 << 20
HOG = "data = []\nwhile True: data.append(bytearray(16 << 20))"
# doctor with a check that needs more memory than there is
DOCTOR_WITH_HOG = f"""
import django; django.setup()
from django.core.management import execute_from_command_line
from ops.doctor import registry
def hog(_front):
    exec({HOG!r})
    yield
registry.CHECKS["redis"] = hog
execute_from_command_line(["manage.py", "doctor", "--only", "secrets", "--only", "redis", "--only", "clock"])
"""


@pytest.fixture
def narrow_group() -> Iterator[Path]:
    """A control group in which processes may use no more than LIMIT."""
    for controller, limit, _counter in GROUPS:
        parent = Path("/sys/fs/cgroup", controller, memory.get_own_group())
        group = parent / f"myweb-test-{uuid4().hex[:8]}"
        if os.geteuid() == 0 and (parent / "cgroup.procs").exists():
            try:
                group.mkdir()
                (group / limit).write_text(str(LIMIT))
            except OSError:
                continue
            yield group
            group.rmdir()
            return
    pytest.skip("needs root, to make a control group with a memory limit")


def run_in(group: Path, code: str) -> "subprocess.CompletedProcess[str]":
    enter = f"open({str(group / 'cgroup.procs')!r}, 'w').write('0')\n"
    argv = [sys.executable, "-c", enter + code]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "myweb.settings"}
    return subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=100)


def test_a_worker_that_was_killed_for_memory_is_told(narrow_group: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "get_installation", lambda: COMPOSE)
    inside = str(narrow_group.relative_to("/sys/fs/cgroup")).removeprefix("memory/")
    monkeypatch.setattr(memory, "get_own_group", lambda: inside)
    assert doctor("memory")["memory"].message == "none killed in this container"
    assert run_in(narrow_group, HOG).returncode == -signal.SIGKILL
    found = doctor("memory", code=0)["memory"]
    assert found.message == "1 process was killed in this container because memory was short"
    assert "dmesg" in found.hint
    assert "MYWEB_WEB_MEMORY" in found.hint


def test_doctor_that_is_killed_itself_says_so_and_goes_on(narrow_group: Path) -> None:
    done = run_in(narrow_group, DOCTOR_WITH_HOG)
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    assert any("redis  " in line and "ended during this check (signal 9): memory is short" in line for line in lines)
    assert any(" clock  " in line for line in lines), done.stdout


def test_a_counter_that_cannot_be_read_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "get_installation", lambda: COMPOSE)
    monkeypatch.setattr(memory, "CONTROL_GROUPS", tmp_path)
    assert doctor("memory")["memory"].state == "unknown"


async def test_a_socket_process_that_was_killed_is_told_by_the_one_after_it(
    transactional_db: None, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ORIGINS, settings.WEB_STATS = [ORIGIN], str(tmp_path / "stats.sock")
    path = tmp_path / "live1.sock"
    first = Server(path, MYWEB_ORIGINS=ORIGIN)
    await ready(first)
    first.end()  # by SIGKILL
    second = Server(path, MYWEB_ORIGINS=ORIGIN)
    try:
        await ready(second)
        found = await asked("live", url=str(path))
        assert "1 process was killed and replaced, the last one " in found["live"]
        assert "The process before this one" in second.log.read_text()
        monkeypatch.setattr(processes, "RECENT", 0.0)
        assert "killed" not in (await asked("live", url=str(path)))["live"]
        second.process.terminate()
        second.process.wait(20)
        assert not path.exists(), "a process that stops by itself leaves nothing behind"
    finally:
        second.end()


async def test_a_second_process_at_the_same_socket_takes_nothing_away(transactional_db: None, tmp_path: Path) -> None:
    first = Server(tmp_path / "live1.sock")
    try:
        await ready(first)
        second = Server(tmp_path / "live1.sock")
        assert second.process.wait(60) == 1
        assert "another process listens there" in second.log.read_text()
        await ready(first)
    finally:
        first.end()
