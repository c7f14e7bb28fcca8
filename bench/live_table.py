"""The output at the terminal while a scenario runs."""

from typing import Any

COLUMNS = (
    ("name", "", "{:<25}"),
    ("per_s", "per s", "{:>11,.0f}"),
    ("p50_ms", "p50 ms", "{:>9,.1f}"),
    ("p95_ms", "p95 ms", "{:>9,.1f}"),
    ("p99_ms", "p99 ms", "{:>9,.1f}"),
    ("lost", "lost", "{:>6,}"),
    ("doubled", "doubled", "{:>8,}"),
    ("cpu_s", "cpu s", "{:>7.1f}"),
    ("rss_mb", "MB", "{:>7,.0f}"),
    ("bound_by", "bound by", "  {:<8}"),
)
MORE = (
    "bytes_per_socket",
    "connects_per_s",
    "resume_all_s",
    "idle_cpu_percent",
    "stored",
    "cpu_us_per_delivery",
    "bytes_per_delivery",
    "snapshot_bytes",
    "grown_mb",
    "cpu_percent",
    "cpu_ms",
    "points",
    "json_kb",
    "raw_bytes_per_point",
    "store_mb",
    "seconds",
    "waiting",
    "queries",
    "mb_per_s",
    "content_mb",
    "archive_mb",
    "posts",
    "longest_wait_s",
    "chunks",
    "rollups",
    "cold_ms",
    "warm_ms",
    "paint_ms",
    "message_ms",
    "pictures_ms",
    "requests",
    "kb",
    "switch_ms",
    "key_p95_ms",
    "heap_mb",
    "started_mb",
    "processes",
    "tenth_ms",
    "growth",
)


def command(result: dict[str, Any]) -> str:
    """The command that repeats the measurement; the rows name the peers."""
    words = [result["scenario"]]
    for name, value in result["options"].items():
        if name != "peers" and value is not None:
            words += [f"--{name} {each}" for each in (value if isinstance(value, list) else [value])]
    return f"bin/bench {' '.join(words)}"


def title(result: dict[str, Any]) -> str:
    heads = "".join(shape(form, head) for _name, head, form in COLUMNS)
    return f"\n{command(result)}\n{result['unit']} on {result['machine']['cpu']}\n{heads}"


def shape(form: str, text: str) -> str:
    width, left = "".join(sign for sign in form.partition(":")[2].partition(".")[0] if sign.isdigit()), "<" in form
    return ("  " if form.startswith("  ") else "") + (text.ljust(int(width)) if left else text.rjust(int(width)))


def line(row: dict[str, Any]) -> str:
    cells = "".join(form.format(row[name]) if name in row else shape(form, "") for name, _head, form in COLUMNS)
    more = "  ".join(f"{name} {row[name]:,}" for name in MORE if name in row)
    return f"{cells}{more}{row.get('note', '')}".rstrip()
