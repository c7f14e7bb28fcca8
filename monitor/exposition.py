"""``/metrics``: the newest value of every series, for a Prometheus that comes for it with the token."""

import re
import time
from collections.abc import Iterable, Iterator
from math import isnan
from secrets import compare_digest

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

from monitor.dashboards import columns_of
from monitor.models import Source
from monitor.store.ring import get_ring

RECENT = 60  # seconds: what is older is no present value
UNFIT = re.compile(r"[^a-zA-Z0-9_]+")


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Without a token in the settings there is no such page."""
    if not settings.METRICS_TOKEN:
        raise Http404
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not compare_digest(given.encode(), settings.METRICS_TOKEN.encode()):
        return HttpResponse("Bearer token needed.\n", status=401, headers={"WWW-Authenticate": "Bearer"})
    registry = CollectorRegistry()
    registry.register(Newest())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class Newest(Collector):
    def describe(self) -> Iterable[GaugeMetricFamily]:
        return []  # else the registry would collect once at once

    def collect(self) -> Iterator[GaugeMetricFamily]:
        now = time.time()
        up = GaugeMetricFamily("myweb_up", "Whether the source could be read the last time", labels=["source"])
        age = GaugeMetricFamily("myweb_age_seconds", "Since when its values stand", labels=["source"])
        ring, families = get_ring(), dict[str, GaugeMetricFamily]()
        for source in Source.objects.order_by("key"):
            rows = ring.since(source.pk, int(now) - RECENT)
            up.add_metric([source.key], float(bool(rows and rows[-1].values)))
            if rows:
                age.add_metric([source.key], max(0.0, round(now - rows[-1].t, 3)))
                gather(families, source, list(rows[-1].values))
        yield from (up, age, *families.values())


def gather(families: dict[str, GaugeMetricFamily], source: Source, values: list[float]) -> None:
    """A series' name becomes the metric's; what stands after a space in it, such as a disk, is the label ``of``."""
    seen = set()
    for series, unit, position, _source in columns_of([source.key]):
        if position >= len(values) or isnan(values[position]):
            continue
        base, _space, of = series.partition(" ")
        name = f"myweb_{UNFIT.sub('_', f'{source.key}_{base}')}"
        if (name, of) in seen:  # told apart only by signs that Prometheus does not know
            continue
        seen.add((name, of))
        words = f"{base} of {source.key}" + (f", in {unit}" if unit else "")
        family = families.setdefault(name, GaugeMetricFamily(name, words, labels=["of"]))
        family.add_metric([of], values[position])
