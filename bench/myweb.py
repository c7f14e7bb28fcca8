"""The measured product: its own servers, with sign-in, memberships, numbering and limits."""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from bench.testbed import Server, Testbed, free_port, listens, on_cpu, run
from deploy.stack import parts, releases
from deploy.stack.state import ROOT, Stack, get_stack_directory

# Limits stay in force, but are high enough for one client to act for many users.
WIDE = {"MYWEB_COMMANDS_PER_SECOND": "1000000", "MYWEB_POSTS_PER_SECOND": "1000000", "MYWEB_LOG_LEVEL": "WARNING"}


@dataclass
class Workspace:
    cookies: list[str]  # one per user, a whole Cookie header
    people: list[int]
    rooms: list[int]
    members: list[list[int]]  # users, of each room


def environment(testbed: Testbed, *, sqlite: bool = False) -> dict[str, str]:
    if sqlite:
        path = testbed.home / "bench.sqlite3"
        env = {"MYWEB_SQLITE": str(path), "MYWEB_SECRET_KEY": "only-for-the-bench-" * 3, "MYWEB_DEBUG": "no"}
        env |= {"DATABASE_HOST": "", "REDIS_HOST": "", "MYWEB_ORIGINS": "http://127.0.0.1:8000", **WIDE}
        if not path.exists():
            run([sys.executable, "manage.py", "migrate", "--noinput"], **env)
        return env
    return {**testbed.stores().settings(), **WIDE}


def fill(env: dict[str, str], people: int, rooms: int = 1, rooms_each: int = 1) -> Workspace:
    argv = [sys.executable, "-m", "bench.seed_users", str(people), str(rooms), str(rooms_each)]
    return Workspace(**json.loads(run(argv, DJANGO_SETTINGS_MODULE="myweb.settings", **env)))


def live(testbed: Testbed, env: dict[str, str], name: str = "myweb", port: int = 0) -> Server:
    """One socket process without a proxy."""
    port = port or free_port()
    argv = [sys.executable, str(ROOT / "manage.py"), "live", "--port", str(port)]
    return testbed.start(name, argv, listens(port), url=f"ws://127.0.0.1:{port}/ws/", env=env)


@contextmanager
def live_processes(testbed: Testbed, env: dict[str, str], count: int) -> Iterator[dict[str, Any]]:
    """Socket processes beside each other: what the load generator must know of them."""
    with ExitStack() as running:
        servers = [running.enter_context(testbed.running(live(testbed, env, f"myweb-{n}"))) for n in range(count)]
        yield {"urls": [server.url for server in servers], "pids": [pid for each in servers for pid in each.family()]}


def origin(env: dict[str, str]) -> str:
    return env["MYWEB_ORIGINS"].split()[0]


@dataclass
class Site:
    """The whole stack: servers run on the server's core, databases on the client's."""

    stack: Stack
    parts: dict[str, parts.Part]

    @property
    def address(self) -> str:
        return self.stack.address

    def pids(self, *names: str) -> list[int]:
        found = [self.parts[name].process for name in names]
        return [each.pid for part in found if part for each in part.family()]

    def web(self) -> list[int]:
        return self.pids("web", "nginx")

    def live(self) -> list[int]:
        return self.pids("live1", "live2")

    def static_file(self) -> str:
        """The script that every page loads, under its hashed name."""
        root = get_stack_directory() / "static-root"
        return "/static/" + str(next(root.glob("realtime/socket.*.js")).relative_to(root))


@contextmanager
def front(testbed: Testbed, more: dict[str, str] | None = None, *, as_containers: bool = False) -> Iterator[Site]:
    """nginx, uWSGI, both socket processes, the collector and the worker, as bin/stack starts them.

    ``more`` stands in their environment. As containers, pages have one release, and their workers share memory.
    """
    stack = testbed.stores()
    releases.activate_release(releases.prepare_release(stack, ROOT))
    site = Site(stack, {part.name: part for part in parts.list_parts(stack)})
    serving = [part for part in site.parts.values() if part.name not in {"postgres", "redis"}]
    try:
        with on_cpu(testbed.server_cpu):
            for part in serving:
                part.extra |= WIDE | (more or {})
                if as_containers:
                    part.extra.pop("MYWEB_CURRENT", None)
                part.start()
        for part in serving:
            part.wait()
        yield site
    finally:
        for part in reversed(serving):
            part.stop()


def talk(env: dict[str, str], room: int, count: int) -> None:
    """Fills a room with messages from its members in turn."""
    script = (
        "from chat.models import Membership; from chat.message_validation import parse_incoming; "
        "from chat.store import store_messages; "
        "from uuid import uuid4; "
        f"people = list(Membership.objects.filter(room={room}).values_list('user_id', flat=True)); "
        "store_messages("
        f"[parse_incoming({room}, people[n % len(people)], str(uuid4()), f'Harbour report {{n}}: **all** quiet')"
        f" for n in range({count})])"
    )
    run([sys.executable, "manage.py", "shell", "-v", "0", "-c", script], **env)


def rows(env: dict[str, str], room: int) -> int:
    """The number of stored messages of a room. Acknowledged messages must be among them."""
    script = f"from chat.models import Message; print(Message.objects.filter(room={room}).count())"
    return int(run([sys.executable, "manage.py", "shell", "-v", "0", "-c", script], **env).split()[-1])
