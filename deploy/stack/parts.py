"""The parts of a stack, in the order in which they start."""

import http.client
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from deploy import healthcheck
from deploy.stack import process, stores, templates
from deploy.stack.errors import StackError
from deploy.stack.process import OwnedProcess
from deploy.stack.programs import get_program
from deploy.stack.state import (
    Stack,
    database_user,
    find_port_trouble,
    find_python,
    get_current_code,
    get_current_link,
    get_stack_directory,
)

TIMEOUT = 60  # seconds until a part that does not respond counts as failed


@dataclass
class Part:
    name: str
    stack: Stack
    where: str  # shown to users: an address or a path
    argv: Callable[[Stack], list[str]]
    works: Callable[[], bool]
    answers: Callable[[], bool] | None = None  # whether it has started, even if its databases are down; default: works
    user: str | None = None
    polite: signal.Signals = signal.SIGTERM
    port: int | None = None
    leftovers: list[Path] = field(default_factory=list)  # files of a killed process that prevent the next start
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def note(self) -> Path:
        return self.stack.run(f"{self.name}.pid")

    @property
    def process(self) -> OwnedProcess | None:
        return OwnedProcess.read(self.note)

    def start(self) -> None:
        if self.process:
            self.resume()
            return
        if self.port and (trouble := find_port_trouble(self.port)):
            raise StackError(f"{self.name} cannot start: {trouble}.")
        for path in self.leftovers:
            path.unlink(missing_ok=True)
        begun = process.start_process(
            self.argv(self.stack), self.stack.log(self.name), self.stack.environment() | self.extra, self.user
        )
        begun.note(self.note)

    def wait(self) -> None:
        answers = self.answers or self.works
        process.wait_until(lambda: not self.process or answers(), TIMEOUT)
        if not self.process:
            self.fail("ended at once")
        if not answers():
            self.fail(f"does not respond after {TIMEOUT} s")

    def fail(self, what: str) -> None:
        log = self.stack.log(self.name)
        last = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:])
        raise StackError(f"{self.name} {what}. The end of {log}:\n{last}")

    def stop(self) -> bool:
        """False if it had to be killed."""
        self.resume()  # a paused process handles no signals
        running = self.process
        obeyed = not running or process.stop_process(running, self.polite, 15)
        self.forget()
        return obeyed

    def kill(self) -> None:
        if running := self.process:
            process.kill_processes(running.family())
        self.forget()

    def pause(self) -> None:
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.signal(signal.SIGCONT)

    def signal(self, number: signal.Signals) -> None:
        if running := self.process:
            for each in running.family():
                each.signal(number)

    def forget(self) -> None:
        self.note.unlink(missing_ok=True)

    def state(self) -> str:
        running = self.process
        if not running:
            return "down"
        return f"pid {running.pid}, {'works' if self.works() else 'does not respond'}"


def ignore_os_errors(works: Callable[[str], bool], path: Path) -> Callable[[], bool]:
    def ask() -> bool:
        try:
            return works(str(path))
        except OSError:
            return False

    return ask


def build_manage_command(*arguments: str) -> Callable[[Stack], list[str]]:
    return lambda _stack: [find_python(get_current_code()), str(get_current_code() / "manage.py"), *arguments]


def make_live_part(stack: Stack, name: str) -> Part:
    path = stack.run(f"{name}.sock")
    argv = build_manage_command("live", "--unix-socket", str(path))
    return Part(name, stack, str(path), argv, ignore_os_errors(healthcheck.probe_live, path))


def make_collector_part(stack: Stack) -> Part:
    return Part("collector", stack, str(stack.log("collector")), build_manage_command("collect"), lambda: True)


def make_worker_part(stack: Stack) -> Part:
    return Part("worker", stack, str(stack.log("worker")), build_manage_command("worker"), lambda: True)


def make_web_part(stack: Stack) -> Part:
    path, here = stack.run("web.sock"), Path(sys.executable).parent
    extra = {
        "MYWEB_WEB_SOCKET": str(path),
        "MYWEB_WEB_PROCESSES": "2",
        "MYWEB_CURRENT": str(get_current_link() / "code"),
        "VIRTUAL_ENV": str(here.parent),
    }

    works = ignore_os_errors(partial(healthcheck.probe_web, origin=stack.address), path)
    answers = ignore_os_errors(lambda path: healthcheck.request_page(path, "/healthz", stack.address) > 0, path)
    leftovers = [path, path.with_name("web.sock.fifo"), stack.stats]
    return Part("web", stack, str(path), build_web_command, works, answers, leftovers=leftovers, extra=extra)


def build_web_command(_stack: Stack) -> list[str]:
    return [get_program("web"), "--ini", str(get_current_code() / "deploy" / "uwsgi" / "myweb.ini")]


def build_nginx_command(stack: Stack) -> list[str]:
    return build_nginx_command_for(templates.write_config(stack))


def build_nginx_command_for(config: Path) -> list[str]:
    """``config`` is in the folder that nginx writes to."""
    # As root, nginx runs its workers as another user, who cannot reach the sockets of this stack.
    owner = "user root; " if os.geteuid() == 0 else ""
    return [
        get_program("nginx"),
        "-e",
        "stderr",
        "-p",
        f"{config.parent}/",
        "-c",
        str(config),
        "-g",
        f"{owner}daemon off;",
    ]


def is_nginx_working(stack: Stack) -> bool:
    try:
        with urllib.request.urlopen(f"{stack.address}/healthz", timeout=5) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except urllib.error.HTTPError:
        return True  # nginx responds; errors behind it appear at the failing part
    except (OSError, http.client.HTTPException):
        return False


def make_postgres_part(stack: Stack) -> Part:
    return Part(
        "postgres",
        stack,
        f"127.0.0.1:{stack.postgres}",
        stores.build_postgres_command,
        lambda: stores.is_postgres_working(stack),
        user=database_user(),
        polite=signal.SIGINT,  # closes connections too; SIGTERM would wait until the clients disconnect
        port=stack.postgres,
        leftovers=[get_stack_directory() / "postgres" / "postmaster.pid"],  # its pid may have been reused by now
    )


def make_redis_part(stack: Stack) -> Part:
    where = f"127.0.0.1:{stack.redis}"
    return Part(
        "redis", stack, where, stores.build_redis_command, lambda: stores.is_redis_working(stack), port=stack.redis
    )


def list_parts(stack: Stack) -> list[Part]:
    nginx = Part("nginx", stack, stack.address, build_nginx_command, lambda: is_nginx_working(stack), port=stack.port)
    nginx.leftovers = [stack.run("nginx-status.sock")]
    lives = [make_live_part(stack, name) for name in templates.LIVE]
    return [
        make_postgres_part(stack),
        make_redis_part(stack),
        *lives,
        make_web_part(stack),
        nginx,
        make_collector_part(stack),
        make_worker_part(stack),
    ]


def run_manage(stack: Stack, *arguments: str, source: Path | None = None, **more: str) -> None:
    """Runs a management command in the stack and shows its output only if it fails. ``source`` is another checkout."""
    where = source or get_current_code()
    argv = [find_python(where), str(where / "manage.py"), *arguments]
    done = subprocess.run(argv, env=stack.environment() | more, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StackError(f"manage.py {arguments[0]} failed:\n{(done.stderr or done.stdout).strip()}")
