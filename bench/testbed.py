"""Starts the servers of a scenario on free ports, pins them to cores and stops them together."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from deploy.stack import parts, process, stores
from deploy.stack.process import OwnedProcess
from deploy.stack.state import ROOT, Stack

TIMEOUT = 60.0  # seconds until a server that does not respond counts as failed


class BenchError(Exception):
    """One sentence for the user at the terminal that says what to do."""


class MissingPeer(BenchError):
    """A peer whose packages this system does not have: its row says so, and the others are measured."""


@dataclass
class Server:
    """A measured process. Its clients connect to ``url``."""

    name: str
    process: OwnedProcess
    log: Path
    url: str = ""

    asked_to_end: bool = False

    def end(self) -> None:
        self.asked_to_end = True
        self.process.signal(signal.SIGTERM)

    def family(self) -> list[int]:
        return [each.pid for each in self.process.family()]


@dataclass
class Testbed:
    server_cpu: int
    client_cpu: int
    home: Path
    servers: list[Server] = field(default_factory=list)
    stack: Stack | None = None

    def start(
        self,
        name: str,
        argv: list[str],
        answers: Callable[[], bool],
        *,
        url: str = "",
        cpu: int | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Server:
        """Starts a server on the server core (or ``cpu``) and waits until it responds. Raises :class:`BenchError`."""
        log = self.home / f"{name}.log"
        pinned = ["taskset", "-c", str(self.server_cpu if cpu is None else cpu), *argv]
        begun = process.start_process(pinned, log, {**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}, None)
        server = Server(name, begun, log, url)
        self.servers.append(server)
        process.wait_until(lambda: not begun.alive() or answers(), TIMEOUT)
        if not begun.alive() or not answers():
            last = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-12:])
            raise BenchError(
                f"{name} {'does not answer' if begun.alive() else 'ended at once'}. Its last words:\n{last}"
            )
        return server

    @contextmanager
    def running(self, server: Server) -> Iterator[Server]:
        try:
            yield server
        finally:
            self.stop(server)

    def gone(self) -> None:
        """Waits until the servers that were told to stop have stopped."""
        for server in [each for each in self.servers if each.asked_to_end]:
            process.wait_until(partial(dead, server.process), TIMEOUT)
            self.stop(server)

    def stop(self, server: Server) -> None:
        process.kill_processes(server.process.family())
        self.servers.remove(server)

    def stores(self) -> Stack:
        """Starts PostgreSQL with fsync and Redis on the client's core: they are not measured."""
        if self.stack is None:
            with on_cpu(self.client_cpu):
                stack = Stack.found(free_port())
                stack.save()
                self.stack = stack
                stores.make_cluster(stack)
                for part in (parts.make_postgres_part(stack), parts.make_redis_part(stack)):
                    part.start()
                    part.wait()
                stores.make_database(stack)
                parts.run_manage(stack, "migrate", "--noinput")
        return self.stack

    def close(self) -> None:
        for server in reversed(self.servers[:]):
            self.stop(server)
        if self.stack:
            for part in (parts.make_redis_part(self.stack), parts.make_postgres_part(self.stack)):
                part.stop()


@contextmanager
def open_testbed(server_cpu: int, client_cpu: int) -> Iterator[Testbed]:
    cpus = os.sched_getaffinity(0)
    if not {server_cpu, client_cpu} <= cpus:
        raise BenchError(f"--cpus {server_cpu},{client_cpu}: this machine offers {','.join(map(str, sorted(cpus)))}.")
    home = Path(tempfile.mkdtemp(prefix="myweb-bench-", dir="/tmp"))
    home.chmod(0o711)  # the database's own user must be able to enter
    os.environ["MYWEB_STACK_DIR"] = str(home / "stack")
    place = Testbed(server_cpu, client_cpu, home)
    try:
        yield place
    finally:
        place.close()
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def on_cpu(cpu: int) -> Iterator[None]:
    """Processes that are started inside this context run on this core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def dead(one: OwnedProcess) -> bool:
    return not one.alive()


def free_port() -> int:
    """A free port below the ephemeral range, so that no connection can take it."""
    for port in range(18_000 + os.getpid() % 5_000, 30_000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            if port not in _given:
                _given.add(port)
                return port
    raise BenchError("No port between 18000 and 30000 is free.")


_given: set[int] = set()


def listens(port: int) -> Callable[[], bool]:
    def ask() -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", port)) == 0

    return ask


def run(argv: list[str], **options: str) -> str:
    """Returns the output of a short command. Raises :class:`BenchError` with the end of its output."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=ROOT, env={**os.environ, **options})
    if done.returncode:
        raise BenchError(f"{' '.join(argv[:4])} failed: {(done.stderr or done.stdout).strip()[-2000:]}")
    return done.stdout
