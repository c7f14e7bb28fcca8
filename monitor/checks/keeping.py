"""What of the checks is read from the database and kept there. A state is written; an answer alone is not a row."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from django.db import transaction
from django.utils import timezone

from monitor.checks.probes import Result, made
from monitor.checks.schedule import Plan
from monitor.checks.services import record
from monitor.checks.verdicts import Verdict
from monitor.models import Check, CheckChange, ProbeRun
from realtime.protocol import Refused

logger = logging.getLogger(__name__)

KEPT = timedelta(days=365)


@dataclass
class Answer:
    plan: Plan
    at: datetime
    result: Result
    verdict: Verdict


def plans() -> tuple[list[Plan], dict[str, str]]:
    """What is to be asked, and the state of each as it was left."""
    found, states = [], {}
    for check in Check.objects.filter(enabled=True).order_by("pk"):
        try:
            probe = made(check.kind, check.target, check.options)
            probe.prepare()
        except (msgspec.ValidationError, Refused) as error:
            logger.debug("The check %s cannot be asked: %s", check.slug, error)
            continue
        parent = check.parent_id
        found.append(
            Plan(check.pk, check.slug, check.name, probe, check.interval, check.timeout, check.retries, parent)
        )
        states[check.slug] = check.state
    return found, states


def keep(answers: Iterable[Answer]) -> None:
    with transaction.atomic():
        for each in sorted(answers, key=lambda answer: (answer.plan.pk, answer.at)):
            keep_one(each)


def keep_one(answer: Answer) -> None:
    check = Check.objects.select_for_update().filter(pk=answer.plan.pk).first()
    if check is None:
        return
    check.said = answer.verdict.said[:300]
    check.seconds, check.checked_at = answer.result.seconds, answer.at
    state = answer.verdict.state
    if state is not None and state != check.state:
        check.state, check.since = state, answer.at
        CheckChange.objects.create(of=check, at=answer.at, state=state, said=check.said)
        if answer.result.run:  # of a check by command the runs that changed its state are on record, with their output
            probe = answer.plan.probe
            record(ProbeRun(words=probe.target, argv=getattr(probe, "argv", []), queued_at=answer.at), answer.result)
    check.save(update_fields=["said", "seconds", "checked_at", "state", "since"])


def forget_old() -> None:
    CheckChange.objects.filter(at__lt=timezone.now() - KEPT).delete()
    ProbeRun.objects.filter(queued_at__lt=timezone.now() - KEPT).delete()
