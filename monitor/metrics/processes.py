"""The busiest processes of this machine while it is viewed: name, PID, CPU and memory, nothing else.

Command lines are never read, since they can contain passwords.
"""

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import psutil
from django.db import close_old_connections

from monitor.metrics.collector_job import CollectorJob
from monitor.metrics.models import Note
from monitor.metrics.readings import Values

NAME = "processes"
SAMPLE_INTERVAL = 5  # seconds
PROCESSES_SHOWN = 8
MAX_SAMPLE_AGE = 15.0  # seconds that a sample is shown


class ProcessUsage(NamedTuple):
    name: str
    pid: int
    cpu: float  # percent of one core
    memory: int  # bytes

    @property
    def mebibytes(self) -> int:
        return round(self.memory / 2**20)


class CpuSampler:
    """Computes the CPU share of each process since the last call."""

    def __init__(self) -> None:
        self.cpu_seconds: dict[tuple[int, float], float] = {}  # (PID, start time) -> CPU seconds
        self.sampled_at: float | None = None

    def sample(self, at: float) -> list[ProcessUsage]:
        """Return the busiest first, and nothing on the first call."""
        cpu_seconds, previous, last_at = dict[tuple[int, float], float](), self.cpu_seconds, self.sampled_at
        usages = []
        for process in psutil.process_iter(["pid", "name", "create_time", "cpu_times", "memory_info"]):
            info = process.info
            if info["cpu_times"] is None or info["memory_info"] is None:
                continue
            key = (info["pid"], info["create_time"])
            cpu_seconds[key] = info["cpu_times"].user + info["cpu_times"].system
            if last_at is not None and at > last_at:
                share = 100 * max(0.0, cpu_seconds[key] - previous.get(key, cpu_seconds[key])) / (at - last_at)
                usages.append(ProcessUsage(info["name"] or "", info["pid"], round(share, 1), info["memory_info"].rss))
        self.cpu_seconds, self.sampled_at = cpu_seconds, at
        return select_busiest(usages)


def select_busiest(usages: Iterable[ProcessUsage]) -> list[ProcessUsage]:
    return sorted(usages, key=lambda usage: (usage.cpu, usage.memory), reverse=True)[:PROCESSES_SHOWN]


class TopProcesses(CollectorJob):
    """Samples in a thread of its own, since a machine may have thousands of processes."""

    def __init__(self) -> None:
        self.sampler = CpuSampler()
        self.threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="processes")
        self.pending: Future[None] | None = None
        self.last_tick = 0  # tick

    def tick(self, t: int, rows: Mapping[str, Values]) -> None:
        watched, self.last_tick = t - self.last_tick == 1, t  # ticks are rare while no dashboard is viewed
        if watched and t % SAMPLE_INTERVAL == 0 and (self.pending is None or self.pending.done()):
            self.pending = self.threads.submit(self.store_sample)

    def store_sample(self) -> None:
        close_old_connections()
        usages = self.sampler.sample(time.monotonic())
        if usages:
            Note.objects.update_or_create(name=NAME, defaults={"at": time.time(), "body": usages})

    def end(self) -> None:
        self.last_tick = 0


def get_top_processes() -> list[ProcessUsage]:
    note = Note.objects.filter(name=NAME, at__gt=time.time() - MAX_SAMPLE_AGE).first()
    return [ProcessUsage(*fields) for fields in note.body] if note else []
