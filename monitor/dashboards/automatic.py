"""Automatic dashboards, and their panels and columns."""

from collections.abc import Collection, Iterable
from typing import NamedTuple
from zlib import crc32

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from monitor.dashboards.spec import MAX_DASHBOARD_SERIES, MAX_PANEL_SERIES
from monitor.metrics.columns import SeriesColumn
from monitor.metrics.name_patterns import matches_pattern
from monitor.metrics.titles import TITLES

Text = str | Promise


class Panel(NamedTuple):
    title: Text
    series: tuple[str, ...]  # "source.name", or patterns such as "host.cpu.core*"
    note: Text = ""
    top: float | None = None  # maximum of the scale; None: automatic
    colour: str = "blue"
    wide: bool = False


class DashboardView(NamedTuple):
    key: str  # key of its source, if it has one
    title: Text
    panels: tuple[Panel, ...]
    version: int = 0  # 0: automatic

    @property
    def sources(self) -> set[str]:
        return {pattern.partition(".")[0] for panel in self.panels for pattern in panel.series}


def define_dashboard(key: str, *panels: Panel) -> DashboardView:
    """Defines the dashboard of one source. The names of its series omit the key of the source."""
    return DashboardView(
        key,
        TITLES[key],
        tuple(panel._replace(series=tuple(f"{key}.{name}" for name in panel.series)) for panel in panels),
    )


AUTOMATIC_DASHBOARDS = {
    view.key: view
    for view in (
        define_dashboard(
            "host",
            Panel(_("CPU"), ("cpu.busy",), _("all cores"), 100, "blue"),
            Panel(_("Memory"), ("memory.used",), _("used by applications"), None, "violet"),
            Panel(_("Network"), ("net.in", "net.out"), _("in and out"), None, "blue"),
            Panel(_("Load"), ("load.1",), _("1-minute average"), None, "green"),
            Panel(_("Disk"), ("disk.read", "disk.written"), _("reads and writes"), None, "amber"),
            Panel(_("Disk wait"), ("cpu.iowait",), _("all cores"), 100, "amber"),
            Panel(_("Cores"), ("cpu.core*",), _("busy"), 100, "blue"),
            Panel(_("Disks"), ("disk.full *",), _("space used"), 100, "violet"),
            Panel(_("Days until full"), ("disk.days *",), _("at the rate of the last hours"), None, "amber"),
            Panel(_("Pressure"), ("pressure.*",), _("tasks had to wait"), None, "red"),
            Panel(_("Processes"), ("processes",), "", None, "green"),
            Panel(_("Swap"), ("swap.used",), "", None, "red"),
            Panel(_("CPU steal"), ("cpu.steal",), _("taken by the hypervisor"), None, "red"),
            Panel(_("Temperature"), ("temperature",), _("the hottest sensor"), None, "red"),
            Panel(_("Open files"), ("files.open",), "", None, "teal"),
            Panel(_("Clock"), ("clock.error",), _("maximum error"), None, "violet"),
        ),
        define_dashboard(
            "live",
            Panel(_("Open sockets"), ("sockets",), _("of all processes"), None, "green"),
            Panel(_("People"), ("people",), _("with a visible window"), None, "teal"),
            Panel(_("Deliveries"), ("deliveries",), _("events sent to sockets"), None, "blue"),
            Panel(_("Fan-out"), ("fanout.p50", "fanout.p95", "fanout.p99"), _("event to last socket"), None, "green"),
            Panel(_("Event-loop lag"), ("lag.p50", "lag.p99"), _("the slowest process"), None, "violet"),
            Panel(_("Commands"), ("commands",), _("from browsers"), None, "blue"),
            Panel(_("Messages per commit"), ("batch.p50", "batch.p95"), _("group commit"), None, "amber"),
            Panel(_("Events per frame"), ("flush.p50", "flush.p95"), _("batching"), None, "amber"),
            Panel(_("Connections"), ("opened", "closed.*"), _("by close code"), None, "red"),
            Panel(_("Subscriptions"), ("resumed", "snapshots"), _("resumed or new"), None, "violet"),
            Panel(_("Memory"), ("memory",), _("of all processes"), None, "violet"),
            Panel(_("Processes"), ("live.processes",), "", None, "green"),
        ),
        define_dashboard(
            "web",
            Panel(_("uWSGI busy"), ("busy",), _("busy workers"), 100, "amber"),
            Panel(_("Listen queue"), ("queue",), _("waiting requests"), None, "red"),
            Panel(_("Requests"), ("requests",), "", None, "blue"),
            Panel(_("Request time"), ("request.time",), _("in a worker"), None, "green"),
            Panel(_("Workers"), ("workers", "workers.busy"), _("and busy ones"), None, "violet"),
            Panel(_("Exceptions"), ("exceptions", "harakiri"), _("and killed requests"), None, "red"),
            Panel(_("CPU"), ("cpu",), _("this machine"), 100, "blue"),
            Panel(_("Applications"), ("app.requests *",), _("requests per application"), None, "teal"),
            Panel(_("Restarts"), ("respawns", "queue.errors"), _("and refused connections"), None, "red"),
        ),
        define_dashboard(
            "nginx",
            Panel(_("Requests"), ("requests",), "", None, "blue"),
            Panel(_("Connections"), ("connections.*",), "", None, "green"),
            Panel(_("Accepted"), ("accepted", "dropped"), _("and dropped"), None, "violet"),
            Panel(_("Responses"), ("status.*",), _("by status code"), None, "green"),
            Panel(_("Page time"), ("time.p50", "time.p95", "time.p99"), _("first to last byte"), None, "amber"),
            Panel(_("Backend time"), ("upstream.*",), _("in uWSGI"), None, "violet"),
            Panel(_("Kinds"), ("kind.page", "kind.static", "kind.ws"), _("pages, files, closed sockets"), None, "blue"),
        ),
        define_dashboard(
            "redis",
            Panel(_("Commands"), ("commands",), "", None, "violet"),
            Panel(_("Memory"), ("memory",), "", None, "blue"),
            Panel(_("Ping time"), ("ping",), "", None, "green"),
            Panel(_("Clients"), ("clients", "clients.blocked"), _("and blocked clients"), None, "green"),
            Panel(_("Network"), ("in", "out"), _("in and out"), None, "blue"),
            Panel(_("Channels"), ("channels",), _("subscribed"), None, "amber"),
            Panel(_("Cache hit ratio"), ("hits",), _("share of lookups"), 100, "green"),
            Panel(_("Keys"), ("keys",), "", None, "violet"),
            Panel(_("Replicas"), ("replicas", "replicas.lag"), _("and replication lag"), None, "teal"),
            Panel(_("Errors"), ("evicted", "rejected"), _("evicted keys, rejected clients"), None, "red"),
        ),
        define_dashboard(
            "database",
            Panel(_("Connections"), ("connections", "connections.active"), _("and active ones"), None, "blue"),
            Panel(_("Transactions"), ("commits", "rollbacks"), _("committed and rolled back"), None, "green"),
            Panel(_("Rows written"), ("rows.written",), "", None, "violet"),
            Panel(_("Query time"), ("answer",), "", None, "green"),
            Panel(_("Cache hits"), ("cache.hit",), _("share of all reads"), 100, "blue"),
            Panel(_("Longest transaction"), ("transaction.longest",), "", None, "amber"),
            Panel(_("Lock waits"), ("locks.waiting", "deadlocks"), _("and deadlocks"), None, "red"),
            Panel(_("Size"), ("size", "wal"), "", None, "violet"),
            Panel(_("Messages"), ("messages",), _("sent to rooms"), None, "teal"),
            Panel(_("WAL written"), ("wal.written",), "", None, "amber"),
            Panel(_("Checkpoints"), ("checkpoints.*",), _("timed and requested"), None, "amber"),
            Panel(_("Dead rows"), ("rows.dead",), _("until vacuum removes them"), None, "red"),
        ),
        define_dashboard(
            "collector",
            Panel(_("Tick duration"), ("tick.time",), "", None, "blue"),
            Panel(_("Delay"), ("tick.late",), _("after the full second"), None, "amber"),
            Panel(_("Missed ticks"), ("ticks.missed",), _("since start"), None, "red"),
            Panel(_("Series"), ("series",), _("of all sources"), None, "violet"),
            Panel(_("Rejected series"), ("series.refused",), _("beyond the limit"), None, "red"),
            Panel(_("Sources down"), ("sources.down",), "", None, "red"),
        ),
        define_dashboard(
            "checks",
            Panel(_("Response time"), ("*.time",), _("until the response"), None, "blue"),
            Panel(_("Up"), ("*.up",), _("1 is up, 0 is down"), 1, "green"),
            Panel(_("Certificates"), ("*.days",), _("days of validity left"), None, "violet"),
            Panel(_("In progress"), ("running", "overdue"), _("and overdue"), None, "amber"),
        ),
        define_dashboard(
            "tasks",
            Panel(_("Waiting"), ("waiting",), _("with those for later"), None, "blue"),
            Panel(_("Oldest"), ("oldest",), _("since it was due"), None, "amber"),
            Panel(_("Failed"), ("failed",), _("until an admin decides"), None, "red"),
            Panel(_("Running"), ("running", "workers"), _("and workers"), None, "green"),
        ),
    )
}


