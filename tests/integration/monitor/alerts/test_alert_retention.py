"""Ended alerts are deleted after their retention."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chat.models import Room
from monitor.alerts.models import Alert
from monitor.alerts.retention import ALERT_RETENTION, delete_old_alerts

pytestmark = pytest.mark.django_db


def test_alerts_are_deleted_after_their_retention_and_open_ones_never(room: Room) -> None:
    now = timezone.now()
    began = now - 2 * ALERT_RETENTION
    ends = {"old": now - ALERT_RETENTION - timedelta(minutes=1), "recent": now - ALERT_RETENTION, "open": None}
    for key, ended_at in ends.items():
        Alert.objects.create(room=room, key=key, title=key, began_at=began, told_at=began, ended_at=ended_at)
    delete_old_alerts(now)
    assert {alert.key for alert in Alert.objects.all()} == {"recent", "open"}
