"""``manage.py doctor`` under compose: what was broken is named, and the hint is typed as it stands."""

import json
import subprocess
from typing import Any

import pytest

from tests.compose.project import compose, containers, inside, mend, name, run, settings
from tests.faults.stack import ROOT
from tests.support.wire import reached

Found = dict[str, dict[str, Any]]


def examine(*names: str) -> Found:
    """The exit status does not count here."""
    only = " ".join(f"--only {name}" for name in names)
    said = inside("web", "sh", "-c", f"python manage.py doctor --json {only} || true")
    return {check["name"]: check for check in json.loads(said)["checks"]}


def told(found: Found, check: str) -> str:
    return " | ".join(f"{finding['message']} > {finding.get('hint', '')}" for finding in found[check]["findings"])


def type_hint(found: Found, check: str) -> str:
    """The first one, with the name of this project for the usual one."""
    hint = next(finding["hint"] for finding in found[check]["findings"] if "hint" in finding)
    command = hint.replace("docker compose ", f"docker compose -p {name()} --env-file /dev/null ")
    command = command.replace(" exec ", " exec -T ")
    return run("sh", "-euc", command, **settings())


@pytest.fixture(autouse=True)
def mended_afterwards() -> Any:
    yield
    mend()


async def test_nothing_is_failed_and_the_disk_of_the_database_is_unknown() -> None:
    await reached(lambda: "failed" not in {check["state"] for check in examine().values()}, "no failure", 90)
    found = examine()
    assert found["disk"]["state"] == "unknown"
    assert found["redis"]["state"] == "ok", told(found, "redis")
    assert "none killed in this container" in told(found, "memory")
    assert "/var/lib/postgresql/data" in type_hint(found, "disk")


async def test_the_hint_for_a_hanging_socket_process_restarts_it_alone() -> None:
    await reached(lambda: "in 2 processes" in told(examine("live"), "live"), "two processes", 90)
    hanging, other = compose("ps", "--quiet", "live").split()
    begun = start_of(other)
    run("docker", "exec", hanging, "python", "-c", STOP)
    found = examine("live")
    assert "1 process does not answer" in told(found, "live")
    type_hint(found, "live")
    await reached(lambda: "in 2 processes" in told(examine("live"), "live"), "two processes", 90)
    assert start_of(other) == begun


def start_of(container: str) -> str:
    return run("docker", "inspect", "--format", "{{.State.StartedAt}}", container)


# Stops the process below Docker's init, and the watcher that would end it.
STOP = """
import os, pathlib, signal
for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
    words = path.read_bytes().split(b"\\0")
    if b"live" in words and int(path.parent.name) not in (1, os.getpid()):
        os.kill(int(path.parent.name), signal.SIGSTOP)
"""


async def test_the_hint_for_stores_that_are_stopped_starts_them() -> None:
    compose("stop", "redis")
    found = examine("redis")
    assert "docker compose start redis; " in told(found, "redis")
    type_hint(found, "redis")
    await reached(lambda: examine("redis")["redis"]["state"] == "ok", "Redis", 60)


def test_a_worker_that_needs_too_much_memory_is_told() -> None:
    (web,) = containers("web")
    run("docker", "update", "--memory", "900m", "--memory-swap", "900m", web)
    hog = "data = []\nwhile True: data.append(bytearray(16 << 20))"
    hogs = ["docker", "exec", web, "python", "-c", f"open('/proc/self/oom_score_adj', 'w').write('1000')\n{hog}"]
    assert subprocess.run(hogs, cwd=ROOT, capture_output=True, check=False).returncode == 137
    found = examine("memory")
    assert "1 process was killed in this container because memory was short" in told(found, "memory")
    assert "MYWEB_WEB_MEMORY" in told(found, "memory")
    run("docker", "update", "--memory", "2g", "--memory-swap", "2g", web)
