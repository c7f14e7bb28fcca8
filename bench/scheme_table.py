"""The table and the charts of ``bin/bench schemes``, one row per scheme."""

from collections.abc import Iterable, Iterator
from typing import Any

from bench.chart import bars

Row = dict[str, Any]

ASKED = {
    "hello": "a bare view",
    "sign-in": "the sign-in page",
    "static": "a static file",
    "sockets": "sockets in one room, 4 messages in flight",
}
HEADS = [head for asked in ASKED for head in ("deliveries/s" if asked == "sockets" else f"{asked}/s", "p99 ms")]
BASE = "runserver"
OURS = "uwsgi"  # as bin/stack, bin/install and the containers serve the site
# Requests/s of the two articles, for their own pages on their own machines, and the matching scheme here.
ARTICLES = {
    "runserver": (294, "runserver", "hello"),
    "Tornado": (1324, "tornado", "hello"),
    "nginx, a static file": (2942, "static", "static"),
}
BAR = 32  # characters of the longest bar
FOREWORD = (
    "The servers share one core; PostgreSQL, Redis and wrk (64 connections) have the other. uwsgi and ports have two "
    "socket processes on it, as on two cores, which costs them throughput; the others have one. Memory is that of all "
    "their processes after the page requests, including separate socket processes."
)
OLD = (
    "The figures of the two articles for comparison. They are from other machines and older versions, so their "
    f"requests/s are not comparable. Only the factor relative to {BASE} on the same machine is."
)


def schemes(rows: Iterable[Row]) -> dict[str, dict[str, Row]]:
    found: dict[str, dict[str, Row]] = {}
    for row in rows:
        found.setdefault(row["scheme"], {})[row["asked"]] = row
    return found


def works(row: Row) -> bool:
    """Lost messages get a note, others do not."""
    return "note" not in row and bool(row["per_s"])


def rate(row: Row | None) -> str:
    if not row:
        return ""
    if row.get("note") == "no sockets":
        return "no sockets"
    return f"{row['per_s']:,}" if works(row) else "failed"


def p99(row: Row | None) -> str:
    return f"{row['p99_ms']:,.1f}" if row and works(row) else ""


def cells(each: dict[str, Row]) -> list[str]:
    pages = [text for asked in ASKED for text in (rate(each.get(asked)), p99(each.get(asked)))]
    memory = next((each[asked]["rss_mb"] for asked in ("sign-in", "static") if "rss_mb" in each.get(asked, {})), None)
    return [*pages, f"{memory:,.0f}" if memory else ""]


def ratios(found: dict[str, dict[str, Row]]) -> Iterator[tuple[str, float, float | None]]:
    """(what, of the articles, here), each as a multiple of runserver's."""
    below = found.get(BASE, {}).get("hello", {}).get("per_s", 0)
    for what, (theirs, scheme, asked) in ARTICLES.items():
        ours = found.get(scheme, {}).get(asked, {}).get("per_s", 0)
        yield what, theirs / ARTICLES[BASE][0], ours / below if below and ours else None


def summary(rows: Iterable[Row]) -> Iterator[str]:
    """The whole table for the terminal, with a bar for the minimal view."""
    found = schemes(rows)
    yield "\n" + f"{'':<18}" + "".join(f"{head:>13}" for head in [*HEADS, "MB"])
    longest = max((each["hello"]["per_s"] for each in found.values() if "hello" in each), default=0) or 1
    for name, each in found.items():
        bar = "█" * round(BAR * each.get("hello", {}).get("per_s", 0) / longest)
        yield f"{name:<18}" + "".join(f"{cell:>13}" for cell in cells(each)) + f"  {bar}"
    yield f"\n{'times ' + BASE:<22}{'articles':>10}{'here':>10}"
    for what, theirs, ours in ratios(found):
        yield f"{what:<22}{theirs:>10.1f}" + (f"{ours:>10.1f}" if ours else f"{'-':>10}")


def page(result: Row) -> Iterator[str]:
    """For docs/benchmarks.md."""
    found = schemes(result["rows"])
    yield f"{FOREWORD}\n"
    yield "| | " + " | ".join([*HEADS, "MB"]) + " |"
    yield "| --- |" + " --- |" * (len(HEADS) + 1)
    for name, each in found.items():
        yield f"| [{name}](../deploy/schemes/{name}/) | " + " | ".join(cells(each)) + " |"
    yield f"\n{OLD}\n"
    yield f"| times {BASE} | articles | here |\n| --- | --- | --- |"
    for what, theirs, ours in ratios(found):
        yield f"| {what} | {theirs:.1f} | {f'{ours:.1f}' if ours else ''} |"


def charts(result: Row) -> Iterator[tuple[str, str]]:
    """(what was requested, an SVG), of those with results."""
    for asked, title in ASKED.items():
        rows = [row for row in result["rows"] if row["asked"] == asked and works(row)]
        told = [(row["scheme"], float(row["per_s"]), f"{row['per_s']:,}, p99 {p99(row)} ms") for row in rows]
        if told:
            unit = "deliveries/s" if asked == "sockets" else result["unit"]
            told.sort(key=lambda each: -each[1])
            shown = f"{result['options']['sockets']:,} {title}" if asked == "sockets" else title.capitalize()
            yield asked, bars(shown, f"{unit}, more is better; commit {result['commit']}", told, OURS)
