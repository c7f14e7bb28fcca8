"""Periodic work on open alerts: expired acknowledgements, reminders and escalation."""

from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from monitor.alerts import escalation, notifications, webhook_groups
from monitor.alerts.evaluation import AlertState
from monitor.alerts.lifecycle import lock_alert, post_alert_card, post_alert_reply, update_alert_state
from monitor.alerts.models import Alert, Severity
from monitor.alerts.retention import delete_old_alerts
from monitor.metrics.collector_job import run_guarded

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
            for alert in (
                Alert.objects.filter(ended_at=None)
                .select_related("rule", "acked_by", "message")
                .prefetch_related("rule__steps")
            ):
                run_guarded(f"The reminders of alert {alert.pk}", partial(process_open_alert, alert, now))
            run_guarded("Ending alerts of other programs", partial(webhook_groups.end_expired_rows, now))
        self.sender.send_due(now)
        if int(now.timestamp()) % 3600 == 0:
            delete_old_alerts(now)


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
        escalation.escalate_alert(alert, now)


def end_acknowledgement(open_alert: Alert, now: datetime) -> None:
    with lock_alert(open_alert.pk) as alert:
        if alert.ended_at or not alert.acked_until or now < alert.acked_until:
            return
        mention = f"@{alert.acked_by.handle}: " if alert.acked_by else ""
        alert.told_at = now
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
        % {"span": escalation.format_alert_age(alert, now), "title": alert.title},
    )
