"""What of the checks is read from the database and kept there. A state is written; an answer alone is not a row."""

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

from monitor.checks.models import Check, CheckChange, ProbeRun
from monitor.checks.probes import Result, made
from monitor.checks.schedule import Plan
from monitor.checks.services import record
from monitor.checks.state import Verdict
from myweb.errors import Refused
from myweb.stored_text import dump_text

logger = logging.getLogger(__name__)

KEPT = timedelta(days=365)


@dataclass
class Answer:
    plan: Plan
    at: datetime
    result: Result
    verdict: Verdict


PLANNED = ("pk", "slug", "name", "kind", "target", "options_text", "interval", "timeout", "retries", "parent_id")
planned: dict[int, tuple[Any, Plan | None]] = {}  # by check: its row as it was read, and what became of it


def plans() -> tuple[list[Plan], dict[str, str]]:
    """What is to be asked, and the state of each as it was left. Only a row that changed is made into a plan again."""
    plans, states = list[Plan](), dict[str, str]()
    checks = Check.objects.filter(enabled=True).annotate(options_text=Cast("options", TextField()))
    rows = list(checks.order_by("pk").values_list("state", *PLANNED))
    for pk in planned.keys() - {row[1] for row in rows}:
        del planned[pk]
    for state, *row in rows:
        known, plan = planned.get(row[0], (None, None))
        if row != known or row[3] == "command":  # whose words may have changed
            plan = plan_of(row)
            planned[row[0]] = row, plan
        if plan:
            plans.append(plan)
            states[plan.slug] = state
    return plans, states


def plan_of(row: Sequence[Any]) -> Plan | None:
    pk, slug, name, kind, target, options, interval, timeout, retries, parent = row
    try:
        probe = made(kind, target, json.loads(options))
        probe.prepare()
    except (msgspec.ValidationError, Refused) as error:
        logger.debug("The check %s can't be run: %s", slug, error)
        return None
    return Plan(pk, slug, name, probe, interval, timeout, retries, parent)


def keep(answers: Iterable[Answer]) -> None:
    """One statement for all that stayed as they were; each change of state has its own."""
    ordered = sorted(answers, key=lambda answer: (answer.plan.pk, answer.at))
    with transaction.atomic():
        locked = Check.objects.select_for_update().filter(pk__in={answer.plan.pk for answer in ordered}).order_by("pk")
        states = dict(locked.values_list("pk", "state"))
        known = [answer for answer in ordered if answer.plan.pk in states]
        for answer in known:
            state = answer.verdict.state
            if state is not None and state != states[answer.plan.pk]:
                states[answer.plan.pk] = state
                keep_change(answer, state)
        keep_answers({answer.plan.pk: answer for answer in known})


def keep_change(answer: Answer, state: str) -> None:
    Check.objects.filter(pk=answer.plan.pk).update(state=state, since=answer.at)
    CheckChange.objects.create(of_id=answer.plan.pk, at=answer.at, state=state, said=answer.verdict.said)
    if answer.result.run:  # of a check by command the runs that changed its state are on record, with their output
        probe = answer.plan.probe
        record(ProbeRun(words=probe.target, argv=getattr(probe, "argv", []), queued_at=answer.at), answer.result)


def keep_answers(newest: Mapping[int, Answer]) -> None:
    """By the database's own means: a hundred in a second would cost the ORM a tenth of a core."""
    moment = connection.ops.adapt_datetimefield_value
    rows = [
        (dump_text(answer.verdict.said), answer.result.seconds, moment(answer.at), pk) for pk, answer in newest.items()
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE checks_check SET said = %s, seconds = %s, checked_at = %s WHERE id = %s",
            rows,
        )


def forget_old() -> None:
    CheckChange.objects.filter(at__lt=timezone.now() - KEPT).delete()
    ProbeRun.objects.filter(queued_at__lt=timezone.now() - KEPT).delete()
