"""Turns webhooks into alerts: a group becomes one card, and each fingerprint one row."""

from collections.abc import Collection
from datetime import datetime
from hashlib import sha256

from django.db import transaction
from django.db.models import F

from monitor.alerts.alertmanager import SUBJECTS, IncomingAlert, Payload, find_first_url, to_single_line
from monitor.alerts.evaluation import Phase
from monitor.alerts.lifecycle import reopen_recent
from monitor.alerts.models import Alert, Instance, Integration
from monitor.alerts.webhook_groups import refresh_group
from myweb.errors import Refused

MAX_GROUPS = 500  # open groups of an integration
MAX_ROWS = 2_000  # firing rows of an integration
MAX_ROWS_OF_ALERT = 500
MAX_ENDED = 100  # ended rows that an alert keeps


@transaction.atomic
def apply_payload(integration: Integration, payload: Payload, now: datetime) -> None:
    count = len(payload.rows) + (payload.truncated or 0)
    Integration.objects.filter(pk=integration.pk).update(received=F("received") + count, last_at=now)
    t = int(now.timestamp())
    firing = {row.fingerprint: row for row in payload.rows if row.fires(t)}
    key = build_group_key(integration, payload)
    alert = Alert.objects.select_for_update().filter(key=key, ended_at=None).first()
    if alert is None and not firing:
        return
    is_new = alert is None
    alert = alert or open_group_alert(integration, key, payload, now)
    end_rows(alert, payload, firing, t)
    unstored = store_rows(alert, payload, list(firing.values()), t)
    alert.left_out = unstored + (payload.truncated or 0) if firing else 0
    if firing:
        set_links(alert, payload, max(firing.values(), key=lambda row: row.severity.rank))
    refresh_group(alert, now, is_new=is_new)


def set_links(alert: Alert, payload: Payload, row: IncomingAlert) -> None:
    alert.link = find_first_url([*row.links, payload.link])
    alert.runbook = find_first_url(
        [annotations.get("runbook_url", "") for annotations in (payload.common_annotations, row.annotations)]
    )


def build_group_key(integration: Integration, payload: Payload) -> str:
    digest = sha256(payload.group.encode("utf-8", "replace")).hexdigest()[:32]
    return f"integration.{integration.pk}.{digest}"


def open_group_alert(integration: Integration, key: str, payload: Payload, now: datetime) -> Alert:
    if Alert.objects.filter(integration=integration, ended_at=None).count() >= MAX_GROUPS:
        raise Refused(
            "too_many", f"{MAX_GROUPS} groups of this integration are open. Try again later.", retry=True, wait=60
        )
    if alert := reopen_recent(key, integration.room_id, now):
        return alert
    title = to_single_line(payload.title or payload.common_labels.get("alertname", "") or integration.name, 120)
    alert = Alert(integration=integration, room=integration.room, key=key, title=title, began_at=now, told_at=now)
    alert.save()
    return alert


def end_rows(alert: Alert, payload: Payload, firing: Collection[str], t: int) -> None:
    rows = alert.instances.filter(ended_at=None)
    if payload.is_complete or (payload.has_ended and not firing and not payload.truncated):
        rows = rows.exclude(fingerprint__in=list(firing))
    else:
        rows = rows.filter(fingerprint__in=[row.fingerprint for row in payload.rows if row.fingerprint not in firing])
    if rows.update(phase=str(Phase.OK), ended_at=t):
        delete_ended_rows(alert)


def delete_ended_rows(alert: Alert) -> None:
    """Keeps only the newest ended rows of a long-lived group."""
    old = alert.instances.exclude(ended_at=None).order_by("-ended_at", "-pk").values_list("pk", flat=True)
    Instance.objects.filter(pk__in=list(old[MAX_ENDED : MAX_ENDED + MAX_ROWS])).delete()


def store_rows(alert: Alert, payload: Payload, rows: list[IncomingAlert], t: int) -> int:
    """Stores firing rows. Returns how many did not fit."""
    stored = {row.fingerprint: row for row in alert.instances.filter(fingerprint__in=[row.fingerprint for row in rows])}
    known = [row for row in rows if row.fingerprint in stored and stored[row.fingerprint].ended_at is None]
    new_rows = [row for row in rows if row.fingerprint not in stored or stored[row.fingerprint].ended_at is not None]
    new_rows.sort(key=lambda row: -row.severity.rank)
    stored_rows = known + new_rows[: count_free_rows(alert) if new_rows else 0]
    changed = [fill_row(stored.get(row.fingerprint), alert, payload, row, t) for row in stored_rows]
    Instance.objects.bulk_create([row for row in changed if row.pk is None])
    Instance.objects.bulk_update([row for row in changed if row.pk is not None], UPDATED_FIELDS)
    return len(rows) - len(stored_rows)


def count_free_rows(alert: Alert) -> int:
    """Returns at least one for an empty alert, so that no card is without a row."""
    firing_rows = Instance.objects.filter(
        ended_at=None, alert__integration=alert.integration_id, alert__ended_at=None
    ).count()
    rows_of_alert = alert.instances.filter(ended_at=None).count()
    return max(0 if rows_of_alert else 1, min(MAX_ROWS - firing_rows, MAX_ROWS_OF_ALERT - rows_of_alert))


UPDATED_FIELDS = [
    "name",
    "phase",
    "since",
    "fired_at",
    "ended_at",
    "words",
    "severity",
    "alertname",
    "subject",
    "summary",
    "ends_at",
]


def fill_row(instance: Instance | None, alert: Alert, payload: Payload, row: IncomingAlert, t: int) -> Instance:
    if instance is None:
        instance = Instance(alert=alert, fingerprint=row.fingerprint, fired_at=t, since=t)
    if instance.ended_at is not None:
        instance.fired_at, instance.since = t, t
    annotations = payload.common_annotations | row.annotations
    instance.phase, instance.ended_at, instance.ends_at = str(Phase.FIRING), None, row.ends_at
    instance.since = min(row.starts_at or instance.since, t)
    instance.name, instance.severity = build_row_name(row), str(row.severity)
    instance.alertname = to_single_line(row.labels.get("alertname", ""), 120)
    instance.subject, instance.summary = (
        choose_subject(row, payload),
        to_single_line(annotations.get("summary", ""), 120),
    )
    text = annotations.get("description") or annotations.get("summary") or annotations.get("message") or ""
    instance.words = to_single_line(text, 300) or instance.name[:300]
    return instance


def build_row_name(row: IncomingAlert) -> str:
    """Returns the text of a row in the list of a card."""
    labels = {name: value for name, value in row.labels.items() if name not in {"alertname", "severity"}}
    named = " ".join(f"{name}={value}" for name, value in sorted(labels.items()))
    return (
        to_single_line(f"{row.labels.get('alertname', '')} {named}", 180)
        or to_single_line(row.fingerprint, 180)
        or "alert"
    )


def choose_subject(row: IncomingAlert, payload: Payload) -> str:
    shared = {"alertname", "severity"} | payload.group_labels.keys()
    labels = {name: value for name, value in row.labels.items() if name not in shared}
    labels = {name: value for name, value in labels.items() if name not in payload.common_labels} or labels
    name = next((name for name in SUBJECTS if name in labels), min(labels, default=""))
    return to_single_line(labels.get(name, ""), 120)
