"""Every command of the documents is run: here, or by the part that is named with what it takes."""

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import pytest

from deploy.stack.state import find_free_port as free_port
from tests.commands.documented import ROOT, commands
from tests.faults.visitors import checkout

TIMEOUT = 120.0  # seconds
ELSEWHERE = {  # how a command begins: what it takes, and who has it
    "docker compose ": "Docker: bin/test compose",
    "(umask 077 && docker compose ": "Docker; tests/integration/ops/test_backup.py looks at the mode of the file",
    'echo "MYWEB_SECRET_KEY': "Docker: bin/test compose",
    "docker volume ": "Docker",
    "new=": "of the next two",
    'echo "ALTER ROLE ': "Docker",
    "printf ": "Docker",
    "age ": "Docker, and the package age",
    "sudo cat ": "an installed site",
    "(umask 077 && sudo cat ": "a folder of your own",
    "sudo install ": "a new host without the site",
    "sudo ls ": "a folder of your own",
    "sudo systemctl ": "systemd: bin/test host",
    "registry=": "of the next two",
    "docker build ": "Docker: bin/test compose builds the same images",
    "docker push ": "a registry",
    "kubectl create ": "a cluster",
    "kubectl -n myweb ": "a cluster",
    "git clone ": "the address of your repository: bin/test host installs copies of this one",
    "git pull": "the same",
    "bin/upgrade --kubernetes ": "a cluster; tests/unit/deploy/test_upgrade.py looks at what it calls",
    "bin/upgrade": "Docker: bin/test compose",
    "systemctl ": "systemd: bin/test host",
    "journalctl ": "systemd: bin/test host",
    "sudo myweb ": "an installed site: bin/test host calls other commands by it",
    "bin/test": "this is it",
}


@dataclass
class Terminal:
    """Where somebody types. ``home`` is open to the database's own user."""

    home: Path
    checkout: Path
    environment: dict[str, str]

    def type(self, line: str, cwd: Path = ROOT, more: dict[str, str] | None = None) -> str:
        argv, environment = ["bash", "-euc", line], self.environment | (more or {})
        done = subprocess.run(
            argv, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=TIMEOUT
        )
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
        return done.stdout

    def of_stack(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in shlex.split(self.type("bin/stack env")))


@pytest.fixture(scope="session")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    with tempfile.TemporaryDirectory(prefix="myweb-commands-", dir="/tmp") as name:
        home = Path(name)
        home.chmod(0o711)
        copy = checkout(tmp_path_factory.mktemp("copy") / "myweb")
        (copy / ".venv").symlink_to(ROOT / ".venv")
        more = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        more |= {"MYWEB_STACK_DIR": f"{home}/stack"}
        yield Terminal(home, copy, os.environ | more)


@pytest.fixture(scope="session")
def stack(terminal: Terminal) -> Iterator[Terminal]:
    """One that runs already; a port that somebody else has is no matter here."""
    terminal.type(f"bin/stack up --port {free_port()} --volatile")
    try:
        yield terminal
    finally:
        terminal.type("bin/stack down --erase")


