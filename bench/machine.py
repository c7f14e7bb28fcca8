"""Describes the machine of a measurement."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

from deploy.stack.state import ROOT

PROGRAMS = {
    "nginx": ["nginx", "-v"],
    "redis": ["redis-server", "--version"],
    "node": ["node", "--version"],
    "kernel": ["uname", "-r"],
}
PACKAGES = ("django", "channels", "channels-redis", "daphne", "twisted", "autobahn", "uvloop", "psycopg", "uwsgi")


def machine() -> dict[str, Any]:
    return {
        "cpu": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30),
        "python": platform.python_version(),
        **{name: first_line(argv) for name, argv in PROGRAMS.items()},
        "packages": {name: version(name) for name in PACKAGES},
        "commit": first_line(["git", "describe", "--always", "--abbrev=12"]) + changed(),
    }


def changed() -> str:
    """Marks uncommitted code. Result files of this run do not count."""
    return "-dirty" if first_line(["git", "status", "--porcelain", "--", ".", ":!bench/results", ":!docs"]) else ""


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def first_line(argv: list[str]) -> str:
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=ROOT)
    except OSError:
        return "not installed"
    lines = (done.stdout or done.stderr).strip().splitlines()
    return lines[0] if lines else ""
