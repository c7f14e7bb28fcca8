"""Alerts as they are written down, each with its card. Everything happens under the lock of the alert's row."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec
import redis
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.services import get_or_create_bot
from chat import bots
from chat.messages import post_card, update_card
from monitor.alerts import notifications, silences
from monitor.alerts.cards import POINTS, Picture, drawn, moment
from monitor.alerts.models import Alert, Instance, Rule, Severity
from monitor.alerts.recent import recent_values, thinned
from monitor.alerts.rule_state import Phase, Stand, Standing, stand
from myweb.errors import NotFound, Refused, get_or_not_found

SHOWN = 600  # seconds of a card's chart
REOPENS = timedelta(minutes=10)  # after its end, in which what fires again opens the same card


class Seen(NamedTuple):
    """A series of a rule at this tick."""

    standing: Standing
    value: float | None
    unit: str


class Around(NamedTuple):
    """What other rules say of this one."""

    behind: str = ""  # the title of a rule that this one waits for
    children: int = 0
    children_firing: int = 0


def watch() -> User:
    return get_or_create_bot("Watch")


def at(t: int) -> datetime:
    return datetime.fromtimestamp(t, UTC)


@contextmanager
def locked(alert_id: int) -> Iterator[Alert]:
    """``with locked(7) as alert: …``; afterwards it is stored, and its card shows what it is now."""
    with transaction.atomic():
        alert = get_or_not_found(Alert.objects.select_for_update(), pk=alert_id)
        yield alert
        show(alert)


def show(alert: Alert) -> None:
    """Stores an alert and draws its card. A card that somebody deleted stays away."""
    card, text = drawn(alert)
    with_card = alert.message_id is not None
    try:
        if with_card and update_card(alert.message_id or 0, card, text) is None:
            alert.message = None
    except NotFound:
        alert.message = None
    alert.save()
    if alert.ended_at:
        notifications.tell_over(alert)


def post(alert: Alert) -> None:
    """The first card of an alert. In an archived room it stays without."""
    card, text = drawn(alert)
    try:
        alert.message_id = post_card(watch(), alert.room_id, card, text).message
    except Refused:
        return
    alert.save(update_fields=["message"])


def say(alert: Alert, text: str) -> None:
    """A line below, as an answer to the card."""
    reply = alert.message.seq if alert.message else None
    try:
        bots.post_bot_message(watch(), alert.room_id, text, reply)
    except Refused:
        return


@transaction.atomic
def settle(rule: Rule, t: int, changed: Mapping[str, Seen], around: Around) -> Alert | None:
    """Writes down what changed at a tick, and brings the rule's alert to where it belongs.

    Answers with the alert that is open now, or was until now.
    """
    unchanged = Rule.objects.filter(pk=rule.pk, enabled=True, removed_at=None, changed_at=rule.changed_at)
    if unchanged.select_for_update().first() is None:  # whoever changed it has ended what it found
        return None
    write(rule, t, changed)
    alert = Alert.objects.select_for_update().filter(key=f"rule.{rule.pk}", ended_at=None).first()
    firing = list(firing_rows(rule))
    now = at(t)
    quiet = {each.name: until for each in firing if (until := quiet_until(rule, each.name, now))}
    shown = [each for each in firing if each.name not in quiet and not around.behind]
    if alert is None and not shown:
        return None
    fresh = alert is None
    alert = alert or reopen_recent(f"rule.{rule.pk}", rule.room_id, now) or opened(rule, now)
    attach_rows(alert, firing)
    before, severity_before = alert.state, Severity(alert.severity)
    alert.title, alert.severity, alert.runbook = rule.title, rule.severity, runbook(rule)
    alert.silenced_until = max(quiet.values()) if quiet and len(quiet) == len(firing) else None
    alert.behind, alert.children, alert.children_firing = around
    judge(alert, bool(firing), now)
    paint(alert, rule, t)
    if fresh and alert.message_id is None:
        alert.save()
        post(alert)
    else:
        show(alert)
    if fresh:
        announce_reopened(alert, now)
    elif not alert.ended_at and Severity(alert.severity).rank > severity_before.rank:
        announce_severity(alert, now)
    if not fresh and alert.state == Stand.FIRING and before in {Stand.SILENCED, Stand.HELD}:
        again(alert, now)
    return alert


def write(rule: Rule, t: int, changed: Mapping[str, Seen]) -> None:
    known = {each.name: each for each in rule.instances.filter(name__in=changed, ended_at=None)}
    for name, seen in changed.items():
        row = known.get(name)
        if seen.standing.phase in {Phase.PENDING, Phase.FIRING}:
            row = row or Instance(rule=rule, name=name)
            phase, row.since, row.fired_at, row.calm_since = seen.standing
            row.phase, row.value, row.unit = str(phase), seen.value, seen.unit
            row.save()
        elif row and row.alert_id is not None:
            row.phase, row.ended_at = str(seen.standing.phase), t
            row.save()
        elif row:  # it was never on a card
            row.delete()


def firing_rows(rule: Rule) -> "QuerySet[Instance]":
    """Without those of a card that somebody closed: they are over there until they fire anew."""
    rows = rule.instances.filter(phase=Phase.FIRING, ended_at=None)
    return rows.exclude(alert__isnull=False, alert__ended_at__isnull=False)


def attach_rows(alert: Alert, firing: Iterable[Instance]) -> None:
    """A series that fires again on the same card has one line there."""
    new = [each for each in firing if each.alert_id is None]
    alert.instances.filter(name__in=[each.name for each in new]).exclude(ended_at=None).delete()
    Instance.objects.filter(pk__in=[each.pk for each in new]).update(alert=alert)


def reopen_recent(key: str, room_id: int, now: datetime) -> Alert | None:
    """The alert of this key that ended a moment ago, open again."""
    ended = Alert.objects.select_for_update().filter(key=key, room=room_id, ended_at__gt=now - REOPENS)
    alert = ended.order_by("-ended_at").first()
    if alert is None:
        return None
    alert.ended_at = alert.closed_by = None
    alert.reopened += 1
    return alert


def opened(rule: Rule, now: datetime) -> Alert:
    alert = Alert(rule=rule, room_id=rule.room_id, key=f"rule.{rule.pk}", began_at=now, told_at=now)
    alert.save()
    return alert


def runbook(rule: Rule) -> str:
    if rule.runbook.startswith(("https://", "http://")) and len(rule.runbook.split()) == 1:
        return rule.runbook[:500]
    return reverse("alert_rule", args=[rule.pk]) + "#runbook" if rule.runbook else ""


def judge(alert: Alert, firing: bool, now: datetime) -> None:
    found = stand(
        firing=firing,
        held=bool(alert.behind),
        silenced=bool(alert.silenced_until and now < alert.silenced_until),
        acknowledged=bool(alert.acked_until and now < alert.acked_until),
    )
    alert.state = str(found)
    alert.ended_at = now if found is Stand.RESOLVED else None


def quiet_until(rule: Rule, name: str, now: datetime) -> datetime | None:
    return silences.quiet_until(silences.current(now), rule.room_id, rule.pk, name, now)


def paint(alert: Alert, rule: Rule, t: int) -> None:
    """The chart and the link of the series that came first."""
    first = alert.instances.filter(fired_at__isnull=False).order_by("ended_at", "fired_at", "pk").first()
    first = alert.instances.filter(phase=Phase.FIRING, ended_at=None).order_by("fired_at", "pk").first() or first
    if first is None:
        return
    source, _space, series = first.name.partition(" ")
    alert.link = reverse("dashboard", args=[source])
    try:
        points = thinned(recent_values(source, series, SHOWN).get(first.name, []), POINTS)
    except redis.RedisError:  # the last minutes are out of reach; what fires is told all the same
        points = []
    limit = crossed(alert, first) or (rule.comparison, rule.threshold)
    alert.picture = msgspec.to_builtins(Picture([each[0] for each in points], [each[1] for each in points], *limit, t))


def crossed(alert: Alert, first: Instance) -> tuple[str, float] | None:
    """What was crossed stays on the card of what is calm again, whatever the rule says by now."""
    known = alert.picture
    if not known.get("comparison") or not (alert.ended_at or first.calm_since):
        return None
    return known["comparison"], known["threshold"]


def refresh(rule: Rule, t: int, values: Mapping[str, float | None], around: Around) -> None:
    """The values of now on an open card."""
    found = Alert.objects.filter(key=f"rule.{rule.pk}", ended_at=None).values_list("pk", flat=True).first()
    if found is None:
        return
    with locked(found) as alert:
        if alert.ended_at:
            return
        rows = list(alert.instances.filter(ended_at=None))
        for row in rows:
            row.value = values.get(row.name, row.value)
        Instance.objects.bulk_update(rows, ["value"])
        alert.children, alert.children_firing = around.children, around.children_firing
        paint(alert, rule, t)


def again(alert: Alert, now: datetime) -> None:
    alert.told_at = now
    alert.save(update_fields=["told_at"])
    say(alert, _("No longer suppressed, and still firing: %(title)s.") % {"title": alert.title})


def announce_reopened(alert: Alert, now: datetime) -> None:
    """The first time, and then seldom: what flaps would fill the room."""
    if not alert.reopened:
        return
    notifications.tell_reopened(alert)
    if alert.state != Stand.FIRING or (alert.reopened > 1 and now - alert.told_at < REOPENS):
        return
    alert.told_at = now
    alert.save(update_fields=["told_at"])
    count = alert.reopened
    text = ngettext(
        "Firing again: %(title)s. It had resolved for a moment.",
        "Firing again: %(title)s. It had resolved %(count)d times for a moment.",
        count,
    )
    say(alert, text % {"title": alert.title, "count": count})


def announce_severity(alert: Alert, now: datetime) -> None:
    """The time to the next reminder begins anew. Whoever acknowledged less than this is named."""
    if alert.state not in {Stand.FIRING, Stand.ACKNOWLEDGED}:
        return
    alert.told_at = now
    alert.save(update_fields=["told_at"])
    who = f"@{alert.acked_by.handle}: " if alert.acked_by and alert.state == Stand.ACKNOWLEDGED else ""
    texts = {"severity": Severity(alert.severity).label, "title": alert.title}
    say(alert, who + _("The severity is now %(severity)s: %(title)s.") % texts)


def close(alerts: Iterable[Alert]) -> None:
    """Of a rule that is off, gone or belongs to another room."""
    now = timezone.now()
    for each in alerts:
        with locked(each.pk) as alert:
            alert.instances.filter(ended_at=None).update(ended_at=moment(now), phase=Phase.OK)
            judge(alert, False, now)
