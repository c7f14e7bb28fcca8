"""Loads checks and stores results. It writes a row for each change of state, not for each result."""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import connection, transaction
from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils import timezone

from monitor.checks.models import Check, CheckChange, CheckState, ProbeRun
from monitor.checks.probes import Result, make_probe
from monitor.checks.schedule import Plan
from monitor.checks.services import record_run, resume_paused_check
from monitor.checks.state import Verdict
from myweb.errors import Refused
from myweb.stored_text import dump_text
from myweb.stored_text import stored_gettext as _

logger = logging.getLogger(__name__)

GAP = timedelta(seconds=60)  # without a result for this long and three intervals, the time between is unknown


@dataclass
class CheckResult:
    plan: Plan
    at: datetime
    result: Result
    verdict: Verdict


PLAN_FIELDS = (
    *("pk", "slug", "name", "kind", "target", "options_text"),
    *("interval", "timeout", "retries", "parent_id", "slow_after"),
)
cached_plans: dict[int, tuple[Any, Plan | None]] = {}  # by check: its row, and the plan made from it


def load_plans() -> tuple[list[Plan], dict[str, str]]:
    """Returns the plans and the stored states. Only changed rows are converted to plans again."""
    plans, states, now = list[Plan](), dict[str, str](), timezone.now()
    checks = Check.objects.annotate(options_text=Cast("options", TextField())).order_by("pk")
    rows = list[Any]()
    for paused_until, *row in checks.values_list("paused_until", "state", *PLAN_FIELDS):
        if row[0] == CheckState.PAUSED and paused_until and paused_until <= now:
            resume_paused_check(row[1])
        elif row[0] != CheckState.PAUSED:
            rows.append(row)
    for pk in cached_plans.keys() - {row[1] for row in rows}:
        del cached_plans[pk]
    for state, *row in rows:
        known, plan = cached_plans.get(row[0], (None, None))
        if row != known or row[3] == "command":  # the command can have changed
            plan = make_plan(row)
            cached_plans[row[0]] = row, plan
        if plan:
            plans.append(plan)
            states[plan.slug] = state
    return plans, states


def make_plan(row: Sequence[Any]) -> Plan | None:
    pk, slug, name, kind, target, options, interval, timeout, retries, parent, slow_after = row
    try:
        probe = make_probe(kind, target, json.loads(options))
        probe.prepare()
    except (msgspec.ValidationError, Refused) as error:
        logger.debug("The check %s can't be run: %s", slug, error)
        return None
    return Plan(pk, slug, name, probe, interval, timeout, retries, parent, slow_after)


def find_newest_check() -> int:
    return Check.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def store_results(results: Iterable[CheckResult]) -> bool:
    """Uses one statement for all unchanged states, and some for each change. Returns whether a state changed."""
    ordered = sorted(results, key=lambda check_result: (check_result.plan.pk, check_result.at))
    with transaction.atomic():
        locked = (
            Check.objects.select_for_update()
            .filter(pk__in={check_result.plan.pk for check_result in ordered})
            .order_by("pk")
        )
        rows = {pk: (state, checked_at) for pk, state, checked_at in locked.values_list("pk", "state", "checked_at")}
        states = {pk: state for pk, (state, _checked_at) in rows.items() if state != CheckState.PAUSED}
        known_results = [check_result for check_result in ordered if check_result.plan.pk in states]
        newest, gaps = dict[int, CheckResult](), list[CheckChange]()
        for check_result in known_results:  # several of one check, if the database was away
            pk = check_result.plan.pk
            state, checked_at = rows[pk]
            gaps += build_gap_changes(check_result, state, newest[pk].at if pk in newest else checked_at)
            newest[pk] = check_result
        if gaps:
            CheckChange.objects.bulk_create(gaps)
        changed = False
        for check_result in known_results:
            new_state = check_result.verdict.state
            if new_state is not None and new_state != states[check_result.plan.pk]:
                states[check_result.plan.pk], changed = new_state, True
                store_state_change(check_result, new_state)
        store_last_results(newest)
    return changed


def build_gap_changes(check_result: CheckResult, state: str, checked_at: datetime | None) -> list[CheckChange]:
    """Time without a collector counts as unknown. The check keeps its state and its ``since``."""
    interval = timedelta(seconds=check_result.plan.interval)
    if checked_at is None or state == CheckState.UNKNOWN or check_result.at - checked_at < max(GAP, 3 * interval):
        return []
    unmeasured = CheckChange(
        of_id=check_result.plan.pk, at=checked_at + interval, state=CheckState.UNKNOWN, said=_("It was not measured.")
    )
    return [unmeasured, CheckChange(of_id=check_result.plan.pk, at=check_result.at, state=state)]


def store_state_change(check_result: CheckResult, state: str) -> None:
    Check.objects.filter(pk=check_result.plan.pk).update(state=state, since=check_result.at)
    CheckChange.objects.create(
        of_id=check_result.plan.pk, at=check_result.at, state=state, said=check_result.verdict.message
    )
    if check_result.result.outcome:  # runs that changed the state are recorded with their output
        probe = check_result.plan.probe
        record_run(
            ProbeRun(words=probe.target, argv=getattr(probe, "argv", []), queued_at=check_result.at),
            check_result.result,
        )


def store_last_results(newest: Mapping[int, CheckResult]) -> None:
    """Bypasses the ORM, which would use 10 % of a core for a hundred results per second."""
    to_database_time = connection.ops.adapt_datetimefield_value
    rows = [
        (
            dump_text(check_result.verdict.message),
            check_result.result.seconds,
            check_result.result.numbers.get("days"),
            to_database_time(check_result.at),
            pk,
        )
        for pk, check_result in newest.items()
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE checks_check SET said = %s, seconds = %s, certificate_days = COALESCE(%s, certificate_days),"
            " checked_at = %s WHERE id = %s",
            rows,
        )
