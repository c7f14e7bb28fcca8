"""Which dashboard a key means, and the order of its values, whether it is automatic or people made it."""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation import gettext_lazy as _

from monitor.dashboards.automatic import AUTOMATIC, Dashboard, Layout, Panel, Text, layout
from monitor.dashboards.models import Dashboard as Made
from monitor.dashboards.spec import COLOURS, PANELS, SERIES_OF_PANEL, Spec, stored
from monitor.metrics.columns import SeriesColumn, get_series_columns
from monitor.metrics.ingest.names import split_series
from monitor.metrics.models import Source

if TYPE_CHECKING:
    from monitor.metrics.catalogue import SeriesIndex


NAMES: dict[str, Text] = {"beats": _("Heartbeats"), "statsd": _("Counted by statsd")}
PERCENTILE = re.compile(r"\.p(50|95|99)$")
SLUG = re.compile(r"[-\w]{1,40}", re.ASCII)


class LaidOut(NamedTuple):
    dashboard: Dashboard
    order: Layout


def lay_out(key: str, since: int | None = None) -> LaidOut | None:
    """None if there is no such dashboard. ``since``: also of the series that are gone and were read from then on."""
    made = Made.objects.filter(key=key).first()
    if made:
        return with_order(drawn(made), since)
    if key in AUTOMATIC or Source.objects.filter(key=key).exists():
        return with_order(automatic(key, since), since)
    return None


def with_order(dashboard: Dashboard, since: int | None = None) -> LaidOut:
    return LaidOut(dashboard, layout(dashboard, get_series_columns(dashboard.sources, since)))


def drawn(made: Made) -> Dashboard:
    return of_spec(made.key, stored(made.spec), made.version)


def automatic(source: str, since: int | None = None) -> Dashboard:
    return AUTOMATIC.get(source) or by_itself(source, since)


def titles_of(keys: Iterable[str]) -> dict[str, Text]:
    """What sources that nobody has drawn are called, by whoever made them; else by their key."""
    named = Source.objects.filter(key__in=list(keys)).values_list("key", "pushed__name", "scraped__name")
    return {key: pushed or scraped or NAMES.get(key, key) for key, pushed, scraped in named}


def of_spec(key: str, spec: Spec, version: int) -> Dashboard:
    panels = (
        Panel(each.title, tuple(each.series), each.note, each.top, each.colour, each.wide) for each in spec.panels
    )
    return Dashboard(key, spec.title, tuple(panels), version)


def by_itself(key: str, since: int | None = None) -> Dashboard:
    """For a source that nobody has drawn: a panel for each metric, or group of names that begin alike, of one unit."""
    groups: dict[tuple[str, str], list[SeriesColumn]] = {}
    for column in get_series_columns([key], since):
        groups.setdefault((group_of(column.name), column.unit), []).append(column)
    panels = [
        Panel(title, tuple(each.full for each in columns[:SERIES_OF_PANEL]), unit, None, COLOURS[number % len(COLOURS)])
        for number, ((title, unit), columns) in enumerate(list(groups.items())[:PANELS])
    ]
    return Dashboard(key, titles_of([key]).get(key, key), tuple(panels))


def group_of(name: str) -> str:
    """ "queue.mail" and "queue.sms" stand together; so do "disk.full /" and "disk.full /home".

    Where a name has labels, all series of its metric do, and the percentiles of one timer.
    """
    metric, _labels = split_series(name)
    if metric != name:
        return PERCENTILE.sub("", metric)
    return metric.split(" ", maxsplit=1)[0].split(".", maxsplit=1)[0]


class Known(NamedTuple):
    version: int
    sources: frozenset[str]
    versions: dict[str, int]  # of the sheets of its sources
    order: Layout


class Orders:
    """The layouts of watched dashboards as the collector keeps them: made anew when something was changed or came."""

    def __init__(self, sheets: Mapping[str, "SeriesIndex"]) -> None:
        self.sheets = sheets
        self.known: dict[str, Known] = {}

    def of(self, keys: Iterable[str]) -> dict[str, Layout]:
        asked = {key for key in keys if SLUG.fullmatch(key)}  # also what somebody asks for who will be refused
        versions = dict(Made.objects.filter(key__in=asked).values_list("key", "version")) if asked else {}
        self.known = {key: known for key, known in self.known.items() if key in asked}
        found = {key: self.order(key, versions.get(key, 0)) for key in sorted(asked)}
        return {key: order for key, order in found.items() if order}

    def order(self, key: str, version: int) -> Layout | None:
        known = self.known.get(key)
        if known and known.version == version and known.versions == self.versions(known.sources):
            return known.order
        found = lay_out(key)
        if found is None:
            return None
        sources = frozenset(found.dashboard.sources) | ({key} if not found.dashboard.version else set())
        self.known[key] = Known(found.dashboard.version, sources, self.versions(sources), found.order)
        return found.order

    def versions(self, sources: Iterable[str]) -> dict[str, int]:
        return {key: self.sheets[key].version for key in sources if key in self.sheets}
