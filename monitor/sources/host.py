"""This machine, as the kernel tells it."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from monitor.filling import Filling
from monitor.metrics import Rates, Reading, Unit
from monitor.sources.clock import clock
from monitor.sources.source import Source

PRESSURE = Path("/proc/pressure")
FILES = Path("/proc/sys/fs/file-nr")
REAL_DISKS = {"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "apfs", "overlay", "vfat", "ntfs"}
SELDOM = 10  # seconds: how full a disk is changes slowly


class Host(Source):
    key = "host"

    def __init__(self) -> None:
        self.rates = Rates()
        self.busy = CpuTimes()
        self.disks: list[Reading] = []
        self.disks_until = 0.0
        self.fillings: dict[str, Filling] = {}

    def read(self, at: float) -> Iterable[Reading]:
        yield from self.busy.read()
        yield Reading("load.1", psutil.getloadavg()[0])
        yield from memory()
        yield from self.disk(at)
        yield from self.network(at)
        yield from pressure()
        yield from temperature()
        yield Reading("processes", len(psutil.pids()))
        yield from descriptors()
        yield from clock()

    def disk(self, at: float) -> Iterator[Reading]:
        if at >= self.disks_until:
            self.disks, self.disks_until = list(fullness()), at + SELDOM
            self.disks += [each for reading in self.disks for each in self.days_left(reading, at)]
        yield from self.disks
        total = psutil.disk_io_counters()
        if total:
            yield from self.rates.reading("disk.read", total.read_bytes, at, Unit.BYTES_PER_SECOND)
            yield from self.rates.reading("disk.written", total.write_bytes, at, Unit.BYTES_PER_SECOND)

    def days_left(self, reading: Reading, at: float) -> list[Reading]:
        name, _space, mount = reading.name.partition(" ")
        if name != "disk.free":
            return []
        days = self.fillings.setdefault(mount, Filling()).days(reading.value, at)
        return [] if days is None else [Reading(f"disk.days {mount}", days, "d")]

    def network(self, at: float) -> Iterator[Reading]:
        """All real interfaces together: what goes through the loopback never leaves."""
        cards = [card for name, card in psutil.net_io_counters(pernic=True).items() if name != "lo"]
        for name, field in (("net.in", "bytes_recv"), ("net.out", "bytes_sent")):
            total = sum(getattr(card, field) for card in cards)
            yield from self.rates.reading(name, total, at, Unit.BYTES_PER_SECOND)
        errors = sum(card.errin + card.errout + card.dropin + card.dropout for card in cards)
        yield from self.rates.reading("net.errors", errors, at)


class CpuTimes:
    """Shares of the time since the last look, as psutil.cpu_times_percent, but in one read for all that is shown."""

    def __init__(self) -> None:
        self.last: list[object] = []

    def read(self) -> Iterator[Reading]:
        now: list[object] = [*psutil.cpu_times(percpu=True)]
        before, self.last = self.last, now
        if len(before) != len(now):
            return
        spent = [passed(old, new) for old, new in zip(before, now, strict=True)]
        everything = {field: sum(each[field] for each in spent) for field in spent[0]}
        yield Reading("cpu.busy", busy(everything), Unit.PERCENT)
        for field in ("user", "system", "iowait", "steal"):
            if field in everything:
                yield Reading(f"cpu.{field}", share(everything[field], everything), Unit.PERCENT)
        for number, each in enumerate(spent):
            yield Reading(f"cpu.core{number}", busy(each), Unit.PERCENT)


def passed(old: object, new: object) -> dict[str, float]:
    fields: tuple[str, ...] = getattr(new, "_fields", ())
    # The kernel counts guests a second time, under the name of their host.
    return {
        field: max(0.0, getattr(new, field) - getattr(old, field))
        for field in fields
        if field not in {"guest", "guest_nice"}
    }


def share(part: float, times: dict[str, float]) -> float:
    total = sum(times.values())
    return round(100 * part / total, 1) if total else 0.0


def busy(times: dict[str, float]) -> float:
    return (
        round(100 - share(times.get("idle", 0.0) + times.get("iowait", 0.0), times), 1) if any(times.values()) else 0.0
    )


def memory() -> Iterator[Reading]:
    found, swap = psutil.virtual_memory(), psutil.swap_memory()
    yield Reading("memory.used", found.total - found.available, Unit.BYTES)
    yield Reading("memory.available", found.available, Unit.BYTES)
    yield Reading("memory.total", found.total, Unit.BYTES)
    yield Reading("memory.share", round(100 * (1 - found.available / found.total), 1), Unit.PERCENT)
    if swap.total:
        yield Reading("swap.used", swap.used, Unit.BYTES)


def descriptors() -> Iterator[Reading]:
    with suppress(OSError, ValueError):
        used, _free, most = FILES.read_text(encoding="ascii").split()
        yield Reading("files.open", float(used))
        if float(most) < 1e9:  # else there is no limit to speak of
            yield Reading("files.most", float(most))


def fullness() -> Iterator[Reading]:
    seen = set()
    for part in psutil.disk_partitions(all=True):
        layer = part.fstype == "overlay" and part.mountpoint != "/"  # of some container, and the same disk again
        if layer or part.fstype not in REAL_DISKS or part.device in seen or not Path(part.mountpoint).is_dir():
            continue
        seen.add(part.device)
        with suppress(OSError):
            used = psutil.disk_usage(part.mountpoint)
            name = part.mountpoint.encode(errors="replace").decode()[:80]  # it may be no text at all
            yield Reading(f"disk.full {name}", used.percent, Unit.PERCENT)
            yield Reading(f"disk.free {name}", used.free, Unit.BYTES)


def pressure() -> Iterator[Reading]:
    """The share of the last ten seconds in which somebody had to wait (kernel documentation, accounting/psi)."""
    for what in ("cpu", "memory", "io"):
        with suppress(OSError, ValueError, IndexError):
            some = (PRESSURE / what).read_text(encoding="ascii").split()
            yield Reading(f"pressure.{what}", float(some[1].removeprefix("avg10=")), Unit.PERCENT)


def temperature() -> Iterator[Reading]:
    with suppress(AttributeError, OSError):  # not on every system
        hottest = [each.current for sensors in psutil.sensors_temperatures().values() for each in sensors]
        if hottest:
            yield Reading("temperature", max(hottest), "°C")
