"""Enqueues tasks for a worker that runs, and prints JSON: ``python -m bench.measure_tasks PID COUNT SECONDS FILE``."""

import django

django.setup()

import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402

from django.db import transaction  # noqa: E402

from bench.load.usage import percentiles, resident, seconds  # noqa: E402
from bench.noting import note_start  # noqa: E402
from bench.testbed import BenchError  # noqa: E402

SINGLE = 200  # tasks, each enqueued when the one before has ended
TIMEOUT = 120.0


def read_starts(file: Path) -> list[tuple[int, float]]:
    lines = file.read_text(encoding="ascii").splitlines() if file.exists() else []
    return [(int(number), float(at)) for number, at in map(str.split, lines)]


def wait_for_starts(file: Path, count: int, interval: float) -> list[tuple[int, float]]:
    end = time.monotonic() + TIMEOUT
    while not file.exists() or file.read_bytes().count(b"\n") < count:
        if time.monotonic() > end:
            raise BenchError(f"{len(read_starts(file))} of {count} tasks ran within {TIMEOUT:.0f} s.")
        time.sleep(interval)
    return read_starts(file)


def measure_start(file: Path) -> list[float]:
    """Seconds from the commit to the start, of an idle worker."""
    delays = []
    for number in range(SINGLE):
        note_start.enqueue(str(file), number)
        committed = time.time()
        delays.append(wait_for_starts(file, number + 1, 0.002)[-1][1] - committed)
        time.sleep(0.001 * (number * 37 % 53))  # at no fixed place of the intervals of the worker
    return delays


def main(pid: int, count: int, window: float, file: Path) -> None:
    measure_start(file)  # both are warm then
    file.unlink()
    delays = measure_start(file)
    file.unlink()
    with transaction.atomic():
        for number in range(count):
            note_start.enqueue(str(file), number)
    used, committed = seconds(pid), time.time()
    starts = wait_for_starts(file, count, 0.1)
    spent, lasted = seconds(pid) - used, starts[-1][1] - committed
    time.sleep(2)
    idle, since = seconds(pid), time.perf_counter()
    time.sleep(max(10.0, window))
    idle_share = (seconds(pid) - idle) / (time.perf_counter() - since)
    starts = read_starts(file)
    numbers = {number for number, _at in starts}
    row = {
        "per_s": round(count / lasted),
        **percentiles(delays),
        "lost": count - len(numbers),
        "doubled": len(starts) - len(numbers),
        "cpu_s": round(spent, 2),
        "rss_mb": round(resident(pid) / 2**20, 1),
        "bound_by": "server",
        "idle_cpu_percent": round(100 * idle_share, 2),
    }
    print(json.dumps(row))


main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4]))
