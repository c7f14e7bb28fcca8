"""Finds the dashboard of a key and the columns of its frames."""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation import gettext_lazy as _

from monitor.dashboards.automatic import AUTOMATIC_DASHBOARDS, DashboardView, Layout, Panel, Text, build_layout
from monitor.dashboards.models import Dashboard
from monitor.dashboards.spec import COLOURS, MAX_PANEL_SERIES, MAX_PANELS, Spec, load_spec
from monitor.metrics.columns import SeriesColumn, get_series_columns
from monitor.metrics.ingest.names import split_series
from monitor.metrics.models import Source

if TYPE_CHECKING:
    from monitor.metrics.catalogue import SeriesIndex


SOURCE_NAMES: dict[str, Text] = {"beats": _("Heartbeats"), "statsd": _("Counted by statsd")}
PERCENTILE = re.compile(r"\.p(50|95|99)$")
SLUG = re.compile(r"[-\w]{1,40}", re.ASCII)


class DashboardLayout(NamedTuple):
    dashboard: DashboardView
    layout: Layout


def find_layout(key: str, since: int | None = None) -> DashboardLayout | None:
    """Returns None for an unknown key. With ``since`` it includes removed series that were read after that time."""
    custom = Dashboard.objects.filter(key=key).first()
    if custom:
        return build_dashboard_layout(view_custom_dashboard(custom), since)
    if key in AUTOMATIC_DASHBOARDS or Source.objects.filter(key=key).exists():
        return build_dashboard_layout(view_source_dashboard(key, since), since)
    return None


def build_dashboard_layout(dashboard: DashboardView, since: int | None = None) -> DashboardLayout:
    return DashboardLayout(dashboard, build_layout(dashboard, get_series_columns(dashboard.sources, since)))


def view_custom_dashboard(custom: Dashboard) -> DashboardView:
    return view_spec(custom.key, load_spec(custom.spec), custom.version)


def view_source_dashboard(source: str, since: int | None = None) -> DashboardView:
    return AUTOMATIC_DASHBOARDS.get(source) or view_generated_dashboard(source, since)


def find_source_titles(keys: Iterable[str]) -> dict[str, Text]:
    """Returns the names of sources without a defined dashboard, or else their keys."""
    named = Source.objects.filter(key__in=list(keys)).values_list("key", "pushed__name", "scraped__name")
    return {key: pushed or scraped or SOURCE_NAMES.get(key, key) for key, pushed, scraped in named}


def view_spec(key: str, spec: Spec, version: int) -> DashboardView:
    panels = (
        Panel(panel.title, tuple(panel.series), panel.note, panel.top, panel.colour, panel.wide)
        for panel in spec.panels
    )
    return DashboardView(key, spec.title, tuple(panels), version)


def view_generated_dashboard(key: str, since: int | None = None) -> DashboardView:
    """Generates a dashboard for a source without a defined one: a panel for each metric or common prefix, and unit."""
    groups: dict[tuple[str, str], list[SeriesColumn]] = {}
    for column in get_series_columns([key], since):
        groups.setdefault((find_group(column.name), column.unit), []).append(column)
    panels = [
        Panel(
            title,
            tuple(column.full for column in columns[:MAX_PANEL_SERIES]),
            unit,
            None,
            COLOURS[number % len(COLOURS)],
        )
        for number, ((title, unit), columns) in enumerate(list(groups.items())[:MAX_PANELS])
    ]
    return DashboardView(key, find_source_titles([key]).get(key, key), tuple(panels))


def find_group(name: str) -> str:
    """Groups by prefix: "queue.mail" and "queue.sms", also "disk.full /" and "disk.full /home".

    Names with labels are grouped by metric, and the percentiles of a timer form one group.
    """
    metric, _labels = split_series(name)
    if metric != name:
        return PERCENTILE.sub("", metric)
    return metric.split(" ", maxsplit=1)[0].split(".", maxsplit=1)[0]


class CachedLayout(NamedTuple):
    version: int
    sources: frozenset[str]
    versions: dict[str, int]  # of the sheets of its sources
    layout: Layout


class WatchedLayouts:
    """Caches the layouts of watched dashboards in the collector. It rebuilds them after a change."""

    def __init__(self, sheets: Mapping[str, "SeriesIndex"]) -> None:
        self.sheets = sheets
        self.known: dict[str, CachedLayout] = {}

    def load(self, keys: Iterable[str]) -> dict[str, Layout]:
        valid_keys = {key for key in keys if SLUG.fullmatch(key)}  # also includes keys that will be refused
        versions = (
            dict(Dashboard.objects.filter(key__in=valid_keys).values_list("key", "version")) if valid_keys else {}
        )
        self.known = {key: known for key, known in self.known.items() if key in valid_keys}
        layouts = {key: self.layout(key, versions.get(key, 0)) for key in sorted(valid_keys)}
        return {key: layout for key, layout in layouts.items() if layout}

    def layout(self, key: str, version: int) -> Layout | None:
        known = self.known.get(key)
        if known and known.version == version and known.versions == self.versions(known.sources):
            return known.layout
        current = find_layout(key)
        if current is None:
            return None
        sources = frozenset(current.dashboard.sources) | ({key} if not current.dashboard.version else set())
        self.known[key] = CachedLayout(current.dashboard.version, sources, self.versions(sources), current.layout)
        return current.layout

    def versions(self, sources: Iterable[str]) -> dict[str, int]:
        return {key: self.sheets[key].version for key in sources if key in self.sheets}
