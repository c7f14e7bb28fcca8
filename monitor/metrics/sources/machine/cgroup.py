"""The limits of a container's cgroup (version 2 or 1). A value without a limit is None."""

from pathlib import Path
from typing import NamedTuple

from monitor.metrics.sources.machine.network import read_text_file


class MemoryLimit(NamedTuple):
    """Bytes. ``used`` is without the cache that the kernel frees at once."""

    used: int
    limit: int


class CpuLimit(NamedTuple):
    cores: float
    used: float  # seconds, in total


def read_memory_limit(root: Path, machine_total: int) -> MemoryLimit | None:
    """``machine_total`` is the machine's memory. A limit above it is no limit."""
    group = root / "sys/fs/cgroup"
    limit = read_int_file(group / "memory.max") or read_int_file(group / "memory/memory.limit_in_bytes")
    current = read_int_file(group / "memory.current") or read_int_file(group / "memory/memory.usage_in_bytes")
    if not limit or limit >= machine_total or current is None:
        return None
    stat = read_pairs(group / "memory.stat") or read_pairs(group / "memory/memory.stat")
    cache = stat.get("total_inactive_file", stat.get("inactive_file", 0))
    return MemoryLimit(max(0, current - cache), limit)


def read_swap_usage(root: Path) -> int | None:
    return read_int_file(root / "sys/fs/cgroup/memory.swap.current")


def read_cpu_limit(root: Path, machine_cores: int) -> CpuLimit | None:
    """``machine_cores`` is the machine's number of cores."""
    group = root / "sys/fs/cgroup"
    limits = [limit for limit in (read_cpu_quota(group), count_cpuset(group)) if limit]
    used = read_cpu_seconds(group)
    if not limits or used is None or min(limits) >= machine_cores:
        return None
    return CpuLimit(min(limits), used)


def read_cpu_quota(group: Path) -> float | None:
    fields = read_text_file(group / "cpu.max").split()
    if not fields:
        fields = [read_text_file(group / "cpu" / f"cpu.cfs_{setting}_us") for setting in ("quota", "period")]
    if len(fields) != 2 or not all(field.isdigit() for field in fields) or int(fields[1]) == 0:
        return None  # "max", or -1
    return int(fields[0]) / int(fields[1]) or None


def count_cpuset(group: Path) -> int | None:
    """Count the cores: "0-3,8" has five."""
    core_list = read_text_file(group / "cpuset.cpus.effective") or read_text_file(
        group / "cpuset" / "cpuset.effective_cpus"
    )
    try:
        ends = [[int(end) for end in part.split("-")] for part in core_list.split(",")]
    except ValueError:
        return None
    return sum(core_range[-1] - core_range[0] + 1 for core_range in ends)


def read_cpu_seconds(group: Path) -> float | None:
    micro = read_pairs(group / "cpu.stat").get("usage_usec")
    if micro is not None:
        return micro / 1e6
    nano = read_int_file(group / "cpuacct/cpuacct.usage")
    return None if nano is None else nano / 1e9


def read_int_file(path: Path) -> int | None:
    word = read_text_file(path)
    return int(word) if word.isdigit() else None


def read_pairs(path: Path) -> dict[str, int]:
    lines = [line.split() for line in read_text_file(path).splitlines()]
    return {fields[0]: int(fields[1]) for fields in lines if len(fields) == 2 and fields[1].isdigit()}
