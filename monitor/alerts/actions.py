"""Actions on an alert: acknowledge, silence, close and their opposites. All members of its room can use them."""

from collections.abc import Callable
from datetime import timedelta
from glob import escape

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from monitor.alerts import access, silences
from monitor.alerts.evaluation import Phase
from monitor.alerts.lifecycle import lock_alert, update_alert_state
from monitor.alerts.models import Alert, Silence
from myweb.errors import Refused

DEFAULT_MINUTES, MAX_MINUTES = 60, 60 * 24 * 30
OFFERED_MINUTES: dict[str, tuple[int, ...]] = {"acknowledge": (15, 60, 4 * 60), "silence": (60, 4 * 60, 24 * 60)}
MAX_REASON = 300


def check_minutes(minutes: int) -> timedelta:
    if not 1 <= minutes <= MAX_MINUTES:
        raise Refused("invalid", _("Choose a duration between one minute and 30 days."))
    return timedelta(minutes=minutes)


def check_open(alert: Alert) -> None:
    if alert.ended_at:
        raise Refused("invalid", _("This alert has already ended."))


def acknowledge_alert(by: User, number: int, minutes: int = DEFAULT_MINUTES, words: str = "") -> None:
    """Stops the reminders for some minutes. The card shows the user ``by``."""
    duration, visible_alert = check_minutes(minutes), access.get_alert(by, number)
    with lock_alert(visible_alert.pk) as alert:
        check_open(alert)
        now = timezone.now()
        alert.acked_by, alert.acked_until, alert.acked_words = by, now + duration, clean_reason(words)
        update_alert_state(alert, True, now, by)


def unacknowledge_alert(by: User, number: int) -> None:
    visible_alert = access.get_alert(by, number)
    with lock_alert(visible_alert.pk) as alert:
        check_open(alert)
        now = timezone.now()
        alert.acked_by = alert.acked_until = None
        alert.acked_words = ""
        alert.told_at = now
        update_alert_state(alert, True, now, by)


@transaction.atomic
def silence_alert(by: User, number: int, minutes: int = DEFAULT_MINUTES, words: str = "") -> None:
    """Silences the alert's rule in this room. An alert without a rule is silenced alone."""
    duration, visible_alert = check_minutes(minutes), access.get_alert(by, number)
    with lock_alert(visible_alert.pk) as alert:
        check_open(alert)
        now = timezone.now()
        Silence.objects.create(
            room=alert.room,
            rule=alert.rule,
            pattern="*" if alert.rule_id else escape(alert.title),
            key="" if alert.rule_id else alert.key,
            starts=now,
            ends=now + duration,
            reason=clean_reason(words)[:200],
            made_by=by,
        )
        alert.silenced_until, alert.acked_words = now + duration, clean_reason(words)
        update_alert_state(alert, True, now, by)


@transaction.atomic
def unsilence_alert(by: User, number: int) -> None:
    """Ends the silences of this alert alone. Other silences can still cover it."""
    visible_alert = access.get_alert(by, number)
    with lock_alert(visible_alert.pk) as alert:
        check_open(alert)
        now = timezone.now()
        silences.find_own_silences(alert, now).update(ended_at=now, changed_at=now)
        alert.silenced_until = silences.alert_silenced_until(alert, now)
        alert.told_at = now
        update_alert_state(alert, True, now, by)


def close_alert(by: User, number: int) -> None:
    """Ends an alert that nothing will resolve. It opens again when it fires again."""
    visible_alert = access.get_alert(by, number)
    with lock_alert(visible_alert.pk) as alert:
        check_open(alert)
        now = timezone.now()
        if alert.rule_id is None:  # the rows of a rule end when their series recover
            alert.instances.filter(ended_at=None).update(ended_at=int(now.timestamp()), phase=str(Phase.OK))
        alert.closed_by, alert.left_out = by, 0
        update_alert_state(alert, False, now, by)


ACTIONS: dict[str, Callable[[User, int], None]] = {
    "unacknowledge": unacknowledge_alert,
    "unsilence": unsilence_alert,
    "close": close_alert,
}
TIMED_ACTIONS: dict[str, Callable[[User, int, int, str], None]] = {
    "acknowledge": acknowledge_alert,
    "silence": silence_alert,
}


def clean_reason(words: str) -> str:
    return " ".join(
        "".join(character for character in words if character.isprintable() or character.isspace()).split()
    )[:MAX_REASON]