class Layout(NamedTuple):
    """The columns of the frames of a dashboard. ``number`` changes with every change of the dashboard."""

    columns: tuple[SeriesColumn, ...]
    panels: tuple[tuple[int, ...], ...]  # for each panel: indices into the columns
    number: int

    @property
    def sources(self) -> list[str]:
        return list(dict.fromkeys(column.source for column in self.columns))


def build_layout(dashboard: DashboardView, series: Iterable[SeriesColumn]) -> Layout:
    known = {column.full: column for column in series}
    limits = (MAX_PANEL_SERIES, MAX_DASHBOARD_SERIES) if dashboard.version else (None, None)
    columns: dict[str, int] = {}
    panels = [
        tuple(columns.setdefault(name, len(columns)) for name in select_series(panel.series, known)[: limits[0]])
        for panel in dashboard.panels
    ]
    ordered = tuple(known[name] for name in list(columns)[: limits[1]])
    visible_panels = tuple(tuple(index for index in panel if index < len(ordered)) for panel in panels)
    fingerprint = "\n".join([f"{dashboard.key} {dashboard.version}", *(column.full for column in ordered)])
    return Layout(ordered, visible_panels, crc32(fingerprint.encode()))


def select_series(patterns: Iterable[str], names: Iterable[str]) -> list[str]:
    """Keeps the order of the patterns, then the order of the names."""
    known = dict.fromkeys(names)
    return list(dict.fromkeys(name for pattern in patterns for name in match_series(pattern, known)))


def match_series(pattern: str, names: Collection[str]) -> Iterable[str]:
    if pattern in names:
        return (pattern,)
    source = pattern.partition(".")[0] + "."
    return (name for name in names if name.startswith(source) and matches_pattern(name, pattern))
