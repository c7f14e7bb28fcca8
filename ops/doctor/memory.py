"""Checks whether the kernel killed processes because memory was short.

It counts them for each control group, which begins with the container or the unit.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from ops.doctor.finding import Findings, format_count, report_ok, report_unknown, report_warning
from ops.doctor.installation import COMPOSE, HOST, KUBERNETES, get_installation
from ops.doctor.site_client import SiteClient

CONTROL_GROUPS = Path("/sys/fs/cgroup")
UNITS = ("myweb-web.service", "system-myweb\\x2dlive.slice", "myweb-collector.service")


def check_memory_kills(_site: SiteClient) -> Findings:
    for where, path in list_counters():
        count = read_counter(path)
        if count:
            were = format_count(count, "process was", "processes were")
            yield report_warning(f"{were} killed in {where} because memory was short", get_killed_hint())
        elif count is None:
            yield report_unknown(f"whether processes of {where} were killed cannot be seen", get_installation().killed)
        else:
            yield report_ok(f"none killed in {where}")


def list_counters() -> Iterator[tuple[str, Path]]:
    installation = get_installation()
    if installation is HOST:
        for unit in UNITS:
            yield unit.replace("\\x2d", "-"), find_counter(f"system.slice/{unit}")
    elif installation in (COMPOSE, KUBERNETES):
        yield "this container", find_counter(get_own_group())
    else:
        yield "this machine", Path("/proc/vmstat")


def get_own_group() -> str:
    """Version 2 of control groups, else that of the memory controller of version 1."""
    groups = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
    path = next((path for _id, names, path in groups if "memory" in names.split(",")), groups[-1][2])
    return path.lstrip("/")


def find_counter(group: str) -> Path:
    """A container sees its own group as the root."""
    places = [
        base / name
        for folder, name in (("", "memory.events"), ("memory", "memory.oom_control"))
        for base in (CONTROL_GROUPS / folder / group, CONTROL_GROUPS / folder)
    ]
    return next((place for place in places if place.exists()), places[0])


def read_counter(path: Path) -> int | None:
    try:
        match = re.search(r"^oom_kill (\d+)$", path.read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(match[1]) if match else None


def get_killed_hint() -> str:
    installation = get_installation()
    return f"{installation.killed}; if memory was short: {installation.more_memory}"
