"""This machine, as reported by the kernel."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from monitor.metrics.disk_forecast import DiskForecast
from monitor.metrics.readings import Rates, Reading, Unit
from monitor.metrics.sources.clock import read_clock
from monitor.metrics.sources.machine import cgroup, temperature
from monitor.metrics.sources.machine.disks import Disks
from monitor.metrics.sources.machine.filesystems import FileSystems
from monitor.metrics.sources.machine.network import Network
from monitor.metrics.sources.source import SourceReader

DISK_INTERVAL = 10  # seconds: disk usage changes slowly


class HostReader(SourceReader):
    """``root`` is the folder of the kernel's files."""

    key = "host"

    def __init__(self, root: Path = Path("/")) -> None:
        self.root = root
        self.rates = Rates()
        self.cpu_times = CpuTimes()
        self.disks, self.network = Disks(root), Network(root)
        self.file_systems = FileSystems(root)
        self.disk_readings: list[Reading] = []
        self.disks_until = 0.0
        self.forecasts: dict[str, DiskForecast] = {}

    def read(self, at: float) -> Iterable[Reading]:
        yield from self.read_cpu(at)
        yield Reading("load.1", psutil.getloadavg()[0])
        yield from read_memory(self.root)
        yield from self.read_disks(at)
        yield from self.disks.read(at)
        yield from self.network.read(at)
        yield from read_pressure(self.root)
        yield from temperature.read_temperature(self.root)
        yield Reading("processes", len(psutil.pids()))
        yield from read_file_descriptors(self.root)
        yield from read_clock()

    def read_cpu(self, at: float) -> Iterable[Reading]:
        """In a container with a CPU limit, return the share of that limit, not of the machine."""
        limit = cgroup.read_cpu_limit(self.root, psutil.cpu_count() or 1)
        if limit is None:
            return self.cpu_times.read()
        rate = self.rates.of("cpu", limit.used, at)
        return [] if rate is None else [Reading("cpu.busy", round(100 * rate / limit.cores, 1), Unit.PERCENT)]

    def read_disks(self, at: float) -> Iterator[Reading]:
        if at >= self.disks_until:
            self.disk_readings, self.disks_until = list(self.file_systems.read()), at + DISK_INTERVAL
            mounted = {get_mount(reading) for reading in self.disk_readings}
            self.forecasts = {mount: filling for mount, filling in self.forecasts.items() if mount in mounted}
            self.disk_readings += [
                forecast for reading in self.disk_readings for forecast in self.forecast_days(reading, at)
            ]
        yield from self.disk_readings

    def forecast_days(self, reading: Reading, at: float) -> list[Reading]:
        if not reading.name.startswith("disk.free "):
            return []
        mount = get_mount(reading)
        days = self.forecasts.setdefault(mount, DiskForecast()).get_days_left(reading.value, at)
        return [] if days is None else [Reading(f"disk.days {mount}", days, "d")]


def get_mount(reading: Reading) -> str:
    return reading.name.partition(" ")[2]


class CpuTimes:
    """CPU shares since the last call, like psutil.cpu_times_percent, but with one read for all series."""

    def __init__(self) -> None:
        self.last: list[object] = []

    def read(self) -> Iterator[Reading]:
        current: list[object] = [*psutil.cpu_times(percpu=True)]
        previous, self.last = self.last, current
        if len(previous) != len(current):
            return
        core_times = [subtract_times(old, new) for old, new in zip(previous, current, strict=True)]
        total_times = {field: sum(times[field] for times in core_times) for field in core_times[0]}
        yield Reading("cpu.busy", get_busy_share(total_times), Unit.PERCENT)
        for field in ("user", "system", "iowait", "steal"):
            if field in total_times:
                yield Reading(f"cpu.{field}", get_time_share(total_times[field], total_times), Unit.PERCENT)
        for number, times in enumerate(core_times):
            yield Reading(f"cpu.core{number}", get_busy_share(times), Unit.PERCENT)


def subtract_times(old: object, new: object) -> dict[str, float]:
    fields: tuple[str, ...] = getattr(new, "_fields", ())
    # The kernel counts the time of guests twice: for the guest and for the host.
    return {
        field: max(0.0, getattr(new, field) - getattr(old, field))
        for field in fields
        if field not in {"guest", "guest_nice"}
    }


def get_time_share(part: float, times: dict[str, float]) -> float:
    total = sum(times.values())
    return round(100 * part / total, 1) if total else 0.0


def get_busy_share(times: dict[str, float]) -> float:
    return (
        round(100 - get_time_share(times.get("idle", 0.0) + times.get("iowait", 0.0), times), 1)
        if any(times.values())
        else 0.0
    )


def read_memory(root: Path) -> Iterator[Reading]:
    """Yield the memory of the container if it is limited, else of the machine."""
    machine_memory = psutil.virtual_memory()
    used, total = machine_memory.total - machine_memory.available, machine_memory.total
    limited = cgroup.read_memory_limit(root, total)
    if limited:
        used, total = limited
    yield Reading("memory.used", used, Unit.BYTES)
    yield Reading("memory.available", max(0, total - used), Unit.BYTES)
    yield Reading("memory.total", total, Unit.BYTES)
    yield Reading("memory.share", round(100 * used / total, 1), Unit.PERCENT)
    yield from read_swap(root) if limited else read_host_swap()


def read_swap(root: Path) -> Iterator[Reading]:
    used = cgroup.read_swap_usage(root)
    if used is not None:
        yield Reading("swap.used", used, Unit.BYTES)


def read_host_swap() -> Iterator[Reading]:
    host_swap = psutil.swap_memory()
    if host_swap.total:
        yield Reading("swap.used", host_swap.used, Unit.BYTES)


def read_file_descriptors(root: Path) -> Iterator[Reading]:
    with suppress(OSError, ValueError):
        used, _free, limit = (root / "proc/sys/fs/file-nr").read_text(encoding="ascii").split()
        yield Reading("files.open", float(used))
        if float(limit) < 1e9:  # else there is no real limit
            yield Reading("files.most", float(limit))


def read_pressure(root: Path) -> Iterator[Reading]:
    """Yield the share of the last ten seconds in which tasks had to wait (kernel documentation, accounting/psi)."""
    for resource in ("cpu", "memory", "io"):
        with suppress(OSError, ValueError, IndexError):
            fields = (root / "proc/pressure" / resource).read_text(encoding="ascii").split()
            yield Reading(f"pressure.{resource}", float(fields[1].removeprefix("avg10=")), Unit.PERCENT)
