"""Writes docs/benchmarks.md and its charts from the results in bench/results."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench import scheme_table, sizing
from bench.chart import bars
from bench.live_table import command
from deploy.stack.state import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"
IMAGES = ROOT / "docs" / "images"

Result = dict[str, Any]
Results = dict[str, Result]

HEAD = """# Benchmarks

Every figure here was printed by `bin/bench`. It starts the compared servers beside myweb in the same run on the same core, and counts deliveries. No figure is
copied from elsewhere. `bin/bench report` makes this page and its charts from [bench/results](../bench/results). Repeat it on your own
machine with `bin/bench all`.

**How to read it.** The server has one core; the load generator, PostgreSQL and Redis have the other. myweb is measured as shipped: sessions and
memberships are checked, messages are numbered, rendered, stored and committed before anyone receives them. Each socket follows the same streams as a page
(the sidebar, the room, presence). The only setting that differs is the limit of commands per user and second, which one client that acts
for many would exceed. The other servers do none of this: they forward a message from memory. They send one frame per message by design; myweb
merges messages into one frame, which is its main optimisation ([how](realtime.md)).

Rows named "compressed" are clients that ask for permessage-deflate, as browsers do; all others do not. Bytes are those of WebSocket frames as they arrive, before they are inflated,
without TCP. The load generator inflates each distinct frame once. The same frame on another socket is recognised by all of its bytes, and then counted like any other: message by message and by its numbers.

