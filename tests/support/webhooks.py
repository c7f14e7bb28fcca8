"""Bodies as other programs send them, and an integration that takes them."""

from typing import Any

from django.test import Client


def alert(*, status: str = "firing", fingerprint: str = "", severity: str = "warning", **labels: str) -> dict[str, Any]:
    labels = {"alertname": "DiskFull", "severity": severity} | labels
    ends = "2026-11-24T10:00:00Z" if status == "resolved" else "0001-01-01T00:00:00Z"
    row = {"status": status, "labels": labels, "annotations": {}, "startsAt": "2026-11-24T09:31:00Z", "endsAt": ends}
    return row | ({"fingerprint": fingerprint} if fingerprint else {})


def group(*alerts: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """As Alertmanager writes it: a list of a group's alerts that is complete, unless ``truncatedAlerts`` says more."""
    firing = any(each.get("status") == "firing" for each in alerts)
    body = {"version": "4", "groupKey": "g", "truncatedAlerts": 0, "status": "firing" if firing else "resolved"}
    return body | {"alerts": list(alerts)} | fields


def send(body: Any, token: str = "", *, slash: str = "/", **headers: str) -> Any:
    path = f"/api/alerts/{token}{slash}" if token else f"/api/alerts{slash}"
    return Client(enforce_csrf_checks=True).post(path, body, content_type="application/json", headers=headers)
