"""Alerts of other programs, as they send them: Alertmanager's webhook (version 4) and Grafana's, which is its like.

Those of one group are one card in the integration's room; each alert in it is known by its fingerprint.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

import msgspec
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from monitor.alerts import book, silences
from monitor.alerts.state import Phase
from monitor.models import Alert, Instance, Integration, Severity
from realtime.protocol import Refused

LARGEST = 512 * 1024  # bytes
MOST = 500  # alerts at once
SEVERITIES = {
    "critical": Severity.CRITICAL,
    "error": Severity.CRITICAL,
    "page": Severity.CRITICAL,
    "high": Severity.CRITICAL,
    "info": Severity.INFO,
    "low": Severity.INFO,
}


class Told(msgspec.Struct, rename="camel"):
    """One alert in a body."""

    status: str = "firing"
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    starts_at: str = ""
    fingerprint: str = ""
    generator: str = msgspec.field(name="generatorURL", default="")
    dashboard: str = msgspec.field(name="dashboardURL", default="")
    panel: str = msgspec.field(name="panelURL", default="")


class Body(msgspec.Struct, rename="camel"):
    alerts: list[Told]
    status: str = "firing"
    group_key: str = ""
    version: str = ""
    title: str = ""  # Grafana
    group_labels: dict[str, str] = {}
    common_labels: dict[str, str] = {}
    common_annotations: dict[str, str] = {}
    external: str = msgspec.field(name="externalURL", default="")


decoder = msgspec.json.Decoder(Body)


def read(body: bytes) -> Body:
    if len(body) > LARGEST:
        raise Refused("too_long", f"A body has at most {LARGEST} bytes.")
    try:
        found = decoder.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise Refused("malformed", f"This is no webhook of Alertmanager or Grafana: {error}.") from None
    if found.version not in {"", "1", "4"}:
        raise Refused("malformed", f"Version {found.version!r} is not known here; 4 and Grafana's 1 are.")
    if len(found.alerts) > MOST:
        raise Refused("too_long", f"A body has at most {MOST} alerts.")
    return found


@transaction.atomic
def take(integration: Integration, body: Body) -> None:
    now = timezone.now()
    Integration.objects.filter(pk=integration.pk).update(received=F("received") + len(body.alerts), last_at=now)
    alert = Alert.objects.select_for_update().filter(key=key_of(integration, body), ended_at=None).first()
    firing = [each for each in body.alerts if each.status == "firing"]
    if alert is None and not firing:
        return
    fresh = alert is None
    if alert is None:
        alert = opened(integration, body, firing, now)
    write(alert, body.alerts, now)
    if fresh:
        name = alert.title
        alert.silenced_until = silences.quiet_until(silences.current(now), alert.room_id, None, name, now)
    book.judge(alert, alert.instances.filter(ended_at=None).exists(), now)
    if fresh and not alert.silenced_until:
        alert.save()
        book.post(alert)
    else:
        book.show(alert)


def key_of(integration: Integration, body: Body) -> str:
    group = body.group_key or " ".join(sorted(each.fingerprint for each in body.alerts))
    return f"integration.{integration.pk}.{sha256(group.encode()).hexdigest()[:32]}"


def opened(integration: Integration, body: Body, firing: Sequence[Told], now: datetime) -> Alert:
    first = firing[0]
    title = body.common_annotations.get("summary") or body.common_labels.get("alertname") or body.title
    severity = body.common_labels.get("severity") or first.labels.get("severity", "")
    alert = Alert(
        integration=integration,
        room=integration.room,
        key=key_of(integration, body),
        title=line(title or first.labels.get("alertname") or integration.name, 120),
        severity=SEVERITIES.get(severity.lower(), Severity.WARNING),
        link=address(first.panel, first.dashboard, first.generator, body.external),
        runbook=address(body.common_annotations.get("runbook_url", ""), first.annotations.get("runbook_url", "")),
        began_at=now,
        told_at=now,
    )
    alert.save()
    return alert


def write(alert: Alert, told: Sequence[Told], now: datetime) -> None:
    known = {each.name: each for each in alert.instances.filter(ended_at=None)}
    for each in told:
        name = name_of(each)
        row = known.get(name)
        if each.status != "firing":
            if row:
                row.phase, row.ended_at = str(Phase.OK), int(now.timestamp())
                row.save()
            continue
        row = row or Instance(alert=alert, name=name, since=since(each, now), fired_at=int(now.timestamp()))
        row.phase, row.words = str(Phase.FIRING), words_of(each)
        row.save()
        known[name] = row


def name_of(told: Told) -> str:
    """What tells it from its likes, for people; the fingerprint for the rest."""
    labels = {name: value for name, value in told.labels.items() if name not in {"alertname", "severity"}}
    named = " ".join(f"{name}={value}" for name, value in sorted(labels.items()))
    return line(f"{told.labels.get('alertname', '')} {named}".strip() or told.fingerprint or "alert", 180) + (
        f" #{told.fingerprint[:8]}" if told.fingerprint and len(named) > 120 else ""
    )


def words_of(told: Told) -> str:
    said = told.annotations.get("description") or told.annotations.get("summary") or told.annotations.get("message")
    return line(said or name_of(told), 300)


def since(told: Told, now: datetime) -> int:
    try:
        return min(int(datetime.fromisoformat(told.starts_at).timestamp()), int(now.timestamp()))
    except (ValueError, OverflowError):
        return int(now.timestamp())


def line(text: str, most: int) -> str:
    clean = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return clean if len(clean) <= most else clean[: most - 1] + "…"


def address(*found: str) -> str:
    return next((each for each in found if each.startswith(("https://", "http://")) and len(each) <= 500), "")
