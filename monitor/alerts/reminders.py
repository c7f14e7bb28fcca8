"""Periodic work on open alerts: expired acknowledgements, reminders and escalation."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from monitor.alerts import condition_text, notifications, timeline, webhook_groups
from monitor.alerts.lifecycle import lock_alert, post_alert_card, post_alert_reply, update_alert_state
from monitor.alerts.models import Alert, Rule, Severity
from monitor.alerts.rule_state import AlertState
from monitor.metrics.collector_job import run_guarded
from realtime.online_users import get_online_users

ALERT_RETENTION = timedelta(days=400)  # of ended alerts
REPEAT_EVERY = {Severity.INFO: 0, Severity.WARNING: 30 * 60, Severity.CRITICAL: 10 * 60}  # seconds; 0: never


class Reminders:
    def __init__(self) -> None:
        self.sender = notifications.NoticeSender()

    def begin(self) -> None:
        self.sender = notifications.NoticeSender()

    def end(self) -> None:
        self.sender.end()

    def process_due(self, now: datetime) -> None:
        """Runs every second. An error with one alert does not affect the others."""
        with translation.override(settings.LANGUAGE_CODE):
            for alert in Alert.objects.filter(ended_at=None).select_related("rule", "acked_by", "message"):
                run_guarded(f"The reminders of alert {alert.pk}", partial(process_open_alert, alert, now))
            run_guarded("Ending alerts of other programs", partial(webhook_groups.end_expired_rows, now))
        self.sender.send_due(now)
        if int(now.timestamp()) % 3600 == 0:
            Alert.objects.filter(ended_at__lt=now - ALERT_RETENTION).delete()


def process_open_alert(alert: Alert, now: datetime) -> None:
    if alert.state == AlertState.ACKNOWLEDGED and alert.acked_until and now >= alert.acked_until:
        end_acknowledgement(alert, now)
    elif (
        alert.state == AlertState.SILENCED
        and alert.rule is None
        and alert.silenced_until
        and now >= alert.silenced_until
    ):
        end_group_silence(alert, now)
    elif alert.state == AlertState.FIRING:
        send_reminder(alert, now)
        escalate_alert(alert, now)


def end_acknowledgement(open_alert: Alert, now: datetime) -> None:
    with lock_alert(open_alert.pk) as alert:
        if alert.ended_at or not alert.acked_until or now < alert.acked_until:
            return
        mention = f"@{alert.acked_by.handle}: " if alert.acked_by else ""
        alert.told_at, alert.level, alert.escalated_at = now, 0, None
        update_alert_state(alert, True, now)
    if alert.state == AlertState.FIRING:
        post_alert_reply(
            alert, mention + _("Acknowledgement expired, and it is still firing: %(title)s.") % {"title": alert.title}
        )


def end_group_silence(open_alert: Alert, now: datetime) -> None:
    """Ends the silence of an alert of another program. No rule would notice that it is over."""
    with lock_alert(open_alert.pk) as alert:
        alert.told_at, alert.silenced_until = now, None
        update_alert_state(alert, not alert.ended_at, now)
    if alert.message_id is None:
        return post_alert_card(alert)
    return post_alert_reply(alert, _("The silence ended, and it is still firing: %(title)s.") % {"title": alert.title})


def format_alert_age(alert: Alert, now: datetime) -> str:
    return condition_text.format_span(max(0, int((now - alert.began_at).total_seconds())))


def send_reminder(alert: Alert, now: datetime) -> None:
    every = alert.rule.repeat_every if alert.rule else None
    if every is None:
        every = REPEAT_EVERY[Severity(alert.severity)]
    if not every or now - alert.told_at < timedelta(seconds=every):
        return
    Alert.objects.filter(pk=alert.pk).update(told_at=now)
    post_alert_reply(
        alert,
        _("Still firing after %(span)s and not acknowledged: %(title)s.")
        % {"span": format_alert_age(alert, now), "title": alert.title},
    )


def escalate_alert(alert: Alert, now: datetime) -> None:
    rule = alert.rule
    if rule is None or rule.escalate_after is None:
        return
    after = timedelta(seconds=rule.escalate_after)
    waiting_since = alert.escalated_at or max(alert.began_at, alert.acked_until or alert.began_at)
    if now - waiting_since < after or (alert.escalated_at and alert.level >= len(rule.people)):
        return
    level = find_next_level(rule.people, alert.level, get_online_users())
    Alert.objects.filter(pk=alert.pk).update(level=level, escalated_at=now)
    mention_users(alert, rule.people[alert.level : level], now)
    if alert.escalated_at is None:
        notify_channels(alert, rule)


def find_next_level(user_ids: Sequence[int], level: int, online_ids: set[int] | None) -> int:
    """Returns the new escalation level. It skips users who are offline."""
    while level < len(user_ids):
        level += 1
        if online_ids is None or user_ids[level - 1] in online_ids:
            break
    return level


def mention_users(alert: Alert, user_ids: Sequence[int], now: datetime) -> None:
    if not user_ids:
        return
    handles = {user.pk: user.handle for user in User.objects.filter(pk__in=user_ids, is_active=True)}
    names = " ".join(f"@{handles[user_id]}" for user_id in user_ids if user_id in handles)
    timeline.record_escalation(alert, now, names)
    text = _("not acknowledged for %(span)s: %(title)s.")
    post_alert_reply(alert, f"{names}: " + text % {"span": format_alert_age(alert, now), "title": alert.title})


def notify_channels(alert: Alert, rule: Rule) -> None:
    notifications.queue_notices(alert, rule.routes.all())
