"""The stack under test, broken and mended by ``bin/stack``, and what /proc says of its parts."""

import asyncio
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
LIVE = ("live1", "live2")
TIMEOUT = 240  # seconds; asyncio waits for its threads, however long they take
PARTS = ("postgres", "redis", *LIVE, "web", "nginx", "collector", "worker")


def folder() -> Path:
    return Path(os.environ["MYWEB_STACK_DIR"])


def site() -> str:
    return os.environ["MYWEB_TEST_URL"]


def port_of(store: str) -> int:
    port: int = json.loads((folder() / "stack.json").read_text())[store]
    return port


def path_of(live: str) -> str:
    return str(folder() / "run" / f"{live}.sock")


def only(live: str) -> dict[str, object]:
    """The way to one of the socket servers, past nginx."""
    return {"unix": True, "path": path_of(live)}


def run_stack(*arguments: str) -> str:
    argv = ["bin/stack", *arguments]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False, timeout=TIMEOUT)
    assert done.returncode == 0, f"bin/stack {' '.join(arguments)}: {done.stderr}"
    return done.stdout


async def stack(*arguments: str) -> str:
    return await asyncio.to_thread(run_stack, *arguments)


@contextmanager
def started_with(*parts: str, **environment: str) -> Iterator[None]:
    """Parts in another environment for a while."""
    run_stack("kill", *parts)
    try:
        run_stack("start", *(f"--set={name}={value}" for name, value in environment.items()), *parts)
        yield
    finally:
        run_stack("kill", *parts)
        run_stack("start", *parts)


def pids(part: str) -> list[int]:
    """Of its first process and of those that it has started."""
    first = psutil.Process(int((folder() / "run" / f"{part}.pid").read_text().split()[0]))
    return [first.pid, *(child.pid for child in first.children(recursive=True))]


def memory(part: str) -> int:
    """Bytes that a part holds in real memory."""
    pid = pids(part)[0]
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def connections() -> list[int]:
    """How many the socket servers hold open, each; nginx keeps none in reserve."""
    lines = Path("/proc/net/unix").read_text().splitlines()
    connected = [line for line in lines if line.split()[5] == "03"]
    return [sum(line.endswith(f" {path_of(live)}") for line in connected) for live in LIVE]
