"""A socket process whose lock (GIL) is held: its watcher ends it, and Docker starts it again."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compose.project import compose, mend, mended, run, up
from tests.faults.conversation import conversation
from tests.support.stalling import Stall

SIGN = "/tmp/stall"  # on the tmpfs of one container, which is empty after a restart
FILES = os.pathsep.join(["docker-compose.yml", "tests/compose/stalling.yml"])


@pytest.fixture
def stalling(tmp_path: Path) -> Iterator[None]:
    Stall(tmp_path, Path(SIGN))
    tmp_path.chmod(0o755)
    try:
        up(COMPOSE_FILE=FILES, STALL=str(tmp_path))
        yield
    finally:
        mend()


def stall(container: str) -> None:
    run("docker", "exec", container, "sh", "-c", f"printf pattern >{SIGN}.new && mv {SIGN}.new {SIGN}")


def restarts(container: str) -> int:
    return int(run("docker", "inspect", "--format", "{{.RestartCount}}", container))


async def test_a_socket_process_that_stands_still_is_ended_and_comes_back_by_itself(stalling: None) -> None:
    stalled, other = compose("ps", "--quiet", "live").split()
    async with conversation(mend=mended) as talk:
        await asyncio.to_thread(stall, stalled)
        assert await asyncio.to_thread(run, "timeout", "60", "docker", "wait", stalled) == "137\n"
        await talk.goes_on()
        await asyncio.to_thread(run, "docker", "kill", other)  # for good: the first serves all
        await talk.goes_on()
        await talk.ends()
    assert (restarts(stalled), restarts(other)) == (1, 0)
    log = compose("logs", "--no-color", "live")
    assert "has not responded for 5 s" in log
    assert "sitecustomize.py" in log, "where it stood"
