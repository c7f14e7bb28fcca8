"""A Redis with replicas, and three sentinels that watch over them: processes of our own, to be broken."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from redis import Redis, RedisError

from deploy.keys import password
from deploy.stack.programs import program
from deploy.stack.state import free_port

NAME = "harbour"
WATCHERS, QUORUM = 3, 2
DOWN_AFTER = 1.0  # seconds without a word until a sentinel takes the master for dead
PATIENCE = 30.0  # seconds


class Server:
    def __init__(self, folder: Path, secret: str, lines: list[str], *arguments: str) -> None:
        self.port, self.secret = free_port(), secret
        conf = folder / f"{self.port}.conf"
        conf.touch(mode=0o600)
        own = [f"port {self.port}", "bind 127.0.0.1", f'requirepass "{secret}"', f'dir "{folder}"']
        conf.write_text("\n".join([*own, *lines, ""]), encoding="utf-8")
        self.argv, self.log = [program("redis"), str(conf), *arguments], conf.with_suffix(".log")
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.argv, stdout=log, stderr=log, start_new_session=True)

    def client(self) -> Redis:
        return Redis(port=self.port, password=self.secret, socket_timeout=2, decode_responses=True)

    def ask(self, *words: str) -> Any:
        with self.client() as client:
            return client.execute_command(*words)

    def end(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()


class Watched:
    """Servers of which sentinels choose the master."""

    def __init__(self, folder: Path, replicas: int = 2) -> None:
        self.secret, self.watchword = password(), password()
        self.folder = folder
        lines = ['save ""', "appendonly no", f'masterauth "{self.secret}"', "repl-diskless-sync-delay 0"]
        first = Server(folder, self.secret, lines)
        self.servers = [first]
        lines.append(f"replicaof 127.0.0.1 {first.port}")
        self.servers += [Server(folder, self.secret, lines) for _each in range(replicas)]
        self.until(lambda: all(each.ask("ROLE")[3] == "connected" for each in self.servers[1:]))
        lines = [
            f"sentinel monitor {NAME} 127.0.0.1 {first.port} {QUORUM}",
            f'sentinel auth-pass {NAME} "{self.secret}"',
            f"sentinel down-after-milliseconds {NAME} {DOWN_AFTER * 1000:.0f}",
            f"sentinel failover-timeout {NAME} 3000",
            f'sentinel sentinel-pass "{self.watchword}"',
        ]
        self.sentinels = [Server(folder, self.watchword, lines, "--sentinel") for _each in range(WATCHERS)]
        self.until(self.complete)

    @staticmethod
    def until(condition: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with suppress(RedisError):
                if condition():
                    return
            time.sleep(0.02)
        raise AssertionError("the sentinels did not come so far")

    def complete(self) -> bool:
        """Every sentinel knows the others, and every replica as one that may become the master."""
        return all(map(self.is_complete_for, self.sentinels))

    def is_complete_for(self, sentinel: Server) -> bool:
        with sentinel.client() as client:
            master: Any = client.sentinel_master(NAME)
            replicas: Any = client.sentinel_slaves(NAME)
        fit = [each for each in replicas if each["flags"] == "slave" and each["master-link-status"] == "ok"]
        return len(fit) == len(self.servers) - 1 and master["num-other-sentinels"] == WATCHERS - 1

    @property
    def master(self) -> Server:
        """By what most sentinels say."""
        told = [int(each.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME)[1]) for each in self.sentinels]
        port = max(told, key=told.count)
        return next(each for each in self.servers if each.port == port)

    def settings(self) -> dict[str, str]:
        """Passwords by files: everybody can read a command line."""
        files = {name: self.folder / name for name in ("REDIS_PASSWORD", "REDIS_SENTINEL_PASSWORD")}
        for path, secret in zip(files.values(), (self.secret, self.watchword), strict=True):
            path.touch(mode=0o600)
            path.write_text(secret, encoding="utf-8")
        return {
            "REDIS_SENTINELS": " ".join(f"127.0.0.1:{each.port}" for each in self.sentinels),
            "REDIS_SENTINEL_MASTER": NAME,
            **{f"{name}_FILE": str(path) for name, path in files.items()},
        }

    def end(self) -> None:
        for each in (*self.sentinels, *self.servers):
            each.end()


@contextmanager
def watched(folder: Path, replicas: int = 2) -> Iterator[Watched]:
    servers = Watched(folder, replicas)
    try:
        yield servers
    finally:
        servers.end()
