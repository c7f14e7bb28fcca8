"""One dashboard with very many viewers, a busy room in the same process, and the collector."""

import json
import sys
from argparse import ArgumentParser, Namespace
from typing import Any

from bench import myweb
from bench.load.run import load
from bench.testbed import Server, Testbed
from bench.testbed import run as command

HELP = "viewers of one dashboard at 1 s: collect to receive, slow viewers, a busy room, and 5,000 series"
UNIT = "deliveries/s"
TALKERS = 50  # users in the room, 5 messages per second
KEY = "host"


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--viewers", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=0.5, help="length of the row with slow viewers (default: 0.5)")
    parser.add_argument("--series", type=int, default=5000, help="that the collector reads each second (default: 5000)")


def name(options: Namespace) -> str:
    return f"dashboards-{options.viewers}"


def run(testbed: Testbed, options: Namespace, row: Any) -> None:
    env = myweb.environment(testbed)
    workspace = myweb.fill(env, options.viewers + 2 * TALKERS, 1)
    give(env, workspace.rooms[0])
    seconds = max(10.0, options.seconds)
    fill_snapshot(testbed, env)
    with testbed.running(myweb.live(testbed, env)) as server, testbed.running(collector(testbed, env)):
        asked = {
            "url": server.url,
            "pids": server.family(),
            "cookies": workspace.cookies[: options.viewers],
            "origin": myweb.origin(env),
            "viewers": options.viewers,
            "slow_share": 0.0,
            "seconds": seconds,
        }
        row("myweb", load(testbed, "viewers", asked, seconds + 300))
        row("compressed", load(testbed, "viewers", asked | {"compressed": True}, seconds + 300))
        long = options.minutes * 60
        row("5% of them slow", load(testbed, "viewers", asked | {"slow_share": 0.05, "seconds": long}, long + 300))
        talk = {"dialect": "myweb", "room": workspace.rooms[0], "sockets": TALKERS, "rate": 5, "seconds": seconds}
        # Other users each time: a message with a known id would count as repeated.
        first, second = workspace.cookies[options.viewers :][:TALKERS], workspace.cookies[-TALKERS:]
        alone = asked | {"viewers": 0, "room_options": talk | {"cookies": first}}
        row("chat alone", load(testbed, "beside", alone, seconds + 300))
        together = asked | {"room_options": talk | {"cookies": second}}
        row("chat beside them", load(testbed, "beside", together, seconds + 300))
    row(f"collector, {options.series} series", collecting(testbed, env, options.series, round(seconds)))


def give(env: dict[str, str], room: int) -> None:
    script = (
        "from monitor.metrics.models import Source; "
        f"Source.objects.update_or_create(key='{KEY}', defaults={{'room_id': {room}}})"
    )
    command([sys.executable, "manage.py", "shell", "-v", "0", "-c", script], **env)


def fill_snapshot(testbed: Testbed, env: dict[str, str]) -> None:
    """A dashboard whose collector has run for fifteen minutes."""
    seed = [sys.executable, "-m", "bench.seed_ring"]
    with testbed.running(collector(testbed, env)):
        command([*seed, "--wait", KEY], DJANGO_SETTINGS_MODULE="myweb.settings", **env)
    command([*seed, KEY], DJANGO_SETTINGS_MODULE="myweb.settings", **env)


def collector(testbed: Testbed, env: dict[str, str]) -> Server:
    argv = [sys.executable, "manage.py", "collect"]
    return testbed.start("collector", argv, lambda: True, cpu=testbed.client_cpu, env=env)


def collecting(testbed: Testbed, env: dict[str, str], series: int, seconds: int) -> dict[str, Any]:
    """The cost of the collector, with synthetic sources of 500 series each, on the server's core."""
    argv = ["taskset", "-c", str(testbed.server_cpu), sys.executable, "-m", "bench.measure_collector"]
    told = command([*argv, str(series), str(seconds)], DJANGO_SETTINGS_MODULE="myweb.settings", **env)
    measured: dict[str, Any] = json.loads(told.splitlines()[-1])
    return measured
