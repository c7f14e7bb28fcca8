"""What a container may use, where its cgroup (version 2 or 1) limits it. None is what has no limit of its own."""

from pathlib import Path
from typing import NamedTuple

from monitor.metrics.sources.machine.network import text


class Memory(NamedTuple):
    """Bytes. ``used`` is without what the kernel gives back at once."""

    used: int
    limit: int


class Cpu(NamedTuple):
    cores: float
    used: float  # seconds, in all


def memory(root: Path, total: int) -> Memory | None:
    """``total`` is the machine's: a limit above it is none."""
    group = root / "sys/fs/cgroup"
    limit = number(group / "memory.max") or number(group / "memory/memory.limit_in_bytes")
    current = number(group / "memory.current") or number(group / "memory/memory.usage_in_bytes")
    if not limit or limit >= total or current is None:
        return None
    stat = pairs(group / "memory.stat") or pairs(group / "memory/memory.stat")
    cache = stat.get("total_inactive_file", stat.get("inactive_file", 0))
    return Memory(max(0, current - cache), limit)


def swap(root: Path) -> int | None:
    return number(root / "sys/fs/cgroup/memory.swap.current")


def cpu(root: Path, machine: int) -> Cpu | None:
    """``machine``: how many cores that has."""
    group = root / "sys/fs/cgroup"
    limits = [each for each in (quota(group), cpuset(group)) if each]
    used = seconds_used(group)
    if not limits or used is None or min(limits) >= machine:
        return None
    return Cpu(min(limits), used)


def quota(group: Path) -> float | None:
    words = text(group / "cpu.max").split()
    if not words:
        words = [text(group / "cpu" / f"cpu.cfs_{what}_us") for what in ("quota", "period")]
    if len(words) != 2 or not all(word.isdigit() for word in words) or int(words[1]) == 0:
        return None  # "max", or -1
    return int(words[0]) / int(words[1]) or None


def cpuset(group: Path) -> int | None:
    """ "0-3,8" are five."""
    listed = text(group / "cpuset.cpus.effective") or text(group / "cpuset" / "cpuset.effective_cpus")
    try:
        ends = [[int(end) for end in part.split("-")] for part in listed.split(",")]
    except ValueError:
        return None
    return sum(each[-1] - each[0] + 1 for each in ends)


def seconds_used(group: Path) -> float | None:
    micro = pairs(group / "cpu.stat").get("usage_usec")
    if micro is not None:
        return micro / 1e6
    nano = number(group / "cpuacct/cpuacct.usage")
    return None if nano is None else nano / 1e9


def number(path: Path) -> int | None:
    word = text(path)
    return int(word) if word.isdigit() else None


def pairs(path: Path) -> dict[str, int]:
    lines = [line.split() for line in text(path).splitlines()]
    return {words[0]: int(words[1]) for words in lines if len(words) == 2 and words[1].isdigit()}
