"""The steps of a rule while nobody acknowledges its alert: a schedule, a user or a room after some time.

A step that reaches nobody says so in the timeline, and the next one follows at once.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from chat import bots
from chat.models import Membership, Room
from monitor.alerts import condition_text, notifications, timeline
from monitor.alerts.cards import render_alert_card
from monitor.alerts.evaluation import AlertState
from monitor.alerts.lifecycle import get_call_cause, get_watch_bot, post_alert_reply
from monitor.alerts.models import Alert, EscalationStep, Rule
from monitor.oncall import timetable
from monitor.oncall.calls import call_user
from monitor.oncall.delivery import can_be_called
from monitor.oncall.models import Schedule
from myweb.errors import Refused
from myweb.origins import build_site_url

DRILL = "drill."  # how the key of a drill's alert begins


class NotReached(Exception):
    """The text says why, for the timeline."""


def escalate_alert(alert: Alert, now: datetime) -> None:
    """Takes the steps that are due, and notifies the channels once they are due."""
    rule = alert.rule
    if rule is None:
        return
    waits = now - (alert.waiting_since or alert.began_at)
    steps = list(rule.steps.all())
    if alert.level < len(steps) and waits >= timedelta(seconds=steps[alert.level].after):
        take_due_steps(alert.pk, now)
    if rule.channels_after is not None and not alert.channels_at and waits >= timedelta(seconds=rule.channels_after):
        notify_channels(alert, rule, now)


@transaction.atomic
def take_due_steps(alert_id: int, now: datetime) -> None:
    """In one transaction with the calls: each step is taken once, also if the collector is killed."""
    alert = Alert.objects.select_for_update().get(pk=alert_id)
    if alert.state != AlertState.FIRING or alert.rule is None:
        return
    waits = now - (alert.waiting_since or alert.began_at)
    is_reached = True
    for step in alert.rule.steps.select_related("schedule", "user", "room")[alert.level :]:
        if is_reached and waits < timedelta(seconds=step.after):
            break
        alert.level += 1
        is_reached = take_step(alert, step, now)
    Alert.objects.filter(pk=alert.pk).update(level=alert.level)


def take_step(alert: Alert, step: EscalationStep, now: datetime) -> bool:
    """Returns whether the step reached somebody."""
    try:
        if step.room:
            names = tell_room(alert, step.room, now)
        elif step.schedule:
            names = f"{step.schedule.name}: {call_schedule(alert, step.schedule, now)}"
        elif step.user:
            names = call_member(alert, step.user, now)
        else:
            raise NotReached(_("it was removed"))
    except NotReached as error:
        timeline.record_unreached(alert, now, str(error))
        return False
    timeline.record_escalation(alert, now, names)
    return True


def call_schedule(alert: Alert, schedule: Schedule, now: datetime) -> str:
    user = timetable.find_user_on_call(schedule, now)
    if user is None:
        raise NotReached(_("nobody is on call for %(schedule)s") % {"schedule": schedule.name})
    return call_member(alert, user, now)


def call_member(alert: Alert, user: User, now: datetime) -> str:
    """Mentions the user and calls them. Returns the mention."""
    if not user.is_active:
        raise NotReached(_("%(name)s is deactivated") % {"name": user.name})
    if not Membership.objects.filter(room=alert.room_id, user=user, active=True).exists():
        raise NotReached(_("%(name)s is not a member of #%(room)s") % {"name": user.name, "room": alert.room.name})
    if not can_be_called(user):
        raise NotReached(_("%(name)s is offline, and nothing else reaches them") % {"name": user.name})
    mention, path = f"@{user.handle}", reverse("alert", args=[alert.pk])
    text = _("not acknowledged for %(span)s: %(title)s.")
    post_alert_reply(alert, f"{mention}: {describe_alert_age(alert, text, now)}")
    is_drill = alert.key.startswith(DRILL)
    call_user(user, get_call_cause(alert), alert.title, render_alert_card(alert)[1], path, at_once=is_drill)
    return mention


def tell_room(alert: Alert, room: Room, now: datetime) -> str:
    text = describe_alert_age(alert, _("Not acknowledged for %(span)s: %(title)s."), now)
    link = build_site_url(reverse("alert", args=[alert.pk]))
    try:
        bots.post_bot_message(get_watch_bot(), room.pk, f"{text} {link}")
    except Refused as refused:
        raise NotReached(_("#%(room)s is archived") % {"room": room.name}) from refused
    return f"#{room.name}"


def notify_channels(alert: Alert, rule: Rule, now: datetime) -> None:
    Alert.objects.filter(pk=alert.pk).update(channels_at=now)
    notifications.queue_notices(alert, rule.routes.all())


def describe_alert_age(alert: Alert, text: str, now: datetime) -> str:
    """The title alone for a step that is taken at once."""
    if now - alert.began_at < timedelta(seconds=1):
        return f"{alert.title}."
    return text % {"span": format_alert_age(alert, now), "title": alert.title}


def format_alert_age(alert: Alert, now: datetime) -> str:
    return condition_text.format_span(max(0, int((now - alert.began_at).total_seconds())))
