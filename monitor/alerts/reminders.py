"""What is due on open alerts with the time: acknowledgements end, the room is reminded, others are called."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from monitor.alerts import groups, notifications
from monitor.alerts import text as words
from monitor.alerts.lifecycle import judge, locked, post, say
from monitor.alerts.models import Alert, Rule, Severity
from monitor.alerts.online import online
from monitor.alerts.rule_state import Stand
from monitor.metrics.component import run_guarded

logger = logging.getLogger(__name__)

KEPT = timedelta(days=400)  # that the history goes back
REPEAT = {Severity.INFO: 0, Severity.WARNING: 30 * 60, Severity.CRITICAL: 10 * 60}  # seconds; 0: never


class Desk:
    def __init__(self) -> None:
        self.sender = notifications.Sender()

    def begin(self) -> None:
        self.sender = notifications.Sender()

    def end(self) -> None:
        self.sender.end()

    def tend(self, now: datetime) -> None:
        """Every second. Trouble with one alert is not that of the others."""
        with translation.override(settings.LANGUAGE_CODE):
            for alert in Alert.objects.filter(ended_at=None).select_related("rule", "acked_by", "message"):
                run_guarded(partial(due, alert, now), logger.warning)
            run_guarded(partial(groups.end_expired_rows, now), logger.warning)
        self.sender.turn(now)
        if int(now.timestamp()) % 3600 == 0:
            Alert.objects.filter(ended_at__lt=now - KEPT).delete()


def due(alert: Alert, now: datetime) -> None:
    if alert.state == Stand.ACKNOWLEDGED and alert.acked_until and now >= alert.acked_until:
        end_acknowledgement(alert, now)
    elif alert.state == Stand.SILENCED and alert.rule is None and alert.silenced_until and now >= alert.silenced_until:
        fire_again(alert, now)
    elif alert.state == Stand.FIRING:
        remind(alert, now)
        escalate(alert, now)


def end_acknowledgement(found: Alert, now: datetime) -> None:
    with locked(found.pk) as alert:
        if alert.ended_at or not alert.acked_until or now < alert.acked_until:
            return
        who = f"@{alert.acked_by.handle}: " if alert.acked_by else ""
        alert.told_at, alert.level, alert.escalated_at = now, 0, None
        judge(alert, True, now)
    if alert.state == Stand.FIRING:
        say(alert, who + _("Acknowledgement expired, and it is still firing: %(title)s.") % {"title": alert.title})


def fire_again(found: Alert, now: datetime) -> None:
    """Of another program: no rule tells when its silence is over."""
    with locked(found.pk) as alert:
        alert.told_at, alert.silenced_until = now, None
        judge(alert, not alert.ended_at, now)
    if alert.message_id is None:
        return post(alert)
    return say(alert, _("The silence ended, and it is still firing: %(title)s.") % {"title": alert.title})


def lasting(alert: Alert, now: datetime) -> str:
    return words.span(max(0, int((now - alert.began_at).total_seconds())))


def remind(alert: Alert, now: datetime) -> None:
    every = alert.rule.repeat_every if alert.rule else None
    if every is None:
        every = REPEAT[Severity(alert.severity)]
    if not every or now - alert.told_at < timedelta(seconds=every):
        return
    Alert.objects.filter(pk=alert.pk).update(told_at=now)
    say(
        alert,
        _("Still firing after %(span)s and not acknowledged: %(title)s.")
        % {"span": lasting(alert, now), "title": alert.title},
    )


def escalate(alert: Alert, now: datetime) -> None:
    rule = alert.rule
    if rule is None or rule.escalate_after is None:
        return
    after = timedelta(seconds=rule.escalate_after)
    begun = alert.escalated_at or max(alert.began_at, alert.acked_until or alert.began_at)
    if now - begun < after or (alert.escalated_at and alert.level >= len(rule.people)):
        return
    level = called(rule.people, alert.level, online())
    Alert.objects.filter(pk=alert.pk).update(level=level, escalated_at=now)
    call(alert, rule.people[alert.level : level], now)
    if alert.escalated_at is None:
        tell_outside(alert, rule)


def called(people: Sequence[int], level: int, here: set[int] | None) -> int:
    """How many are called by now: the next one, and more until there is one with a socket open."""
    while level < len(people):
        level += 1
        if here is None or people[level - 1] in here:
            break
    return level


def call(alert: Alert, people: Sequence[int], now: datetime) -> None:
    if not people:
        return
    handles = {each.pk: each.handle for each in User.objects.filter(pk__in=people, is_active=True)}
    names = " ".join(f"@{handles[each]}" for each in people if each in handles)
    text = _("not acknowledged for %(span)s: %(title)s.")
    say(alert, f"{names}: " + text % {"span": lasting(alert, now), "title": alert.title})


def tell_outside(alert: Alert, rule: Rule) -> None:
    notifications.queue_notices(alert, rule.routes.all())
