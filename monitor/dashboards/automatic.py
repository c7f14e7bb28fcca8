"""What a dashboard shows: panels, each of some series, of one source or of several."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import NamedTuple
from zlib import crc32

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from monitor.dashboards.spec import SERIES, SERIES_OF_PANEL
from monitor.metrics.name_patterns import fits
from monitor.models import Series, Source

Text = str | Promise
GONE_SHOWN = 500  # series that are gone, in a chart of the past: those that were read last


class Panel(NamedTuple):
    title: Text
    series: tuple[str, ...]  # "source.name", or patterns such as "host.cpu.core*"
    note: Text = ""
    top: float | None = None  # where the scale ends; else it follows the values
    colour: str = "blue"
    wide: bool = False


class Dashboard(NamedTuple):
    key: str  # of its source, where it has one
    title: Text
    panels: tuple[Panel, ...]
    version: int = 0  # of one that people made

    @property
    def sources(self) -> set[str]:
        return {pattern.partition(".")[0] for panel in self.panels for pattern in panel.series}


def board(key: str, title: Text, *panels: Panel) -> Dashboard:
    """Of one source, whose key need not stand before each of its series."""
    return Dashboard(
        key, title, tuple(each._replace(series=tuple(f"{key}.{name}" for name in each.series)) for each in panels)
    )


AUTOMATIC = {
    each.key: each
    for each in (
        board(
            "host",
            _("This machine"),
            Panel(_("Processor"), ("cpu.busy",), _("of all cores"), 100, "blue"),
            Panel(_("Memory"), ("memory.used",), _("not available to programs"), None, "violet"),
            Panel(_("Network"), ("net.in", "net.out"), _("in and out"), None, "blue"),
            Panel(_("Load"), ("load.1",), _("over a minute"), None, "green"),
            Panel(_("Disk"), ("disk.read", "disk.written"), _("read and written"), None, "amber"),
            Panel(_("Waiting for the disk"), ("cpu.iowait",), _("of all cores"), 100, "amber"),
            Panel(_("Cores"), ("cpu.core*",), _("busy"), 100, "blue"),
            Panel(_("Disks"), ("disk.full *",), _("how full"), 100, "violet"),
            Panel(_("Days until full"), ("disk.days *",), _("as fast as in the last hours"), None, "amber"),
            Panel(_("Pressure"), ("pressure.*",), _("somebody had to wait"), None, "red"),
            Panel(_("Processes"), ("processes",), "", None, "green"),
            Panel(_("Swap"), ("swap.used",), "", None, "red"),
            Panel(_("Stolen time"), ("cpu.steal",), _("taken by the hypervisor"), None, "red"),
            Panel(_("Temperature"), ("temperature",), _("the hottest sensor"), None, "red"),
            Panel(_("Open files"), ("files.open",), "", None, "teal"),
            Panel(_("Clock"), ("clock.error",), _("wrong by at most"), None, "violet"),
        ),
        board(
            "live",
            _("Sockets"),
            Panel(_("Open sockets"), ("sockets",), _("of all processes"), None, "green"),
            Panel(_("People"), ("people",), _("with a window open"), None, "teal"),
            Panel(_("Deliveries"), ("deliveries",), _("events to sockets"), None, "blue"),
            Panel(_("Fan-out"), ("fanout.p50", "fanout.p95", "fanout.p99"), _("event to last socket"), None, "green"),
            Panel(_("Event-loop lag"), ("lag.p50", "lag.p99"), _("the slowest process"), None, "violet"),
            Panel(_("Commands"), ("commands",), _("from browsers"), None, "blue"),
            Panel(_("Messages of one commit"), ("batch.p50", "batch.p95"), _("group commit"), None, "amber"),
            Panel(_("Events of one frame"), ("flush.p50", "flush.p95"), _("the flush rule"), None, "amber"),
            Panel(_("Comings and goings"), ("opened", "closed.*"), _("sockets, by close code"), None, "red"),
            Panel(_("Followed streams"), ("resumed", "snapshots"), _("resumed, or begun anew"), None, "violet"),
            Panel(_("Memory"), ("memory",), _("of all processes"), None, "violet"),
            Panel(_("Processes"), ("live.processes",), "", None, "green"),
        ),
        board(
            "web",
            _("Pages"),
            Panel(_("uWSGI busy"), ("busy",), _("workers at work"), 100, "amber"),
            Panel(_("Listen queue"), ("queue",), _("requests that wait"), None, "red"),
            Panel(_("Requests"), ("requests",), "", None, "blue"),
            Panel(_("Time of a request"), ("request.time",), _("in a worker"), None, "green"),
            Panel(_("Workers"), ("workers", "workers.busy"), _("and those at work"), None, "violet"),
            Panel(_("Exceptions"), ("exceptions", "harakiri"), _("and requests ended by force"), None, "red"),
            Panel(_("Processor"), ("cpu",), _("of this machine"), 100, "blue"),
            Panel(_("Applications"), ("app.requests *",), _("requests of each"), None, "teal"),
            Panel(_("Started again"), ("respawns", "queue.errors"), _("and connections refused"), None, "red"),
        ),
        board(
            "nginx",
            _("nginx"),
            Panel(_("Requests"), ("requests",), "", None, "blue"),
            Panel(_("Connections"), ("connections.*",), "", None, "green"),
            Panel(_("Accepted"), ("accepted", "dropped"), _("and dropped"), None, "violet"),
            Panel(_("Answers"), ("status.*",), _("by their status"), None, "green"),
            Panel(_("Time of a page"), ("time.p50", "time.p95", "time.p99"), _("first to last byte"), None, "amber"),
            Panel(_("Time behind it"), ("upstream.*",), _("in uWSGI"), None, "violet"),
            Panel(_("Kinds"), ("kind.page", "kind.static", "kind.ws"), _("pages, files, ended sockets"), None, "blue"),
        ),
        board(
            "redis",
            _("Redis"),
            Panel(_("Commands"), ("commands",), "", None, "violet"),
            Panel(_("Memory"), ("memory",), "", None, "blue"),
            Panel(_("Answer to a ping"), ("ping",), "", None, "green"),
            Panel(_("Clients"), ("clients", "clients.blocked"), _("and blocked ones"), None, "green"),
            Panel(_("Network"), ("in", "out"), _("in and out"), None, "blue"),
            Panel(_("Channels"), ("channels",), _("listened to"), None, "amber"),
            Panel(_("Found"), ("hits",), _("of the keys that were asked for"), 100, "green"),
            Panel(_("Keys"), ("keys",), "", None, "violet"),
            Panel(_("Replicas"), ("replicas", "replicas.lag"), _("and how far behind"), None, "teal"),
            Panel(_("Trouble"), ("evicted", "rejected"), _("evicted keys, rejected clients"), None, "red"),
        ),
        board(
            "database",
            _("Database"),
            Panel(_("Connections"), ("connections", "connections.active"), _("and active ones"), None, "blue"),
            Panel(_("Transactions"), ("commits", "rollbacks"), _("committed, rolled back"), None, "green"),
            Panel(_("Rows written"), ("rows.written",), "", None, "violet"),
            Panel(_("Answer to a question"), ("answer",), "", None, "green"),
            Panel(_("Read from memory"), ("cache.hit",), _("of all reads"), 100, "blue"),
            Panel(_("Longest transaction"), ("transaction.longest",), "", None, "amber"),
            Panel(_("Waiting for a lock"), ("locks.waiting", "deadlocks"), _("and deadlocks"), None, "red"),
            Panel(_("Size"), ("size", "wal"), "", None, "violet"),
            Panel(_("Messages"), ("messages",), _("written in rooms"), None, "teal"),
            Panel(_("Written ahead"), ("wal.written",), "", None, "amber"),
            Panel(_("Checkpoints"), ("checkpoints.*",), _("timed, asked for"), None, "amber"),
            Panel(_("Dead rows"), ("rows.dead",), _("until they are cleared away"), None, "red"),
        ),
        board(
            "collector",
            _("Collector"),
            Panel(_("Time of a tick"), ("tick.time",), "", None, "blue"),
            Panel(_("Late"), ("tick.late",), _("after the full second"), None, "amber"),
            Panel(_("Missed ticks"), ("ticks.missed",), _("since it began"), None, "red"),
            Panel(_("Series"), ("series",), _("of all sources"), None, "violet"),
            Panel(_("Refused series"), ("series.refused",), _("beyond the limit"), None, "red"),
            Panel(_("Sources that are down"), ("sources.down",), "", None, "red"),
        ),
        board(
            "checks",
            _("Checks"),
            Panel(_("Answer"), ("*.time",), _("until there was one"), None, "blue"),
            Panel(_("Up"), ("*.up",), _("1 is up, 0 is down"), 1, "green"),
            Panel(_("Certificates"), ("*.days",), _("days that they are good"), None, "violet"),
            Panel(_("Under way"), ("running", "overdue"), _("and overdue"), None, "amber"),
        ),
    )
}


class Column(NamedTuple):
    """A series in a frame of a dashboard; its place there is its index."""

    name: str
    unit: str
    position: int  # in its source's row
    source: str

    @property
    def full(self) -> str:
        return f"{self.source}.{self.name}"


class Layout(NamedTuple):
    """The order of values in the frames of a dashboard, and a number that changes with whatever is shown."""

    columns: tuple[Column, ...]
    panels: tuple[tuple[int, ...], ...]  # of each panel: indices into the columns
    number: int

    @property
    def sources(self) -> list[str]:
        return list(dict.fromkeys(each.source for each in self.columns))


def layout(dashboard: Dashboard, series: Iterable[Column]) -> Layout:
    known = {each.full: each for each in series}
    limits = (SERIES_OF_PANEL, SERIES) if dashboard.version else (None, None)
    columns: dict[str, int] = {}
    panels = [
        tuple(columns.setdefault(name, len(columns)) for name in chosen(panel.series, known)[: limits[0]])
        for panel in dashboard.panels
    ]
    ordered = tuple(known[name] for name in list(columns)[: limits[1]])
    kept = tuple(tuple(index for index in panel if index < len(ordered)) for panel in panels)
    mark = "\n".join([f"{dashboard.key} {dashboard.version}", *(each.full for each in ordered)])
    return Layout(ordered, kept, crc32(mark.encode()))


def chosen(patterns: Iterable[str], names: Iterable[str]) -> list[str]:
    """In the order of the patterns; within one, in the order of arrival."""
    known = dict.fromkeys(names)
    return list(dict.fromkeys(name for pattern in patterns for name in matches(pattern, known)))


def matches(pattern: str, names: Collection[str]) -> Iterable[str]:
    if pattern in names:
        return (pattern,)
    source = pattern.partition(".")[0] + "."
    return (name for name in names if name.startswith(source) and fits(name, pattern))


def columns_of(sources: Iterable[str], since: int | None = None) -> list[Column]:
    """The live series; behind them those that are gone and were read at ``since`` (seconds since 1970) or later."""
    known = Series.objects.filter(source__key__in=list(sources), source__removed_at=None)
    rows = [*known.filter(gone_at=None).order_by("source_id", "position")]
    if since is not None:
        gone = known.filter(gone_at__isnull=False, seen_at__gte=datetime.fromtimestamp(since, UTC))
        rows += gone.order_by("-seen_at", "pk")[:GONE_SHOWN]
    keys = dict(Source.objects.filter(pk__in={row.source_id for row in rows}).values_list("pk", "key"))
    return [Column(row.name, row.unit, row.position or 0, keys[row.source_id]) for row in rows]
