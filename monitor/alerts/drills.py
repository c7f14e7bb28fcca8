"""``/drill``: a marked false alert goes the whole way. A report says what each part took and who was not reached."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import User
from chat.models import Room
from monitor.alerts import escalation
from monitor.alerts.evaluation import AlertState
from monitor.alerts.lifecycle import get_call_cause, lock_alert, post_alert_card, post_alert_reply, update_alert_state
from monitor.alerts.models import Alert, EscalationStep, Severity
from monitor.alerts.timeline import UNREACHED
from monitor.oncall.models import Call, CallAttempt, Schedule
from myweb.errors import Refused
from myweb.formats import format_duration

REPORT_AFTER = timedelta(seconds=20)
REPORT_AGAIN = timedelta(seconds=10)  # while attempts are still to be made
LONGEST = timedelta(minutes=3)  # then the report is made with what there is


@transaction.atomic
def begin_drill(by: User, room: Room) -> Alert:
    """Calls who is on call for the schedules of the room, by all their methods at once."""
    if not by.is_admin:
        raise Refused("forbidden", _("Only admins can do this."))
    schedules = list(Schedule.objects.select_for_update().filter(room=room))
    if not schedules:
        raise Refused("invalid", _("This room has no schedule. Admins make one under On call."))
    if Alert.objects.filter(room=room, key__startswith=escalation.DRILL, ended_at=None).exists():
        raise Refused("invalid", _("A drill is running in this room."))
    with translation.override(settings.LANGUAGE_CODE):
        now = timezone.now()
        alert = Alert(room=room, key=f"{escalation.DRILL}{uuid4().hex}", began_at=now, told_at=now)
        alert.title, alert.severity = _("Drill: this is not a real alert"), Severity.CRITICAL
        alert.save()
        post_alert_card(alert)
        for schedule in schedules:
            escalation.take_step(alert, EscalationStep(schedule=schedule), now)
    return alert


def end_drill(alert_id: int, now: datetime) -> bool:
    """Posts the report and ends the alert. Returns False while attempts are still to be made."""
    with translation.override(settings.LANGUAGE_CODE), lock_alert(alert_id) as alert:
        attempts = list_attempts(alert)
        waits = any(not attempt.sent_at and not attempt.problem and not attempt.call.ended_at for attempt in attempts)
        if waits and now - alert.began_at < LONGEST:
            return False
        lines = [_("The drill is over. What each part took:"), *(f"- {line}" for line in describe_parts(alert))]
        if not alert.ended_at:
            update_alert_state(alert, False, now)
        post_alert_reply(alert, "\n".join(lines))
    return True


def list_attempts(alert: Alert) -> list[CallAttempt]:
    attempts = CallAttempt.objects.filter(call__cause=get_call_cause(alert))
    return list(attempts.select_related("call__user").order_by("call", "pk"))


def describe_parts(alert: Alert) -> Iterator[str]:
    if alert.message:
        yield _("Card in the room: %(time)s") % {"time": format_time(alert.message.created_at - alert.began_at)}
    attempts = list_attempts(alert)
    for attempt in attempts:
        yield describe_attempt(attempt)
    for call in Call.objects.filter(cause=get_call_cause(alert)).select_related("user"):
        if not any(attempt.call_id == call.pk for attempt in attempts):
            yield _("%(name)s: mentioned in the room only, no method is set up") % {"name": call.user.name}
    for event in alert.events.filter(state=UNREACHED):
        yield _("Not reached: %(reason)s") % {"reason": event.words}
    acknowledged = alert.events.filter(state=AlertState.ACKNOWLEDGED).select_related("by").first()
    if acknowledged and acknowledged.by:
        texts = {"name": acknowledged.by.name, "time": format_time(acknowledged.at - alert.began_at)}
        yield _("Acknowledged by %(name)s: %(time)s") % texts
    else:
        yield _("Nobody has acknowledged it")


def describe_attempt(attempt: CallAttempt) -> str:
    texts = {"name": attempt.call.user.name, "method": attempt.get_method_display(), "problem": attempt.problem}
    if attempt.sent_at:
        texts["time"] = format_time(attempt.sent_at - attempt.call.created_at)
        return _("%(name)s, %(method)s: %(time)s") % texts
    if attempt.problem:
        return _("%(name)s, %(method)s: not sent. %(problem)s") % texts
    if attempt.call.ended_at:
        return _("%(name)s, %(method)s: not sent, it was acknowledged before") % texts
    return _("%(name)s, %(method)s: not sent in time. Does a worker run?") % texts


def format_time(time: timedelta) -> str:
    return format_duration(max(0.0, time.total_seconds()))
