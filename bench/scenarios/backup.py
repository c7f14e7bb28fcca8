"""Backs up and restores a whole site with the commands of an admin, on both databases, also beside a running site."""

import gzip
import os
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from bench import myweb
from bench.load.run import load
from bench.testbed import BenchError, Testbed, on_cpu
from bench.testbed import run as done
from deploy.stack.state import ROOT

HELP = "manage.py backup and restore: messages and megabytes per second, and the longest wait of users who post"
UNIT = "messages/s"
WRITERS = 10  # sockets that post beside a restore, some ten times a second each
TIMEOUT = 1800  # seconds of a restore


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--messages", type=int, default=200_000, help="how many are there (default: 200000)")


def name(options: Namespace) -> str:
    return f"backup-{options.messages}"


def run(testbed: Testbed, options: Namespace, row: Any) -> None:
    """Filling takes half a minute per database. The last restore is into empty tables, without a site."""
    for database in ("sqlite", "postgresql"):
        env = myweb.environment(testbed, sqlite=database == "sqlite")
        workspace = myweb.fill(env, people=50, rooms=20, rooms_each=20)
        words = [str(options.messages), ",".join(map(str, workspace.rooms)), ",".join(map(str, workspace.people))]
        done([sys.executable, "-m", "bench.seed_messages", *words], DJANGO_SETTINGS_MODULE="myweb.settings", **env)
        archive = testbed.home / f"{database}.tar.gz"
        row(f"{database}, backup", measured(testbed, env, options.messages, archive, "backup"))
        row(f"{database}, restore beside users", beside_users(testbed, env, options.messages, archive, workspace))
        done([sys.executable, "manage.py", "flush", "--noinput"], **env)
        row(f"{database}, restore", measured(testbed, env, options.messages, archive, "restore"))


def beside_users(
    testbed: Testbed, env: dict[str, str], messages: int, archive: Path, workspace: myweb.Workspace
) -> dict[str, Any]:
    """One socket process on the core of the restore, and users who post from before it until after it."""
    restored: dict[str, Any] = {}

    def restore() -> list[int]:
        restored.update(measured(testbed, env, messages, archive, "restore", "--replace"))
        return []

    with testbed.running(myweb.live(testbed, env)) as server:
        asked = {"clients": WRITERS, "action": "restore", "cookies": workspace.cookies, "room": workspace.rooms[0]}
        asked |= {"url": server.url, "origin": myweb.origin(env)}
        waited = load(testbed, "posts-during", asked, TIMEOUT, {"restore": restore})
    if waited["errors"] or waited["unanswered"]:
        raise BenchError(
            f"beside the restore {waited['errors']} posts were refused, and {waited['unanswered']} not acknowledged."
        )
    return restored | waited


def measured(testbed: Testbed, env: dict[str, str], messages: int, archive: Path, *words: str) -> dict[str, Any]:
    """The duration of the command. Megabytes are the uncompressed rows in the archive."""
    log, begun = testbed.home / "archive.log", time.perf_counter()
    argv = [sys.executable, "manage.py", *words, str(archive)]
    with on_cpu(testbed.server_cpu), log.open("wb") as out:
        child = subprocess.Popen(argv, cwd=ROOT, env=os.environ | env, stdout=out, stderr=out)
    _pid, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - begun
    if status:
        raise BenchError(f"manage.py {words[0]} failed: {log.read_text(encoding='utf-8')[-2000:]}")
    megabytes = content(archive) / 1e6
    return {
        "per_s": round(messages / seconds),
        "cpu_s": round(usage.ru_utime + usage.ru_stime, 1),
        "rss_mb": round(usage.ru_maxrss / 1024),
        "seconds": round(seconds, 1),
        "mb_per_s": round(megabytes / seconds, 1),
        "content_mb": round(megabytes, 1),
        "archive_mb": round(archive.stat().st_size / 1e6, 1),
    }


def content(archive: Path) -> int:
    with gzip.open(archive) as file:
        return sum(map(len, iter(lambda: file.read(1 << 20), b"")))