def dev(terminal: Terminal, line: str) -> None:
    port = free_port()
    with (terminal.home / "dev.log").open("w") as log:
        server = subprocess.Popen(
            ["bash", "-c", f"exec {line} --port {port}"],
            cwd=terminal.checkout,
            env=terminal.environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        answers(f"http://127.0.0.1:{port}/accounts/login/", server)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def answers(address: str, server: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + TIMEOUT
    while True:
        try:
            with urlopen(address, timeout=10) as answer:
                assert answer.status == 200
                return
        except OSError:
            assert server.poll() is None, "it ended"
            assert time.monotonic() < end, f"{address} does not answer"
            time.sleep(0.1)


def on_stack(terminal: Terminal, line: str) -> None:
    terminal.type(line)
    terminal.type("bin/stack up --volatile")  # what it may have ended
    assert "does not respond" not in terminal.type("bin/stack status")


def backup(terminal: Terminal, line: str) -> None:
    """The files go elsewhere, and what is restored goes into an SQLite that is not there yet."""
    archive, fresh = terminal.home / "myweb.tar.gz", terminal.home / "fresh.sqlite3"
    here = line.replace("/var/backups", str(terminal.home))
    assert here != line
    if " backup " in line:
        archive.unlink(missing_ok=True)
        terminal.type(here, more=terminal.of_stack())
        assert archive.stat().st_size
        return
    if not archive.exists():
        terminal.type(f"python manage.py backup {archive}", more=terminal.of_stack())
    fresh.unlink(missing_ok=True)
    terminal.type(here, more=terminal.of_stack() | {"DATABASE_HOST": "", "MYWEB_SQLITE": str(fresh)})


def dry(terminal: Terminal, line: str) -> None:
    """Only said, with files that are there; bin/test host does it."""
    words = line.removeprefix("sudo ").split()
    for place, word in enumerate(words[:-1]):
        if word in {"--certificate", "--key"}:
            words[place + 1] = str(terminal.checkout / "LICENSE")
    more = [] if {"--origin", "--uninstall"} & {*words} else ["--origin", "http://chat.example.com"]
    terminal.type(" ".join([*words, *more, *(["--dry-run"] if "--dry-run" not in words else [])]))


def kustomized(terminal: Terminal, line: str) -> None:
    folder = line.split(" -k ")[1]
    at = terminal.checkout if folder.startswith("deploy/") else terminal.checkout / "deploy" / "kubernetes"
    secrets(terminal, next(each for each in commands() if each.startswith("(umask 077; ")))
    assert "kind: Deployment" in terminal.type(f"kubectl kustomize {folder}", at)


def secrets(terminal: Terminal, line: str) -> None:
    terminal.type(line, terminal.checkout / "deploy" / "kubernetes")


def folder(terminal: Terminal, line: str) -> None:
    terminal.type(line, terminal.checkout)


def shown(terminal: Terminal, line: str) -> None:
    """bin/test schemes starts it."""
    terminal.type(f"{line} --show", more={"MYWEB_STACK_DIR": str(terminal.home / "scheme")})


def explained(terminal: Terminal, line: str) -> None:
    """It measures for twenty minutes."""
    terminal.type(f"{line} --help")


def setting(terminal: Terminal, line: str) -> None:
    name = line.split("=", maxsplit=1)[0]
    known = (ROOT / ".env.example").read_text() + (ROOT / "docker-compose.yml").read_text()
    assert re.search(rf"\b{name}\b", known) or name == "COMPOSE_PROFILES"


HERE: dict[str, Callable[[Terminal, str], None]] = {  # how a command begins, and who runs it
    "bin/dev": dev,
    "bin/stack ": on_stack,
    "python manage.py backup ": backup,
    "python manage.py restore ": backup,
    "bin/install": dry,
    "sudo bin/install": dry,
    "bin/scheme ": shown,
    "bin/bench ": explained,
    "kubectl apply ": kustomized,
    "(umask 077; ": secrets,
    "cd ": folder,
    "MYWEB_": setting,
    "COMPOSE_PROFILES=": setting,
}


@pytest.mark.parametrize("line", [each for each in commands() if not each.startswith((*ELSEWHERE,))])
def test_a_command_of_the_documents_does_what_it_says(stack: Terminal, line: str) -> None:
    runners = [run for begin, run in HERE.items() if line.startswith(begin)]
    assert runners, f"nobody runs {line!r}: run it in {Path(__file__).name}, or say there where it is run"
    runners[0](stack, line)


def test_what_is_run_elsewhere_or_here_is_still_told() -> None:
    for begin in (*ELSEWHERE, *HERE):
        assert any(each.startswith(begin) for each in commands()), f"no document says {begin!r} any more"


def test_both_readmes_tell_the_same_commands() -> None:
    english, chinese = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-hans.md"))
    blocks = re.compile(r"```sh\n(.*?)```", re.DOTALL)
    assert blocks.findall(english) == blocks.findall(chinese)
