"""Physical disks. Virtual ones (dm, md, loop, zram) would count the same bytes again."""

from collections.abc import Iterator
from pathlib import Path

from monitor.metrics.readings import Rates, Reading, Unit
from monitor.metrics.sources.machine.network import read_text_file

SECTOR = 512  # bytes; the unit of the kernel's table for every disk
VIRTUAL_PREFIXES = ("loop", "ram", "zram", "dm-", "md", "nbd", "zd", "drbd", "bcache")


class Disks:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.rates = Rates()

    def read(self, at: float) -> Iterator[Reading]:
        """Sum up the rates of single disks: a new disk or a counter reset makes no peak."""
        totals = count_disk_bytes(self.root)
        self.rates.keep({f"{name} {direction}" for name in totals for direction in (0, 1)})
        for direction, name in enumerate(("disk.read", "disk.written")):
            rates = [self.rates.of(f"{disk} {direction}", total[direction], at) for disk, total in totals.items()]
            known = [rate for rate in rates if rate is not None]
            if known:
                yield Reading(name, sum(known), Unit.BYTES_PER_SECOND)


def count_disk_bytes(root: Path) -> dict[str, tuple[int, int]]:
    """Bytes read and written since the disk was attached."""
    totals = {}
    for line in read_text_file(root / "proc/diskstats").splitlines():
        fields = line.split()
        if len(fields) >= 10 and fields[5].isdigit() and fields[9].isdigit():
            totals[fields[2]] = int(fields[5]) * SECTOR, int(fields[9]) * SECTOR
    return {name: totals[name] for name in select_disks(root / "sys/block", list(totals))}


def select_disks(folder: Path, names: list[str]) -> list[str]:
    """Partitions have no folder there. If no disk is physical, return those that are not built on others."""
    disks = [name for name in names if (folder / name.replace("/", "!")).is_dir()] or drop_partitions(names)
    hardware = [name for name in disks if (folder / name.replace("/", "!") / "device").exists()]
    real = [name for name in disks if not name.startswith(VIRTUAL_PREFIXES)]
    return hardware or [name for name in real if not any((folder / name / "slaves").glob("*"))]


def drop_partitions(names: list[str]) -> list[str]:
    """Drop the partitions, which have a disk's name and a number, such as sda1 and nvme0n1p1."""
    return [name for name in names if not any(is_partition(name, disk) for disk in names)]


def is_partition(name: str, disk: str) -> bool:
    rest = name.removeprefix(disk)
    return rest != name and rest.removeprefix("p").isdigit() and (rest[0] == "p") == disk[-1].isdigit()
