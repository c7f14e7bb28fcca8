"""Commands under compose: a container of their own runs them, whose user reads no secret and reaches no store."""

import asyncio
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest

from monitor.checks.models import ProbeCommand, ProbeRun
from tests.compose.project import address, compose, inside, mend, up
from tests.faults.conversation import in_database

ON = {"COMPOSE_PROFILES": "commands", "MYWEB_COMMANDS": "yes"}
TIMEOUT = 60.0  # seconds
# Prints the user, and then what it can read or connect to.
LOOK = """
id -u
for path in /secrets/*/* /run/myweb/* /run/status/*; do [ ! -r $path ] || echo $path; done
for store in {postgres}/5432 {redis}/6379; do
  timeout 3 bash -c ": </dev/tcp/$store" 2>/dev/null && echo $store
done
true
"""


@pytest.fixture
def runner() -> Iterator[None]:
    try:
        up(**ON)
        yield
    finally:
        compose("rm", "--stop", "--force", "commands", **ON)
        mend()


def look() -> str:
    return LOOK.format(postgres=address("postgres"), redis=address("redis"))


def queue(script: str) -> ProbeRun:
    """For the collector, past everything that checks a request."""
    argv = ["sh", "-c", script]
    command = ProbeCommand.objects.create(name=f"look-{uuid4().hex[:8]}", argv=argv)
    return ProbeRun.objects.create(kind="command", command=command, words=command.name, argv=argv, timeout=20)


def run_by_collector(script: str) -> ProbeRun:
    run, end = queue(script), time.monotonic() + TIMEOUT
    while not run.is_over:
        assert time.monotonic() < end, "no collector ran it"
        time.sleep(0.1)
        run.refresh_from_db()
    return run


async def finished(script: str) -> ProbeRun:
    return await in_database(run_by_collector, script)


def test_the_pages_reach_the_secrets_and_the_stores() -> None:
    """So the test below would see it."""
    user, *reachable = inside("web", "sh", "-c", look()).split()
    assert user == "10001"
    assert {"/secrets/site/secret-key", "/secrets/postgres/password", "/secrets/redis/password"} < {*reachable}
    assert {f"{address('postgres')}/5432", f"{address('redis')}/6379", "/run/myweb/web.sock"} < {*reachable}


async def test_a_command_is_another_user_who_reads_no_secret_and_reaches_no_store(runner: None) -> None:
    run = await finished(look())
    assert (run.status, run.stderr, run.stdout.split()) == ("done", "", ["10002"])
    environment = (await finished("tr '\\0' '\\n' </proc/1/environ; env")).stdout
    assert "PATH=" in environment
    assert not [name for name in ("SECRET", "PASSWORD", "DATABASE_", "REDIS_") if name in environment]


async def test_the_runner_stays_at_a_second_up_and_comes_back_after_a_kill(runner: None) -> None:
    before = compose("ps", "--all", "--quiet", **ON).split()
    up(**ON)
    assert compose("ps", "--all", "--quiet", **ON).split() == before
    assert (await finished("kill -KILL -1; sleep 20")).signal == 9, "whatever the runner's user has started"
    async with asyncio.timeout(TIMEOUT):
        while (await finished("echo here")).stdout != "here":
            pass


async def test_with_commands_off_nothing_runs() -> None:
    run = await finished("echo here")
    assert (run.status, run.stdout) == ("refused", "")
    assert "disabled" in run.said
    assert compose("ps", "--all", "--quiet", "commands", COMPOSE_PROFILES="commands") == ""
