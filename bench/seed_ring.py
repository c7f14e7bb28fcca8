"""``python -m bench.seed_ring KEY``: fifteen minutes of values of a source, which resemble those that it has.

It waits for the first ones. No collector may run meanwhile: the ring takes values in the order of their time.
``python -m bench.seed_ring --wait KEY`` only waits.
"""

import random
import sys
import time
from array import array

import django

TIMEOUT = 30.0  # seconds


def main(key: str, *, only_wait: bool) -> None:
    django.setup()
    from monitor.metrics.models import Source
    from monitor.metrics.store.ring import RING_SECONDS, get_ring

    ring, source = get_ring(), Source.objects.get(key=key).pk
    deadline = time.monotonic() + TIMEOUT
    while not (rows := ring.since(source, 0)):
        if time.monotonic() > deadline:
            sys.exit(f"The collector has not read {key} within {TIMEOUT:g} s.")
        time.sleep(0.2)
    if only_wait:
        return
    values, now = rows[-1].values, int(time.time())
    ring.clear(source)
    for t in range(now - RING_SECONDS + 1, now):
        values = array("d", map(vary, values))
        ring.append(t, {source: values})


def vary(value: float) -> float:
    """A little, with as many digits; NaN stands for no value."""
    return value if value != value else round(value * random.uniform(0.98, 1.02), 1 if value % 1 else None)  # noqa: PLR0124


if __name__ == "__main__":
    main(sys.argv[-1], only_wait="--wait" in sys.argv)
