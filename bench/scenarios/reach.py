"""How soon what is written reaches devices, through the whole stack, and what mails to a large workspace take."""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from bench import myweb
from bench.testbed import Testbed, free_port, listens
from bench.testbed import run as done

HELP = "from a post to the push service of its readers, a mention of 500, and mails to 5,000 members"
UNIT = "notifications/s"
PUSH = {"MYWEB_PUSH_PRIVATE": "yes"}
ROOMS, ROOMS_EACH = 10, 2  # of the members who get mails


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--devices", type=int, default=20, help="of users who are mentioned in turn (default: 20)")
    parser.add_argument("--rate", type=float, default=5, help="messages a second (default: 5)")
    parser.add_argument("--mentioned", type=int, default=500, help="people in one message (default: 500)")
    parser.add_argument("--members", type=int, default=5000, help="who get mails; 0: no mails (default: 5000)")


def name(options: Namespace) -> str:
    return f"reach-{options.mentioned}-{options.members}"


def run(testbed: Testbed, options: Namespace, row: Any) -> None:
    """The servers and the worker have the server's core; the push service and the mail server have the other."""
    env = myweb.environment(testbed) | PUSH
    workspace = asdict(myweb.fill(env, max(options.mentioned, options.devices) + 1))
    with myweb.front(testbed, PUSH) as site:
        (worker,) = site.pids("worker")
        shape = {name: getattr(options, name) for name in ("devices", "rate", "mentioned", "seconds")}
        asked = {**shape, **workspace, "address": site.address, "worker": worker}
        for kind, measured in measure(testbed, testbed.client_cpu, "bench.measure_reach", env, asked):
            row(kind, measured)
    if options.members:
        mail_members(testbed, options.members, env, row)


def mail_members(testbed: Testbed, members: int, env: dict[str, str], row: Any) -> None:
    """The run of mails has the server's core."""
    workspace, port, mails = myweb.fill(env, members, ROOMS, ROOMS_EACH), free_port(), testbed.home / "mails"
    target = [sys.executable, "-m", "bench.mail_target", str(port), str(mails)]
    with testbed.running(testbed.start("mail-server", target, listens(port), cpu=testbed.client_cpu)):
        server = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(port), "EMAIL_USE_TLS": "no"}
        asked = {"rooms": workspace.rooms, "file": str(mails)}
        for kind, measured in measure(testbed, testbed.server_cpu, "bench.measure_mails", env | server, asked):
            row(kind, measured)


def measure(testbed: Testbed, cpu: int, module: str, env: dict[str, str], asked: dict[str, Any]) -> Iterator[Any]:
    """Each line that the module prints is a row."""
    words = testbed.home / f"{module}.json"
    words.write_text(json.dumps(asked), encoding="utf-8")
    pinned = ["taskset", "-c", str(cpu), sys.executable, "-m", module, str(words)]
    for line in done(pinned, DJANGO_SETTINGS_MODULE="myweb.settings", **env).splitlines():
        measured = json.loads(line)
        yield measured.pop("name"), measured