"lost" and "doubled" count deliveries that did not arrive, or arrived twice. "bound by" says which core was saturated.
"""


def fast(rows: list[Result], name: str) -> float:
    return next((float(row["per_s"]) for row in rows if row["name"] == name), 0.0)


def ratio(results: Results, key: str, ours: str, theirs: str) -> float | None:
    rows = results.get(key, {}).get("rows", [])
    below = fast(rows, theirs)
    return fast(rows, ours) / below if below and fast(rows, ours) else None


def figure(results: Results, key: str, name: str, column: str = "per_s") -> float | None:
    rows = results.get(key, {}).get("rows", [])
    return next((float(row[column]) for row in rows if row["name"] == name and column in row), None)


def page_share(results: Results) -> float | None:
    share = ratio(results, "pages", "myweb room", "hello")
    return share * 100 if share else None


def compressed(key: str, plain: str, name: str, column: str) -> Callable[[Results], float | None]:
    """A figure of clients that ask for compression, in percent of the figure of those that do not."""

    def find(results: Results) -> float | None:
        before, after = figure(results, key, plain, column), figure(results, key, name, column)
        return 100 * after / before if before and after else None

    return find


def chat_beside(results: Results) -> float | None:
    alone = figure(results, BOARDS, "chat alone", "p50_ms")
    together = figure(results, BOARDS, "chat beside them", "p50_ms")
    return 100 * together / alone if alone and together else None


FOUR, STORM, POSTS = "fanout-1000-4", "fanout-1000-400", "posts-socket-postgresql-64"
BOARDS, STORE, PAGE_ROW, REACH, FILES = "dashboards-1000", "store-100", "room page", "reach-500-5000", "files-75"
SEARCH = "search-2000000"


def tutorials(results: Results) -> float | None:
    """Against the faster of the two layers."""
    theirs = max(figure(results, FOUR, name) or 0.0 for name in ("channels-core", "channels-pubsub"))
    ours = figure(results, STORM, "myweb")
    return ours / theirs if ours and theirs else None


def slowest_transfer(results: Results) -> float | None:
    times = [figure(results, FILES, f"{way} of 75 MB", "seconds") for way in ("upload", "download")]
    return max((time for time in times if time is not None), default=None)


def slowest_search(database: str) -> Callable[[Results], float | None]:
    """The p95 of the slowest kind of query on one database, in ms."""

    def find(results: Results) -> float | None:
        rows = results.get(SEARCH, {}).get("rows", [])
        times = [row["p95_ms"] for row in rows if row["name"].startswith(f"{database} ") and "p95_ms" in row]
        return max(times, default=None)

    return find


def index_of_search(results: Results) -> float | None:
    text, index = (figure(results, SEARCH, "postgresql index", column) for column in ("text_mb", "index_mb"))
    return index / text if text and index else None


# Goal, field of the result, and format.
ASKED: list[tuple[str, str, Callable[[Results], float | None], str, Callable[[float], bool]]] = [
    ("fan-out, 4 in flight, against nchan", "1.5 x", lambda r: ratio(r, FOUR, "myweb", "nchan"), "{:.1f} x", lambda x: x >= 1.5),
    ("fan-out, 4 in flight, against nchan with tcp_nodelay", "1.5 x", lambda r: ratio(r, FOUR, "myweb", "nchan-nodelay"), "{:.1f} x", lambda x: x >= 1.5),
    ("fan-out, 400 in flight, against nchan", "4 x", lambda r: ratio(r, STORM, "myweb", "nchan"), "{:.1f} x", lambda x: x >= 4),
    ("fan-out, 400 in flight", "1,000,000/s", lambda r: figure(r, STORM, "myweb"), "{:,.0f}/s", lambda x: x >= 1e6),
    ("fan-out, 400 in flight, against the Channels tutorial (4 in flight, since it fails at 400)", "200 x", tutorials, "{:,.0f} x", lambda x: x >= 200),
    ("fan-out, 400 in flight: bytes a delivery, compressed against plain", "33 %", compressed(STORM, "myweb", "myweb, compressed", "bytes_per_delivery"), "{:.0f} %", lambda x: x <= 33.4),
    ("fan-out, 400 in flight: deliveries/s, compressed against plain", "95 %", compressed(STORM, "myweb", "myweb, compressed", "per_s"), "{:.0f} %", lambda x: x >= 95),
    ("bytes until a socket is in a full room, compressed against plain", "33 %", compressed(FOUR, "myweb", "myweb, compressed", "snapshot_bytes"), "{:.0f} %", lambda x: x <= 33.4),
    ("snapshot of a dashboard: bytes, compressed against plain", "33 %", compressed(BOARDS, "myweb", "compressed", "snapshot_bytes"), "{:.0f} %", lambda x: x <= 33.4),
    ("posts, 16 in flight, against row by row", "8 x", lambda r: ratio(r, f"{POSTS}-16", "myweb", "row-by-row"), "{:.1f} x", lambda x: x >= 8),
    ("posts, 16 in flight", "10,000/s", lambda r: figure(r, f"{POSTS}-16", "myweb"), "{:,.0f}/s", lambda x: x >= 10_000),
    ("memory per socket, with 10,000", "40 KB", lambda r: figure(r, "connections-10000", "myweb", "bytes_per_socket"), "{:,.0f} bytes", lambda x: x < 40 * 1024),
    ("accepted sockets", "600/s", lambda r: figure(r, "connections-10000", "myweb", "connects_per_s"), "{:,.0f}/s", lambda x: x >= 600),
    ("reconnect of 10,000 sockets after a restart", "30 s", lambda r: figure(r, "connections-10000", "myweb", "resume_all_s"), "{:.1f} s", lambda x: x < 30),
    ("room page against a bare view", "25 %", page_share, "{:.0f} %", lambda x: x >= 25),
    ("post to all screens, p50", "10 ms", lambda r: figure(r, "latency-50-5", "myweb", "p50_ms"), "{:.1f} ms", lambda x: x < 10),
    ("first message over a slow line, nothing cached", "1.4 s", lambda r: figure(r, "page", PAGE_ROW, "cold_ms"), "{:,.0f} ms", lambda x: x < 1_400),
    ("first message over a slow line, files cached", "0.6 s", lambda r: figure(r, "page", PAGE_ROW, "warm_ms"), "{:,.0f} ms", lambda x: x < 600),
    ("requests before the first message", "25", lambda r: figure(r, "page", PAGE_ROW, "requests"), "{:.0f}", lambda x: x <= 25),
    ("change to another room", "110 ms", lambda r: figure(r, "page", PAGE_ROW, "switch_ms"), "{:.0f} ms", lambda x: x < 110),
    ("key to frame, p95", "20 ms", lambda r: figure(r, "page", PAGE_ROW, "key_p95_ms"), "{:.1f} ms", lambda x: x < 20),
    ("heap after scrolling through 17,000 messages", "10 MB", lambda r: figure(r, "page", PAGE_ROW, "heap_mb"), "{:.1f} MB", lambda x: x < 10),
    ("a mention to the push service of 20 devices, p95", "1 s", lambda r: figure(r, REACH, "20 devices, 5 posts/s", "p95_ms"), "{:,.0f} ms", lambda x: x < 1_000),
    ("a mention of 500 to the last device", "5 s", lambda r: figure(r, REACH, "a mention of 500", "seconds"), "{:.1f} s", lambda x: x < 5),
    ("a file of 75 MB through nginx, up or down", "3 s", slowest_transfer, "{:.1f} s", lambda x: x <= 3),
    ("a photo of 12 MP until it is shown, p95", "1 s", lambda r: figure(r, FILES, "photo of 12 MP, sent and shown", "p95_ms"), "{:,.0f} ms", lambda x: x < 1_000),
    ("a room with 50 pictures, first paint", "150 ms", lambda r: figure(r, FILES, "room with 50 pictures", "paint_ms"), "{:.0f} ms", lambda x: x < 150),
    ("memory of the process of such a photo", "150 MB", lambda r: figure(r, FILES, "process of a photo of 12 MP", "rss_mb"), "{:.0f} MB", lambda x: x < 150),
    ("search in 2,000,000 messages, PostgreSQL, slowest kind of query, p95", "100 ms", slowest_search("postgresql"), "{:.0f} ms", lambda x: x < 100),
    ("search in 200,000 messages, SQLite, slowest kind of query, p95", "100 ms", slowest_search("sqlite"), "{:.0f} ms", lambda x: x < 100),
    ("index of the search against the text", "0.6", index_of_search, "{:.2f}", lambda x: x <= 0.6),
    ("memory of all processes of docker-compose.yml, after fifty people", "400 MB", lambda r: figure(r, "idle-50", "all", "rss_mb"), "{:,.0f} MB", lambda x: x < 400),
    ("a value to 1,000 viewers, p95", "250 ms", lambda r: figure(r, BOARDS, "myweb", "p95_ms"), "{:.0f} ms", lambda x: x <= 250),
    ("chat beside 1,000 viewers against chat alone, p50", "110 %", chat_beside, "{:.0f} %", lambda x: x <= 110),
    ("slow viewers for ten minutes: memory growth", "0 MB", lambda r: figure(r, BOARDS, "5% of them slow", "grown_mb"), "{:.1f} MB", lambda x: x < 5),
    ("a stored value including overhead, on PostgreSQL", "3 bytes", lambda r: figure(r, STORE, "postgresql, 30 d", "raw_bytes_per_point"), "{:.2f} bytes", lambda x: x <= 3),
    ("a month of twenty series, on SQLite", "500 ms", lambda r: figure(r, STORE, "sqlite, 30 d", "p50_ms"), "{:.0f} ms", lambda x: x < 500),
    ("5,000 series per second: share of a core", "20 %", lambda r: figure(r, BOARDS, "collector, 5000 series", "cpu_percent"), "{:.0f} %", lambda x: x < 20),
    ("5,000 series per second: memory", "80 MB", lambda r: figure(r, BOARDS, "collector, 5000 series", "rss_mb"), "{:.0f} MB", lambda x: x < 80),
]  # fmt: skip


def read(results: Path) -> Results:
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(results.glob("*.json"))}


def write(results: Path) -> None:
    found = read(results)
    if not found:
        sys.exit("bin/bench report: bench/results is empty; bin/bench all fills it.")
    IMAGES.mkdir(exist_ok=True)
    PAGE.write_text("\n".join(page(found)) + "\n", encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)}: {len(found)} results")
    try:
        sizing.write(found)
    except ValueError as error:
        sys.exit(f"bin/bench report: {error}")
    except KeyError as error:
        sys.exit(
            f"bin/bench report: the sizing table in docs/deploy.md is unchanged, because the result {error.args[0]} is missing; run bin/bench all."
        )


def page(found: Results) -> Iterator[str]:
    yield HEAD
    yield "## Goals and results\n"
    yield "| measurement | goal | measured | |\n| --- | --- | --- | --- |"
    for what, asked, look, form, good in ASKED:
        value = look(found)
        if value is not None:
            yield f"| {what} | {asked} | {form.format(value)} | {'reached' if good(value) else '**not reached**'} |"
    yield "\nNot measured: how much faster two socket processes are than one. That needs a third core for the clients."
    for key, result in found.items():
        yield f"\n## {heading(result)}\n"
        yield f"`{command(result)}`\n"
        if result["scenario"] == "schemes":
            yield from ways_of_serving(key, result)
            continue
        if result["scenario"] == "page":
            yield from figures_of(result["rows"][0])
            continue
        if sum("per_s" in row for row in result["rows"]) > 1:
            (IMAGES / f"bench-{key}.svg").write_text(drawing(result), encoding="utf-8")
            yield f"![{heading(result)}](images/bench-{key}.svg)\n"
        yield from rows_of(result)
    yield from machine_of(found)


def ways_of_serving(key: str, result: Result) -> Iterator[str]:
    for asked, drawn in scheme_table.charts(result):
        (IMAGES / f"bench-{key}-{asked}.svg").write_text(drawn, encoding="utf-8")
        yield f"![{scheme_table.ASKED[asked]}](images/bench-{key}-{asked}.svg)\n"
    yield from scheme_table.page(result)


HEADINGS = {
    "schemes": "Ways of serving",
    "fanout": "Fan-out: {sockets:,} sockets in one room, {inflight} messages in flight",
    "posts": "Posts: {clients} clients, {inflight} in flight, {on}, over {over}",
    "connections": "Connections: {sockets:,} sockets on one process",
    "page": "Room page: Chromium over a line of 150 ms and 1.6 Mbit/s",
    "latency": "Latency: {sockets} users, {rate:g} messages/s, the whole stack",
    "rooms": "Rooms: {rooms:,} rooms, {each} sockets each",
    "store": "Store: two years of {series} series, and ranges of twenty",
    "backup": "Backup: a site of {messages:,} messages",
    "dashboards": "Dashboards: {viewers:,} viewers of one dashboard, one tick per second",
    "checks": "Checks: {checks:,} HTTP checks every {interval} s by one collector",
    "tasks": "Background tasks: {tasks:,} waiting ones, one worker with {threads} threads",
    "reach": "Reach: from a post to devices, and mails to {members:,} members",
    "files": "Files: {megabytes} MB through nginx, and photos of 12 megapixels",
    "year": "A year of a busy team: {messages:,} messages, {rooms:,} rooms, {people:,} people",
    "idle": "Memory: all processes of docker-compose.yml, at rest after {people} people",
    "search": "Search: {messages:,} messages on PostgreSQL, {sqlite:,} on SQLite",
}


def heading(result: Result) -> str:
    form = HEADINGS.get(result["scenario"])
    return form.format(**result["options"]) if form else str(result["scenario"]).capitalize()


def drawing(result: Result) -> str:
    rows = sorted((row for row in result["rows"] if "per_s" in row), key=lambda row: -row["per_s"])
    told = [(row["name"], float(row["per_s"]), beside(row)) for row in rows]
    return bars(heading(result), f"{result['unit']}, more is better; commit {result['commit']}", told)


def beside(row: Result) -> str:
    return f"{row['per_s']:,}" + (f", p50 {row['p50_ms']:,.0f} ms" if row.get("p50_ms") else "")


COLUMNS = (
    ("p50_ms", "p50 ms"),
    ("p95_ms", "p95 ms"),
    ("p99_ms", "p99 ms"),
    ("lost", "lost"),
    ("doubled", "doubled"),
    ("cpu_s", "CPU s"),
    ("rss_mb", "MB"),
    ("bound_by", "bound by"),
    ("bytes_per_socket", "bytes a socket"),
    ("resume_all_s", "all back, s"),
    ("idle_cpu_percent", "idle CPU %"),
    ("stored", "stored"),
    ("cpu_us_per_delivery", "CPU us a delivery"),
    ("bytes_per_delivery", "bytes a delivery"),
    ("snapshot_bytes", "bytes until a socket is in"),
    ("cpu_percent", "% of a core"),
    ("grown_mb", "MB grown"),
    ("cpu_ms", "CPU ms"),
    ("raw_bytes_per_point", "bytes a value"),
    ("store_mb", "store, MB"),
    ("seconds", "seconds"),
    ("waiting", "waiting afterwards"),
    ("queries", "queries a mail"),
    ("mb_per_s", "MB/s"),
    ("first_ms", "first one, ms"),
    ("paint_ms", "first paint, ms"),
    ("message_ms", "first message, ms"),
    ("pictures_ms", "all pictures, ms"),
    ("hits", "hits"),
    ("text_mb", "text, MB"),
    ("gin_mb", "GIN, MB"),
    ("index_mb", "whole index, MB"),
    ("messages_mb", "table of messages, MB"),
    ("content_mb", "content, MB"),
    ("archive_mb", "archive, MB"),
    ("posts", "posts meanwhile"),
    ("longest_wait_s", "longest wait of a post, s"),
    ("started_mb", "MB after the start"),
    ("processes", "processes"),
    ("tenth_ms", "p50 with a tenth, ms"),
    ("growth", "times"),
    ("what", "what it is"),
)


PAGE_FIGURES = (
    ("cold_ms", "first message visible, nothing cached, ms"),
    ("warm_ms", "first message visible, files cached, ms"),
    ("requests", "requests before the first message, nothing cached"),
    ("kb", "KB of the whole page, nothing cached"),
    ("switch_ms", "change to another room, ms"),
    ("key_p95_ms", "key to frame, p95, ms"),
    ("heap_mb", "heap after scrolling through the long room, MB"),
)


def rows_of(result: Result) -> Iterator[str]:
    rows = result["rows"]
    columns = [(name, head) for name, head in COLUMNS if any(name in row for row in rows)]
    yield "| | " + " | ".join([result["unit"], *(head for _name, head in columns)]) + " |"
    yield "| --- |" + " --- |" * (len(columns) + 1)
    for row in rows:
        cells = [cell(row.get("per_s", "")), *(cell(row.get(name, "")) for name, _head in columns)]
        yield f"| {row['name']} | " + " | ".join(cells) + " |"


def figures_of(row: Result) -> Iterator[str]:
    yield "| figure | measured |\n| --- | --- |"
    yield from (f"| {head} | {cell(row[name])} |" for name, head in PAGE_FIGURES)


def cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def machine_of(found: Results) -> Iterator[str]:
    """The machine of the newest result; a result from another one names it."""
    machine = dict(next(reversed(found.values()))["machine"])
    packages = ", ".join(f"{name} {number}" for name, number in machine.pop("packages").items())
    yield "\n## The machine\n"
    yield "\n".join(f"- {name.replace('_', ' ')}: {value}" for name, value in machine.items())
    yield f"- packages: {packages}"
    yield f"- commits measured: {', '.join(sorted({result['commit'] for result in found.values()}))}"
