"""Three servers of Redis and three sentinels, as deploy/kubernetes starts them: a pod is an address of this machine."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from redis import Redis, RedisError

from deploy.keys import generate_password
from deploy.stack.state import find_free_port as free_port
from tests.faults.stack import ROOT

START = ROOT / "deploy" / "kubernetes" / "components" / "redis" / "start"
PODS = 3
DOWN_AFTER = 2  # seconds without a word until a sentinel takes the master for dead
TIMEOUT = 30.0  # seconds


class Program:
    """A server, or the sentinel beside it."""

    def __init__(self, kind: str, address: str, folder: Path, environment: dict[str, str]) -> None:
        self.kind, self.address = kind, address
        self.folder = folder / f"{kind}-{address}"
        self.folder.mkdir()
        self.environment = environment | {"ME": address, "HOME_FOLDER": str(self.folder)}
        self.port = int(environment["SERVER_PORT" if kind == "server" else "SENTINEL_PORT"])
        self.start()

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            argv = ["sh", str(START), self.kind, "--bind", self.address]
            env = os.environ | self.environment
            self.process = subprocess.Popen(argv, env=env, stdout=log, stderr=log, start_new_session=True)

    def client(self) -> Redis:
        word = Path(self.environment["PASSWORD_FILE"]).read_text(encoding="utf-8")
        return Redis(host=self.address, port=self.port, password=word, socket_timeout=2, decode_responses=True)

    def ask(self, *words: str) -> Any:
        with self.client() as client:
            return client.execute_command(*words)

    @property
    def role(self) -> str:
        """Empty if it does not answer."""
        with suppress(RedisError):
            return str(self.ask("ROLE")[0])
        return ""

    def end(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()


class Watched:
    """Servers of which sentinels choose the master."""

    def __init__(self, folder: Path) -> None:
        self.secret = folder / "password"
        self.secret.touch(mode=0o600)
        self.secret.write_text(generate_password(), encoding="utf-8")
        net = f"127.{random.randint(1, 254)}.{random.randint(1, 254)}"
        addresses = [f"{net}.{number}" for number in range(1, PODS + 1)]
        environment = {
            "SERVERS": " ".join(addresses),
            "PASSWORD_FILE": str(self.secret),
            "SERVER_PORT": str(free_port()),
            "SENTINEL_PORT": str(free_port()),
        }
        self.servers = [Program("server", each, folder, environment) for each in addresses]
        self.until(lambda: all(each.ask("ROLE")[3] == "connected" for each in self.servers[1:]))
        self.sentinels = [Program("sentinel", each, folder, environment) for each in addresses]
        self.until(self.complete)

    @staticmethod
    def until(condition: Callable[[], object]) -> None:
        end = time.monotonic() + TIMEOUT
        while time.monotonic() < end:
            with suppress(RedisError):
                if condition():
                    return
            time.sleep(0.02)
        raise AssertionError("the sentinels did not come so far")

    def complete(self) -> bool:
        """Every sentinel knows the others, and every replica as one that may become the master."""
        return all(map(self.is_complete_for, self.sentinels))

    @staticmethod
    def is_complete_for(sentinel: Program) -> bool:
        with sentinel.client() as client:
            master: Any = client.sentinel_master("myweb")
            replicas: Any = client.sentinel_slaves("myweb")
        fit = [each for each in replicas if each["flags"] == "slave" and each["master-link-status"] == "ok"]
        return (len(fit), master["num-other-sentinels"]) == (PODS - 1, PODS - 1)

    @property
    def master(self) -> Program:
        """By what most sentinels say."""
        told = [each.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "myweb")[0] for each in self.sentinels]
        address = max(told, key=told.count)
        return next(each for each in self.servers if each.address == address)

    def settings(self) -> dict[str, str]:
        return {
            "REDIS_SENTINELS": " ".join(f"{each.address}:{each.port}" for each in self.sentinels),
            "REDIS_SENTINEL_MASTER": "myweb",
            "REDIS_SENTINEL_PASSWORD_FILE": str(self.secret),
            "REDIS_PASSWORD_FILE": str(self.secret),
            "REDIS_PASSWORD": "",  # of the stack's own Redis; it would win
        }

    def end(self) -> None:
        for each in (*self.sentinels, *self.servers):
            each.end()


@contextmanager
def watched(folder: Path) -> Iterator[Watched]:
    servers = Watched(folder)
    try:
        yield servers
    finally:
        servers.end()
