"""The list of checks: what the filter finds, in what order and in which groups."""

from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from monitor.checks.models import Check, CheckState
from monitor.checks.sparklines import build_sparklines
from monitor.checks.uptime import (
    BEAT_SECONDS,
    BEATS,
    Uptime,
    describe_downtime,
    draw_beats,
    list_beats,
    load_spans,
    measure_uptime,
)

CHECKS_PER_PAGE = 100
ORDER = [CheckState.DOWN, CheckState.DEGRADED, CheckState.UNKNOWN, CheckState.UP, CheckState.PAUSED]  # problems first


class CheckRow(NamedTuple):
    check: Check
    spark: str
    beats: dict[str, str]  # paths by level
    label: str  # of the bars
    uptime: Uptime


def matches_filter(check: Check, words: list[str], tag: str) -> bool:
    text = " ".join([check.name, check.target, check.group, *check.tags]).lower()
    return all(word in text for word in words) and (not tag or tag in check.tags)


def sort_checks(checks: list[Check], by: str) -> list[Check]:
    """By ``state``, problems first, or by ``group``, checks without one last; then by name."""

    def get_key(check: Check) -> tuple[int | bool, str, str]:
        if by == "state":
            return ORDER.index(CheckState(check.state)), "", check.name.lower()
        return not check.group, check.group.lower(), check.name.lower()

    return sorted(checks, key=get_key)


def build_check_rows(checks: list[Check]) -> list[CheckRow]:
    now, last_hours = timezone.now(), describe_last_hours()
    lines, spans = build_sparklines(check.slug for check in checks), load_spans(checks, now)
    return [
        CheckRow(
            check,
            lines.get(check.slug, ""),
            draw_beats(list_beats(spans[check.pk], now)),
            f"{last_hours}: {describe_downtime(spans[check.pk], now, BEATS * BEAT_SECONDS)}",
            measure_uptime(spans[check.pk], now),
        )
        for check in checks
    ]


def describe_last_hours() -> str:
    return _("Last %(hours)d h") % {"hours": BEATS * BEAT_SECONDS // 3600}


def group_rows(rows: list[CheckRow], by: str) -> list[tuple[str, list[CheckRow]]]:
    """Rows in the order of ``by``, with their headings."""
    groups: dict[str, list[CheckRow]] = {}
    for row in rows:
        groups.setdefault("" if by == "state" else row.check.group, []).append(row)
    return list(groups.items())
