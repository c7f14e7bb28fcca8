"""Measures a collector with very many synthetic series: ``python -m bench.measure_collector SERIES SECONDS``."""

import django

django.setup()

import json  # noqa: E402
import os  # noqa: E402
import random  # noqa: E402
import sys  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402
from collections.abc import Iterable  # noqa: E402

from bench.load.usage import percentiles, resident  # noqa: E402
from monitor.metrics.catalogue import MAX_SERIES_PER_SOURCE  # noqa: E402
from monitor.metrics.collector import Collector  # noqa: E402
from monitor.metrics.readings import Reading  # noqa: E402
from monitor.metrics.sources.source import SourceReader  # noqa: E402

WARM_UP = 3  # seconds: new series are written once


class MadeUp(SourceReader):
    """Some values are constant, some change at random."""

    def __init__(self, number: int, count: int) -> None:
        self.key = f"made-up-{number}"
        self.values = {f"value.{each}": random.uniform(0, 1e6) for each in range(count)}

    def read(self, at: float) -> Iterable[Reading]:
        for number, (name, value) in enumerate(self.values.items()):
            if number % 3:
                self.values[name] = value * random.uniform(0.98, 1.02)
            yield Reading(name, self.values[name])


def main(series: int, seconds: int) -> None:
    sources = [MadeUp(number, MAX_SERIES_PER_SOURCE) for number in range(series // MAX_SERIES_PER_SOURCE)]
    collector = Collector(sources)
    took: list[float] = []
    tick = collector.tick

    def timed(t: int) -> None:
        tick(t)
        took.append(collector.stats.tick_seconds)

    collector.tick = timed  # type: ignore[method-assign]
    worker = threading.Thread(target=collector.run)
    worker.start()
    time.sleep(WARM_UP)
    took.clear()
    begun, spent = time.perf_counter(), time.process_time()
    time.sleep(seconds)
    lasted, spent = time.perf_counter() - begun, time.process_time() - spent
    collector.stop()
    worker.join(10)
    row = {
        "per_s": round(len(took) * series / lasted),
        **percentiles(took),
        "lost": collector.stats.missed,
        "doubled": 0,
        "cpu_s": round(spent, 2),
        "cpu_percent": round(100 * spent / lasted, 1),
        "rss_mb": round(resident(os.getpid()) / 2**20, 1),
        "bound_by": "server",
    }
    print(json.dumps(row))


main(*map(int, sys.argv[1:]))
