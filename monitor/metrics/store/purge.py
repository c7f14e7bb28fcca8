"""What is kept has an end: by age, and by the size that the site allows. The oldest of the finest goes first."""

from collections.abc import Iterable

from django.conf import settings
from django.db import connection
from django.db.models import Avg, Max, Min
from django.db.models.functions import Length

from monitor.metrics.models import Chunk, Rollup
from monitor.metrics.store.retention import LADDER, RAW_LEVEL, Level

EVERY, WEIGH_EVERY = 10, 60  # seconds
AT_ONCE = 500  # rows of a step: gone within milliseconds, on a slow disk, too
SAMPLE = 500  # rows whose size stands for all
Kept = Chunk | Rollup
# Bytes of a row beside its body, as bin/bench store finds them: heads, indexes, and what pages of 4 or 8 KB leave free.
BESIDE: dict[str, dict[type[Kept], int]] = {
    "sqlite": {Chunk: 110, Rollup: 790},
    "postgresql": {Chunk: 135, Rollup: 285},
}
MEGABYTE = 1_000_000


class Forgetting:
    """``second()`` once a second: some rows, if there is something to forget. How many."""

    def __init__(self) -> None:
        self.weighed = 0  # when the size was last looked at, which costs more than a few rows
        self.full = self.more = False

    def second(self, now: int) -> int:
        if now % EVERY and not self.more:
            return 0
        if self.full or now - self.weighed >= WEIGH_EVERY:
            self.weighed, self.full = now, size() > settings.METRICS_MB * MEGABYTE
        gone = [forget(level, now - level.keep) for level in LADDER]
        if self.full:
            gone.append(next(filter(None, (forget(level, now - level.least) for level in LADDER if level.least)), 0))
        self.more = max(gone) >= AT_ONCE
        return sum(gone)


def forget(level: Level, before: int) -> int:
    """The oldest rows of a level, as far as they ended before a moment."""
    old = [pk for pk, t0 in oldest(level) if t0 + level.span <= before]
    if not old:
        return 0
    rows = Chunk.objects.filter(pk__in=old) if level is RAW_LEVEL else Rollup.objects.filter(pk__in=old)
    rows._raw_delete(rows.db)  # nothing hangs on a row: none needs to be read first
    return len(old)


def oldest(level: Level) -> Iterable[tuple[int, int]]:
    if level is RAW_LEVEL:
        return Chunk.objects.order_by("pk").values_list("pk", "t0")[:AT_ONCE]
    return Rollup.objects.filter(step=level.step).order_by("t0").values_list("pk", "t0")[:AT_ONCE]


def size() -> int:
    """Bytes of everything kept, about: numbers of rows, times what the newest of them take."""
    return sum(rows(model) * (sample(model) + beside) for model, beside in BESIDE[connection.vendor].items())


def rows(model: type[Kept]) -> int:
    """As rows are written in the order of time and the oldest go first, their numbers have hardly a hole."""
    if model is Rollup:
        return Rollup.objects.count()
    ends = Chunk.objects.aggregate(first=Min("pk"), last=Max("pk"))
    return 0 if ends["first"] is None else ends["last"] - ends["first"] + 1


def sample(model: type[Kept]) -> int:
    newest = model._default_manager.order_by("-pk")[:SAMPLE]
    return int(newest.aggregate(size=Avg(Length("body")))["size"] or 0)
