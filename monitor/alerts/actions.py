"""What people do with an alert: acknowledge it, silence it, take that back. Members of its room may."""

from datetime import timedelta
from glob import escape

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from monitor.alerts import access, silences
from monitor.alerts.lifecycle import judge, locked
from monitor.alerts.models import Alert, Silence
from monitor.alerts.rule_state import Phase
from myweb.errors import Refused

LONGEST = 60 * 24 * 30  # minutes
WORDS = 300


def check_minutes(minutes: int) -> timedelta:
    if not 1 <= minutes <= LONGEST:
        raise Refused("invalid", _("Choose a duration between one minute and 30 days."))
    return timedelta(minutes=minutes)


def check_open(alert: Alert) -> None:
    if alert.ended_at:
        raise Refused("invalid", _("This alert has already ended."))


def acknowledge(by: User, number: int, minutes: int = 60, words: str = "") -> None:
    """``by`` is on it. Nobody is reminded until the time is over."""
    span, found = check_minutes(minutes), access.get_alert(by, number)
    with locked(found.pk) as alert:
        check_open(alert)
        now = timezone.now()
        alert.acked_by, alert.acked_until, alert.acked_words = by, now + span, clean(words)
        judge(alert, True, now)


def unacknowledge(by: User, number: int) -> None:
    found = access.get_alert(by, number)
    with locked(found.pk) as alert:
        check_open(alert)
        now = timezone.now()
        alert.acked_by = alert.acked_until = None
        alert.acked_words = ""
        alert.told_at = now
        judge(alert, True, now)


@transaction.atomic
def silence(by: User, number: int, minutes: int = 60, words: str = "") -> None:
    """Nothing of this rule is said for a while, in no card."""
    span, found = check_minutes(minutes), access.get_alert(by, number)
    with locked(found.pk) as alert:
        check_open(alert)
        now = timezone.now()
        Silence.objects.create(
            room=alert.room,
            rule=alert.rule,
            pattern="*" if alert.rule_id else escape(alert.title),
            key="" if alert.rule_id else alert.key,
            starts=now,
            ends=now + span,
            reason=clean(words)[:200],
            made_by=by,
        )
        alert.silenced_until, alert.acked_words = now + span, clean(words)
        judge(alert, True, now)


@transaction.atomic
def unsilence(by: User, number: int) -> None:
    """Ends what was said of this alert alone; under another silence it stays quiet."""
    found = access.get_alert(by, number)
    with locked(found.pk) as alert:
        check_open(alert)
        now = timezone.now()
        silences.own(alert, now).update(ended_at=now, changed_at=now)
        alert.silenced_until = silences.all_quiet_until(alert, now)
        alert.told_at = now
        judge(alert, True, now)


def close(by: User, number: int) -> None:
    """Ends an alert that nothing will resolve any more. It opens again when it fires again."""
    found = access.get_alert(by, number)
    with locked(found.pk) as alert:
        check_open(alert)
        now = timezone.now()
        if alert.rule_id is None:  # the rows of a rule end when their series are well again
            alert.instances.filter(ended_at=None).update(ended_at=int(now.timestamp()), phase=str(Phase.OK))
        alert.closed_by, alert.left_out = by, 0
        judge(alert, False, now)


def clean(words: str) -> str:
    return " ".join("".join(sign for sign in words if sign.isprintable() or sign.isspace()).split())[:WORDS]
