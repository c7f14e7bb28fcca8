"""CPU and memory of the servers and both cores during a scenario, from /proc."""

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypedDict

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
FULL = 0.9  # of a core: a core that is busier than this limits the result
IDLE_SECONDS = 0.5  # without a tick of work: longer than a request waits for a database
IDLE_TIMEOUT = 30.0


class Spent(TypedDict):
    cpu_s: float  # of the servers under measurement
    rss_mb: float
    server_busy: float  # share of the window in which the core worked, 0 to 1
    client_busy: float
    bound_by: str  # "server" or "client": the busier core


def core(number: int) -> tuple[float, float]:
    """(busy, all) seconds of a core since boot. Time stolen by other guests counts as busy."""
    for line in Path("/proc/stat").read_text(encoding="ascii").splitlines():
        if line.startswith(f"cpu{number} "):
            user, nice, system, idle, iowait, irq, softirq, steal = (int(word) / TICK for word in line.split()[1:9])
            busy = user + nice + system + irq + softirq + steal
            return busy, busy + idle + iowait
    raise ValueError(f"There is no core {number}.")


def alive(pids: Iterable[int]) -> list[int]:
    """A server may end its processes at any time."""
    return [pid for pid in pids if Path(f"/proc/{pid}/statm").exists()]


def seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def resident(pid: int) -> int:
    """Bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * PAGE


def wait_until_idle(
    pids: Iterable[int], clock: Callable[[], float] = time.monotonic, pause: Callable[[float], None] = time.sleep
) -> bool:
    """Until these processes have worked off what clients left behind. A tick in that time is their own housekeeping.

    A client that goes away leaves its requests in the queue: uWSGI does not notice, and serves each of them.
    """
    pids = [*pids]
    end = clock() + IDLE_TIMEOUT
    while clock() < end:
        before = {pid: seconds(pid) for pid in alive(pids)}
        pause(IDLE_SECONDS)
        if sum(seconds(pid) - before[pid] for pid in alive(before)) < 2 / TICK:
            return True
    return False


class Meter:
    def __init__(self, pids: Iterable[int], server_cpu: int, client_cpu: int) -> None:
        self.pids, self.server_cpu, self.client_cpu = alive(pids), server_cpu, client_cpu

    def begin(self) -> None:
        self.begun = time.perf_counter()
        self.server, self.client = core(self.server_cpu), core(self.client_cpu)
        self.cpu = {pid: seconds(pid) for pid in alive(self.pids)}

    def memory(self) -> float:
        """MB."""
        return sum(map(resident, alive(self.pids))) / 2**20

    def end(self) -> Spent:
        server = share(self.server, core(self.server_cpu))
        client = share(self.client, core(self.client_cpu))
        return Spent(
            cpu_s=round(sum(seconds(pid) - self.cpu[pid] for pid in alive(self.cpu)), 2),
            rss_mb=round(self.memory(), 1),
            server_busy=server,
            client_busy=client,
            bound_by="client" if client > FULL and client > server else "server",
        )


def by_delivery(deliveries: int, size: int, spent: Spent) -> dict[str, float]:
    """``size`` is in bytes, of WebSocket frames."""
    count = max(1, deliveries)
    return {
        "bytes_per_delivery": round(size / count, 1),
        "cpu_us_per_delivery": round(spent["cpu_s"] * 1e6 / count, 2),
    }


def share(before: tuple[float, float], after: tuple[float, float]) -> float:
    return round((after[0] - before[0]) / max(after[1] - before[1], 1e-9), 3)


def percentiles(times: list[float]) -> dict[str, float]:
    """Seconds in, milliseconds out."""
    times = sorted(times)

    def at(part: float) -> float:
        return round(times[min(len(times) - 1, int(len(times) * part))] * 1e3, 2) if times else 0.0

    return {"p50_ms": at(0.50), "p95_ms": at(0.95), "p99_ms": at(0.99)}
