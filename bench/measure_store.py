"""Fills a store with two years of plausible values and reads ranges of it. Prints JSON."""

import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from math import sin, tau
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402

from monitor.dashboards.automatic import DashboardView, Layout  # noqa: E402
from monitor.dashboards.history_views import serialize_history  # noqa: E402
from monitor.metrics.columns import SeriesColumn  # noqa: E402
from monitor.metrics.models import Chunk, Rollup, Series, Source  # noqa: E402
from monitor.metrics.readings import round_reading  # noqa: E402
from monitor.metrics.store import purge  # noqa: E402
from monitor.metrics.store.history import read_history  # noqa: E402
from monitor.metrics.store.retention import (  # noqa: E402
    DAY,
    RAW,
    ROLLUP_RESOLUTIONS,
    ROW,
    Resolution,
    Sums,
    encode_points,
    encode_sums,
)
from realtime.protocol import encode  # noqa: E402

Kind = Callable[[random.Random, float], float]
WINDOWS = {"1 h": 3600, "1 d": DAY, "30 d": 30 * DAY, "2 y": 730 * DAY}
SHOWN = 20  # series of a dashboard
PIECES = 40  # different chunks of each kind; generating them takes longer than storing them


def daily(t: float) -> float:
    return 1 + 0.5 * sin(t / DAY * tau)


# As a host has them: percentages, noisy rates, sizes that grow slowly, counts, and many constants.
KINDS: list[Kind] = [
    lambda rand, t: min(100.0, max(0.0, round(25 * daily(t) + rand.gauss(0, 6), 1))),
    lambda rand, t: round_reading(rand.lognormvariate(10, 1.2) * daily(t)),
    lambda rand, t: round_reading(9.1e9 + 1e9 * daily(t) + rand.gauss(0, 2e6)),
    lambda rand, t: float(int(30 * daily(t) + rand.gauss(0, 2))),
    lambda rand, t: round_reading(rand.lognormvariate(-6, 0.4)),
    lambda rand, t: 0.0 if rand.random() < 0.95 else round_reading(rand.random() * 10),
    lambda rand, t: 16_743_931_904.0,
    lambda rand, t: round(daily(t) + rand.gauss(0, 0.05), 2),
]


def fill_raw(series: list[Series], now: int) -> None:
    rand = random.Random(7)
    begin = (now - DAY) // RAW * RAW
    pieces = [[chunk(kind, rand, begin + n * RAW * 7) for n in range(PIECES)] for kind in KINDS]
    for t0 in range(begin, now // RAW * RAW, RAW):
        bodies = [pieces[(each.position or 0) % len(KINDS)][rand.randrange(PIECES)] for each in series]
        rows = zip(series, bodies, strict=True)
        Chunk.objects.bulk_create([Chunk(series=each, t0=t0, body=body) for each, body in rows if body], batch_size=500)


def fill_level(series: list[Series], level: Resolution, now: int) -> None:
    rand = random.Random(level.step)
    begin = (now - level.max_age) // level.span * level.span
    starts = range(begin, now // level.span * level.span, level.span)
    few = [[sums(kind, rand, t0, level) for t0 in starts[:PIECES]] for kind in KINDS]
    for number, t0 in enumerate(starts):
        moved = [encode_sums(t0, level.step, at(few[n][number % PIECES], t0, level)) for n in range(len(KINDS))]
        made = [
            Rollup(series=each, step=level.step, t0=t0, body=moved[(each.position or 0) % len(KINDS)])
            for each in series
        ]
        Rollup.objects.bulk_create(made, batch_size=500)


def at(found: Sums, t0: int, level: Resolution) -> Sums:
    return found._replace(t=[t0 + place * level.step for place in range(ROW)])


def chunk(kind: Kind, rand: random.Random, t0: int) -> bytes | None:
    return encode_points(range(RAW), [kind(rand, t0 + t) for t in range(RAW)])


def sums(kind: Kind, rand: random.Random, t0: int, level: Resolution) -> Sums:
    """Each value is made from a few readings. More of them would only add digits."""
    found = []
    for place in range(ROW):
        read = sorted(kind(rand, t0 + place * level.step) for _reading in range(8))
        total = sum(kind(rand, t0 + place * level.step) for _reading in range(52)) + sum(read)
        found.append((read[0], read[-1], float(f"{total * level.step / 60:.12g}"), float(level.step)))
    low, high, total_, n = ([*column] for column in zip(*found, strict=True))
    return Sums([t0 + place * level.step for place in range(ROW)], low, high, total_, n)


BOARD = DashboardView("bench", "Bench", ())


def opened(series: list[Series], now: int) -> Iterator[dict[str, Any]]:
    """The time from the request for a range to its JSON: median and maximum of five."""
    order = Layout(tuple(SeriesColumn(each.name, "", each.position or 0, "bench") for each in series), (), 0)
    for name, seconds in WINDOWS.items():
        took, busy = [], time.process_time()
        for _time in range(5):
            begun = time.perf_counter()
            window = read_history(series, now - seconds, now, 1_010)
            body = encode(serialize_history(window, BOARD, order))
            took.append(time.perf_counter() - begun)
        yield {
            "window": name,
            "p50_ms": round(1000 * sorted(took)[2], 1),
            "p99_ms": round(1000 * max(took), 1),
            "cpu_ms": round(200 * (time.process_time() - busy), 1),
            "points": len(window.t),
            "json_kb": round(len(body) / 1000),
        }


def size() -> int:
    """The size of the stored values with their indexes; on SQLite the size of the file."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("vacuum metrics_chunk, metrics_rollup")
            cursor.execute("select pg_total_relation_size('metrics_chunk') + pg_total_relation_size('metrics_rollup')")
            return int(cursor.fetchone()[0])
        cursor.execute("pragma wal_checkpoint(truncate)")
    return Path(settings.DATABASES["default"]["NAME"]).stat().st_size


def main(count: int) -> None:
    source = Source.objects.create(key="bench")
    Series.objects.bulk_create(Series(source=source, name=f"series.{n}", position=n) for n in range(count))
    series, now = list(source.series.all()), int(time.time())
    empty, begun = size(), time.perf_counter()
    fill_raw(series, now)
    raw, points = size() - empty, Chunk.objects.count() * RAW
    for level in ROLLUP_RESOLUTIONS:
        fill_level(series, level, now)
    found = {
        "raw_bytes_per_point": round(raw / points, 2),
        "chunks": Chunk.objects.count(),
        "rollups": Rollup.objects.count(),
        "raw_mb": round(raw / 1e6, 1),
        "store_mb": round((size() - empty) / 1e6, 1),
        "estimated_mb": round(purge.estimate_size() / 1e6, 1),
        "filled_s": round(time.perf_counter() - begun, 1),
    }
    print(json.dumps(found | {"windows": [*opened(series[:SHOWN], now)]}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
