"""How a source stands, by its newest row: what the pages say of it."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import redis
from django.template.defaultfilters import filesizeformat
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from monitor.boards import at
from monitor.metrics import Unit, Values
from monitor.models import Series, Source
from monitor.store.ring import Row, get_ring

FRESH = 25  # seconds: while nobody watches there is a row every ten
WORDS: dict[str, Promise] = {
    "new": _("New"),
    "live": _("Live"),
    "down": _("Down"),
    "silent": _("Not read now"),
    "paused": _("Paused"),
    "revoked": _("Revoked"),
}


@dataclass
class Standing:
    state: str  # a key of WORDS
    last: datetime | None  # when it was measured last, as far as was looked
    values: Values | None = None

    @property
    def word(self) -> Promise:
        return WORDS[self.state]


def standing(source: Source, back: int = FRESH) -> Standing:
    """``back``: of how many seconds the newest values are looked for, up to the length of the ring."""
    try:
        rows = get_ring().since(source.pk, int(time.time()) - back)
    except redis.RedisError:
        rows = []
    measured = [row for row in rows if row.values]
    last = datetime.fromtimestamp(measured[-1].t, UTC) if measured else None
    return Standing(decided(source) or state(rows), last, measured[-1].values if measured else None)


def decided(source: Source) -> str:
    """What was decided about it, or that nothing can be there yet."""
    if hasattr(source, "pushed"):
        return "revoked" if source.pushed.revoked_at else "" if source.pushed.seen_at else "new"
    return "paused" if hasattr(source, "scraped") and source.scraped.paused else ""


def state(rows: Iterable[Row]) -> str:
    newest = list(rows)[-1:]
    if not newest or newest[0].t < time.time() - FRESH:
        return "silent"
    return "live" if newest[0].values else "down"


def newest_values(source: Source, found: Standing) -> list[tuple[str, str]]:
    """Each series, and what it was last."""
    series = Series.objects.filter(source=source).order_by("name")
    values = found.values
    return [(each.name, readable(at(values, each.position) if values else None, each.unit)) for each in series]


def readable(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    if unit in {Unit.BYTES, Unit.BYTES_PER_SECOND}:
        return f"{filesizeformat(value)}{unit[1:]}"
    return f"{value:,.5g} {unit}".strip() if unit != Unit.PER_SECOND else f"{value:,.5g}/s"
