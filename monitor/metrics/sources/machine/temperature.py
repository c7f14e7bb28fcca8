"""The hottest working sensor. A broken one has no value, zero, or the end of its scale."""

from collections.abc import Iterator
from pathlib import Path

from monitor.metrics.readings import Reading
from monitor.metrics.sources.machine.network import read_text_file

COLDEST, HOTTEST = -60.0, 127.0  # °C; no machine works beyond them


def read_temperature(root: Path) -> Iterator[Reading]:
    degrees = [value for value in read_sensors(root / "sys/class") if value is not None]
    if degrees:
        yield Reading("temperature", max(degrees), "°C")


def read_sensors(folder: Path) -> Iterator[float | None]:
    chips = [*folder.glob("hwmon/hwmon*/temp*_input"), *folder.glob("hwmon/hwmon*/device/temp*_input")]
    for path in chips or folder.glob("thermal/thermal_zone*/temp"):
        faulty = read_text_file(path.with_name(path.name.replace("_input", "_fault"))) == "1" and path.name != "temp"
        yield None if faulty else parse_degrees(read_text_file(path))


def parse_degrees(word: str) -> float | None:
    try:
        value = float(word) / 1000
    except ValueError:
        return None
    return round(value, 1) if value and COLDEST < value < HOTTEST else None
