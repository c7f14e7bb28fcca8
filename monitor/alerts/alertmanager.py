"""Parses webhooks of Alertmanager, both formats of Grafana, and alert lists of Prometheus.

The parser is lenient: it treats a field of the wrong type as missing. It rejects a body without JSON or without alerts.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from monitor.alerts.models import Severity
from myweb.errors import Refused

MAX_BYTES = 2_000_000  # nginx and uWSGI accept 2 MiB, so the error message can explain the limit
MAX_ALERTS = 5_000  # alerts read from one body
MAX_LABELS = 64
MAX_TEXT = 1_000
EPOCH_2000 = 946_684_800  # earlier values are no times: Go writes the year 1 for "never"
SEVERITIES = dict.fromkeys(("critical", "error", "page", "high", "fatal", "emergency", "disaster"), Severity.CRITICAL)
SEVERITIES |= dict.fromkeys(("info", "information", "low", "none", "debug"), Severity.INFO)
ENDED = {"resolved", "ok", "normal", "inactive"}
SUBJECTS = ("instance", "host", "hostname", "node", "pod", "container", "device", "service", "job")


class IncomingAlert(NamedTuple):
    """One alert of a webhook."""

    fingerprint: str
    status: str
    labels: dict[str, str]
    annotations: dict[str, str]
    starts_at: int | None  # seconds since 1970
    ends_at: int | None
    links: list[str]  # best link first

    def fires(self, t: int) -> bool:
        return self.status not in ENDED and (self.ends_at is None or self.ends_at > t)

    @property
    def severity(self) -> Severity:
        return SEVERITIES.get(self.labels.get("severity", "").lower(), Severity.WARNING)


class Payload(NamedTuple):
    group: str
    status: str
    rows: list[IncomingAlert]
    truncated: int | None  # alerts that the sender left out; None: unknown
    title: str
    group_labels: dict[str, str]
    common_labels: dict[str, str]
    common_annotations: dict[str, str]
    link: str

    @property
    def is_complete(self) -> bool:
        """The body holds every alert of the group, so all others have ended."""
        return self.truncated == 0

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED


def parse_payload(body: bytes) -> Payload:
    try:
        data = msgspec.json.decode(body.decode("utf-8-sig", "replace"))
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Refused("malformed", f"The body is not valid JSON: {error}.") from None
    if isinstance(data, list):
        data = {"alerts": data}
    if not isinstance(data, dict):
        raise Refused("malformed", "The body is not a webhook of Alertmanager or Grafana.")
    version = to_text(data.get("version"))
    if version not in {"", "1", "2", "3", "4"}:
        raise Refused("malformed", f"Version {version[:20]!r} of the webhook is unknown; 4 and Grafana's 1 are known.")
    alerts = data.get("alerts")
    if alerts is None and ("ruleName" in data or "ruleId" in data):
        return parse_legacy_grafana(data)
    if not isinstance(alerts, list):
        raise Refused("malformed", "The body has no list of alerts.")
    return parse_group(data, alerts)


def parse_group(data: dict[str, Any], alerts: list[Any]) -> Payload:
    common_labels, group_labels = to_mapping(data.get("commonLabels")), to_mapping(data.get("groupLabels"))
    status = to_text(data.get("status")).lower()
    rows = [parse_row(alert, status) for alert in alerts[:MAX_ALERTS] if isinstance(alert, dict)]
    truncated = to_count(data.get("truncatedAlerts"))
    if len(alerts) > MAX_ALERTS:
        truncated = (truncated or 0) + len(alerts) - MAX_ALERTS
    name = common_labels.get("alertname") or next((row.labels.get("alertname", "") for row in rows), "")
    return Payload(
        group=to_text(data.get("groupKey")) or join_labels(group_labels) or name,
        status=status,
        rows=rows,
        truncated=truncated,
        title=to_text(data.get("title")),
        group_labels=group_labels,
        common_labels=common_labels,
        common_annotations=to_mapping(data.get("commonAnnotations")),
        link=to_text(data.get("externalURL")),
    )


def parse_row(alert: dict[str, Any], status_of_group: str) -> IncomingAlert:
    labels = to_mapping(alert.get("labels"))
    return IncomingAlert(
        fingerprint=to_text(alert.get("fingerprint"))[:64] or digest_labels(labels),
        status=(to_text(alert.get("status")) or status_of_group).lower(),
        labels=labels,
        annotations=to_mapping(alert.get("annotations")),
        starts_at=to_seconds(alert.get("startsAt")),
        ends_at=to_seconds(alert.get("endsAt")),
        links=[to_text(alert.get(name)) for name in ("panelURL", "dashboardURL", "generatorURL")],
    )


def parse_legacy_grafana(data: dict[str, Any]) -> Payload:
    """Parses the format before Grafana 9: one rule in each body, its state in ``state``."""
    name = to_text(data.get("ruleName")) or to_text(data.get("title"))
    status = to_text(data.get("state")).lower()
    labels = to_mapping(data.get("tags")) | {"alertname": name}
    annotations = {"summary": name, "description": to_text(data.get("message"))}
    rule = to_text(data.get("ruleId")) or name
    row = IncomingAlert(f"rule {rule}"[:64], status, labels, annotations, None, None, [to_text(data.get("ruleUrl"))])
    paused = status in {"paused", "pending"}
    ended = "ok" if paused else status
    return Payload(f"rule {rule}", ended, [row._replace(status=ended)], 0, name, {}, labels, annotations, "")


def to_text(value: Any) -> str:
    if isinstance(value, str):
        return value[: 2 * MAX_TEXT]
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.15g}" if isinstance(value, int | float) and abs(value) < 1e300 else ""


def to_mapping(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    pairs = list(value.items())[:MAX_LABELS]
    return {str(name)[:MAX_TEXT]: text for name, item in pairs if (text := to_text(item))}


def to_count(value: Any) -> int | None:
    text = to_text(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def to_seconds(value: Any) -> int | None:
    """Converts ISO 8601 text or a Unix time in seconds or milliseconds. Returns None for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = value / 1000 if value > 1e11 else value
        return int(seconds) if EPOCH_2000 < seconds < 1e11 else None
    try:
        moment = datetime.fromisoformat(to_text(value))
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return int(seconds) if seconds > EPOCH_2000 else None


def join_labels(labels: dict[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in sorted(labels.items()))


def digest_labels(labels: dict[str, str]) -> str:
    return sha256(repr(sorted(labels.items())).encode("utf-8", "replace")).hexdigest()[:32]


def to_single_line(text: str, length: int) -> str:
    clean = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return clean if len(clean) <= length else clean[: length - 1] + "…"


def find_first_url(addresses: Iterable[str]) -> str:
    urls = (address for address in addresses if address.startswith(("https://", "http://")) and len(address) <= 500)
    return next((url for url in urls if url.isprintable() and " " not in url), "")
