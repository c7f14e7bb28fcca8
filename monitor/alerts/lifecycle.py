"""Stored alerts and their cards. Each change happens under a lock on the alert's row."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
import redis
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.services import get_or_create_bot
from chat import bots
from chat.message_services import post_card, update_card
from monitor.alerts import notifications, silences, timeline
from monitor.alerts.cards import CHART_POINTS, CHART_SECONDS, Picture, render_alert_card, to_unix_seconds
from monitor.alerts.evaluation import AlertState, Phase, RuleState, choose_alert_state
from monitor.alerts.models import Alert, Instance, Rule, Severity
from monitor.alerts.recent import recent_values, thin_points
from monitor.metrics.series_facts import find_series_facts
from monitor.oncall import calls
from myweb.errors import NotFound, Refused, get_or_not_found
from myweb.times import format_moment, to_datetime

MAX_WORDS = 300  # characters of a description
REOPEN_WITHIN = timedelta(minutes=10)  # an alert that fires again within this time reopens its card


class SeriesUpdate(NamedTuple):
    """The state of a series at this tick."""

    state: RuleState
    value: float | None
    unit: str


class Dependencies(NamedTuple):
    """The rule that suppresses this one, and the alerts that this one suppresses."""

    behind: str = ""  # the title of the suppressing rule
    children: int = 0
    children_firing: int = 0


def get_watch_bot() -> User:
    return get_or_create_bot("Watch")


@contextmanager
def lock_alert(alert_id: int) -> Iterator[Alert]:
    """Locks an alert, as in ``with lock_alert(7) as alert: …``. Afterwards it saves the alert and updates its card."""
    with transaction.atomic():
        alert = get_or_not_found(Alert.objects.select_for_update(), pk=alert_id)
        yield alert
        save_alert(alert)


def save_alert(alert: Alert) -> None:
    """Stores an alert and updates its card. A deleted card does not come back."""
    card, text = render_alert_card(alert)
    with_card = alert.message_id is not None
    try:
        if with_card and update_card(alert.message_id or 0, card, text) is None:
            alert.message = None
    except NotFound:
        alert.message = None
    alert.save()
    if alert.ended_at:
        notifications.queue_resolved_notices(alert)


def post_alert_card(alert: Alert) -> None:
    """Posts the first card of an alert. An archived room gets none."""
    card, text = render_alert_card(alert)
    try:
        alert.message_id = post_card(get_watch_bot(), alert.room_id, card, text).message
    except Refused:
        return
    alert.save(update_fields=["message"])


def post_alert_reply(alert: Alert, text: str) -> None:
    """Posts a reply to the card."""
    reply = alert.message.seq if alert.message else None
    try:
        bots.post_bot_message(get_watch_bot(), alert.room_id, text, reply)
    except Refused:
        return


@transaction.atomic
def apply_rule_changes(
    rule: Rule, t: int, changed: Mapping[str, SeriesUpdate], dependencies: Dependencies
) -> Alert | None:
    """Stores the changes of a tick and updates the alert of the rule.

    Returns the alert that is open, or that just ended.
    """
    unchanged = Rule.objects.filter(pk=rule.pk, enabled=True, removed_at=None, changed_at=rule.changed_at)
    if unchanged.select_for_update().first() is None:  # the user who changed the rule has ended its alerts
        return None
    store_instances(rule, t, changed)
    alert = Alert.objects.select_for_update().filter(key=f"rule.{rule.pk}", ended_at=None).first()
    firing = list(firing_rows(rule))
    now = to_datetime(t)
    silenced = {row.name: until for row in firing if (until := rule_silenced_until(rule, row.name, now))}
    unsuppressed = [row for row in firing if row.name not in silenced and not dependencies.behind]
    if alert is None and not unsuppressed:
        return None
    is_new = alert is None
    alert = alert or reopen_recent(f"rule.{rule.pk}", rule.room_id, now) or open_rule_alert(rule, now)
    attach_rows(alert, firing)
    before, severity_before = alert.state, Severity(alert.severity)
    alert.title, alert.severity, alert.runbook = rule.title, rule.severity, get_runbook_url(rule, alert)
    alert.silenced_until = max(silenced.values()) if silenced and len(silenced) == len(firing) else None
    alert.behind, alert.children, alert.children_firing = dependencies
    update_alert_state(alert, bool(firing), now)
    update_chart(alert, rule, t)
    if is_new and alert.message_id is None:
        alert.save()
        post_alert_card(alert)
    else:
        save_alert(alert)
    if is_new:
        announce_reopened(alert, now)
    elif not alert.ended_at and Severity(alert.severity).rank > severity_before.rank:
        announce_severity(alert, now)
    if not is_new and alert.state == AlertState.FIRING and before in {AlertState.SILENCED, AlertState.HELD}:
        announce_unsuppressed(alert, now)
    return alert


def store_instances(rule: Rule, t: int, changed: Mapping[str, SeriesUpdate]) -> None:
    known = {row.name: row for row in rule.instances.filter(name__in=changed, ended_at=None)}
    for name, update in changed.items():
        row = known.get(name)
        if update.state.phase in {Phase.PENDING, Phase.FIRING}:
            row = row or Instance(rule=rule, name=name)
            phase, row.since, row.fired_at, row.calm_since = update.state
            row.phase, row.value, row.unit = str(phase), update.value, update.unit
            if phase is Phase.FIRING:
                row.words = find_series_facts(name, update.value, rule.room_id).words[:MAX_WORDS]
            row.save()
        elif row and row.alert_id is not None:
            row.phase, row.ended_at = str(update.state.phase), t
            row.save()
        elif row:  # it was never on a card
            row.delete()


def firing_rows(rule: Rule) -> "QuerySet[Instance]":
    """Returns the firing rows, except those of a closed card, which ended until they fire again."""
    rows = rule.instances.filter(phase=Phase.FIRING, ended_at=None)
    return rows.exclude(alert__isnull=False, alert__ended_at__isnull=False)


def attach_rows(alert: Alert, firing: Iterable[Instance]) -> None:
    """Adds firing rows to the alert. A series that fires again keeps one line on the card."""
    new = [row for row in firing if row.alert_id is None]
    alert.instances.filter(name__in=[row.name for row in new]).exclude(ended_at=None).delete()
    Instance.objects.filter(pk__in=[row.pk for row in new]).update(alert=alert)


def reopen_recent(key: str, room_id: int, now: datetime) -> Alert | None:
    """Reopens the alert of this key if it ended recently."""
    ended = Alert.objects.select_for_update().filter(key=key, room=room_id, ended_at__gt=now - REOPEN_WITHIN)
    alert = ended.order_by("-ended_at").first()
    if alert is None:
        return None
    alert.ended_at = alert.closed_by = None
    alert.reopened += 1
    return alert


def open_rule_alert(rule: Rule, now: datetime) -> Alert:
    alert = Alert(rule=rule, room_id=rule.room_id, key=f"rule.{rule.pk}", began_at=now, told_at=now)
    alert.save()
    return alert


def get_runbook_url(rule: Rule, alert: Alert) -> str:
    if rule.runbook.startswith(("https://", "http://")) and len(rule.runbook.split()) == 1:
        return rule.runbook[:500]
    return reverse("alert", args=[alert.pk]) + "#what-to-do" if rule.runbook else ""


def update_alert_state(alert: Alert, firing: bool, now: datetime, by: User | None = None) -> None:
    """Sets the state, and records the change. ``by`` is the user who acted."""
    before = alert.state
    state = choose_alert_state(
        firing=firing,
        held=bool(alert.behind),
        silenced=bool(alert.silenced_until and now < alert.silenced_until),
        acknowledged=bool(alert.acked_until and now < alert.acked_until),
    )
    alert.state = str(state)
    alert.ended_at = now if state is AlertState.RESOLVED else None
    if state is AlertState.FIRING and before != AlertState.FIRING:  # its steps begin again
        alert.waiting_since, alert.level, alert.channels_at = now, 0, None
    if by or state != before:
        timeline.record_event(alert, now, before, by)
        if state is not AlertState.FIRING and alert.pk:
            end_alert_calls(alert)


def get_call_cause(alert: Alert) -> str:
    return f"alert.{alert.pk}"


def end_alert_calls(alert: Alert) -> None:
    """Stops calling. Devices that were notified show who has it and until when, or that it is over."""
    with translation.override(settings.LANGUAGE_CODE):
        text = render_alert_card(alert)[1]
        if alert.state == AlertState.ACKNOWLEDGED and alert.acked_until:
            text += " " + _("Until %(time)s.") % {"time": format_moment(alert.acked_until)}
        calls.end_calls(get_call_cause(alert), alert.title, text)


def rule_silenced_until(rule: Rule, name: str, now: datetime) -> datetime | None:
    return silences.series_silenced_until(silences.list_current_silences(now), rule.room_id, rule.pk, name, now)


def update_chart(alert: Alert, rule: Rule, t: int) -> None:
    """Updates the chart and the link from the first series."""
    first = alert.instances.filter(fired_at__isnull=False).order_by("ended_at", "fired_at", "pk").first()
    first = alert.instances.filter(phase=Phase.FIRING, ended_at=None).order_by("fired_at", "pk").first() or first
    if first is None:
        return
    source, _space, series = first.name.partition(" ")
    alert.link = find_series_facts(first.name, first.value, rule.room_id).link or reverse("dashboard", args=[source])
    try:
        points = thin_points(recent_values(source, series, CHART_SECONDS).get(first.name, []), CHART_POINTS)
    except redis.RedisError:  # the recent values are unavailable, but the alert must still be posted
        points = []
    limit = get_crossed_limit(alert, first) or (rule.comparison, rule.threshold)
    alert.picture = msgspec.to_builtins(
        Picture([point[0] for point in points], [point[1] for point in points], *limit, t)
    )


def get_crossed_limit(alert: Alert, first: Instance) -> tuple[str, float] | None:
    """Returns the threshold on the card of a recovered series. A later change of the rule does not change it."""
    known = alert.picture
    if not known.get("comparison") or not (alert.ended_at or first.calm_since):
        return None
    return known["comparison"], known["threshold"]


def refresh_values(rule: Rule, t: int, values: Mapping[str, float | None], dependencies: Dependencies) -> None:
    """Updates the values of an open card."""
    alert_id = Alert.objects.filter(key=f"rule.{rule.pk}", ended_at=None).values_list("pk", flat=True).first()
    if alert_id is None:
        return
    with lock_alert(alert_id) as alert:
        if alert.ended_at:
            return
        rows = list(alert.instances.filter(ended_at=None))
        for row in rows:
            row.value = values.get(row.name, row.value)
        Instance.objects.bulk_update(rows, ["value"])
        alert.children, alert.children_firing = dependencies.children, dependencies.children_firing
        update_chart(alert, rule, t)


def announce_unsuppressed(alert: Alert, now: datetime) -> None:
    alert.told_at = now
    alert.save(update_fields=["told_at"])
    post_alert_reply(alert, _("No longer suppressed, and still firing: %(title)s.") % {"title": alert.title})


def announce_reopened(alert: Alert, now: datetime) -> None:
    """Announces a reopened alert. Later ones are rare, because a flapping alert would fill the room."""
    if not alert.reopened:
        return
    notifications.queue_reopened_notices(alert)
    if alert.state != AlertState.FIRING or (alert.reopened > 1 and now - alert.told_at < REOPEN_WITHIN):
        return
    alert.told_at = now
    alert.save(update_fields=["told_at"])
    count = alert.reopened
    text = ngettext(
        "Firing again: %(title)s. It had resolved for a moment.",
        "Firing again: %(title)s. It had resolved %(count)d times for a moment.",
        count,
    )
    post_alert_reply(alert, text % {"title": alert.title, "count": count})


def announce_severity(alert: Alert, now: datetime) -> None:
    """Announces a higher severity and restarts the reminder interval. Mentions the user who acknowledged the alert."""
    if alert.state not in {AlertState.FIRING, AlertState.ACKNOWLEDGED}:
        return
    alert.told_at = now
    alert.save(update_fields=["told_at"])
    mention = f"@{alert.acked_by.handle}: " if alert.acked_by and alert.state == AlertState.ACKNOWLEDGED else ""
    texts = {"severity": Severity(alert.severity).label, "title": alert.title}
    post_alert_reply(alert, mention + _("The severity is now %(severity)s: %(title)s.") % texts)


def close_alerts(alerts: Iterable[Alert]) -> None:
    """Ends the alerts of a disabled, removed or moved rule."""
    now = timezone.now()
    for open_alert in alerts:
        with lock_alert(open_alert.pk) as alert:
            alert.instances.filter(ended_at=None).update(ended_at=to_unix_seconds(now), phase=Phase.OK)
            update_alert_state(alert, False, now)
