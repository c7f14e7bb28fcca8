"""Physical network interfaces, so that nothing is counted twice.

A bond, bridge, VLAN, tunnel or a container's veth pair has no device: its bytes also pass through a physical one.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from monitor.metrics.readings import Rates, Reading, Unit

VIRTUAL = {"bond", "bridge", "dummy", "ifb", "ipvlan", "macvlan", "vlan", "vxlan", "wireguard"}


class Traffic(NamedTuple):
    """Totals since the interface was created."""

    received: int
    sent: int
    errors: int  # with dropped packets


class Network:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.rates = Rates()

    def read(self, at: float) -> Iterator[Reading]:
        """Sum up the rates of single interfaces, so that a reset of one does not affect the others."""
        totals = {
            f"{name} {field}": total
            for name, traffic in count_traffic(self.root).items()
            for field, total in traffic._asdict().items()
        }
        self.rates.keep(totals)
        rates = {key: self.rates.of(key, total, at) for key, total in totals.items()}
        for name, field, unit in (
            ("net.in", "received", Unit.BYTES_PER_SECOND),
            ("net.out", "sent", Unit.BYTES_PER_SECOND),
            ("net.errors", "errors", Unit.PER_SECOND),
        ):
            known = [rate for key, rate in rates.items() if key.endswith(f" {field}") and rate is not None]
            if known:
                yield Reading(name, sum(known), unit)


def count_traffic(root: Path) -> dict[str, Traffic]:
    traffic = read_traffic(root)
    folder = root / "sys/class/net"
    return {name: traffic[name] for name in select_interfaces(folder, [name for name in traffic if name != "lo"])}


def select_interfaces(folder: Path, names: list[str]) -> list[str]:
    """Return physical interfaces. Without any, return those that are not built on others."""
    hardware = {name for name in names if (folder / name / "device").exists()}
    if hardware:
        return [name for name in names if name in hardware and not shares_traffic(folder, name, hardware)]
    return [name for name in names if not is_virtual_interface(folder / name)] or names


def shares_traffic(folder: Path, name: str, hardware: set[str]) -> bool:
    """Whether its bytes are also counted by another: a port of a switch, or a slave of a cloud's network card."""
    master = folder / name / "master"
    if master.exists() and master.resolve().name in hardware:
        return True
    number, link = (read_text_file(folder / name / file) for file in ("ifindex", "iflink"))
    others = {read_text_file(folder / other / "ifindex") for other in hardware - {name}}
    return bool(link) and link != number and link in others


def is_virtual_interface(interface: Path) -> bool:
    if not interface.exists():
        return False
    kinds = [
        line.partition("=")[2]
        for line in read_text_file(interface / "uevent").splitlines()
        if line.startswith("DEVTYPE=")
    ]
    stacked = any(interface.glob("lower_*"))
    marked = any((interface / file).exists() for file in ("bridge", "bonding", "tun_flags"))
    return stacked or marked or bool(VIRTUAL.intersection(kinds))


def read_traffic(root: Path) -> dict[str, Traffic]:
    """Read the kernel's table: eight columns for received bytes, eight for sent ones."""
    traffic = {}
    for name, numbers in parse_traffic_table(read_text_file(root / "proc/net/dev").splitlines()[2:]):
        received, bad_in, dropped_in = numbers[0], numbers[2], numbers[3]
        sent, bad_out, dropped_out = numbers[8], numbers[10], numbers[11]
        traffic[name] = Traffic(received, sent, bad_in + dropped_in + bad_out + dropped_out)
    return traffic


def parse_traffic_table(lines: Iterable[str]) -> Iterator[tuple[str, list[int]]]:
    for line in lines:
        name, colon, rest = line.rpartition(":")  # an alias has a colon in its name
        numbers = rest.split()
        if colon and len(numbers) >= 12 and all(number.isdigit() for number in numbers):
            yield name.strip(), [int(number) for number in numbers]


def read_text_file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
