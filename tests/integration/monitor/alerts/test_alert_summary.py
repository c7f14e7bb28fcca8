"""The daily mail names the alerts of the rooms of its reader."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from chat.models import Room
from monitor.alerts.models import Alert
from monitor.alerts.summary import MAX_ALERTS, make_alert_section
from tests.support.rooms import make_room

pytestmark = pytest.mark.django_db


def raise_alert(room: Room, title: str, hours: float, lasting: float | None = None) -> None:
    now = timezone.now()
    began_at = now - timedelta(hours=hours)
    ended_at = None if lasting is None else began_at + timedelta(hours=lasting)
    Alert.objects.create(room=room, key=title, title=title, began_at=began_at, ended_at=ended_at, told_at=now)


def test_open_alerts_and_those_of_the_day_are_named(room: Room, ada: User, ben: User, cleo: User) -> None:
    raise_alert(room, "Disk", 72)
    raise_alert(room, "Web", 5, 0.5)
    raise_alert(room, "Old", 72, 1)
    raise_alert(make_room(ada), "Of others", 1)
    since = timezone.now() - timedelta(days=1)
    section = make_alert_section(ben, since)
    assert section
    assert [item.text for item in section.items] == ["Disk, open for 3 d", "Web, over after 30 min"]
    assert make_alert_section(cleo, since) is None


def test_many_alerts_make_a_short_list(room: Room, ben: User) -> None:
    for number in range(MAX_ALERTS + 1):
        raise_alert(room, f"Alert {number}", 1)
    section = make_alert_section(ben, timezone.now())
    assert section
    assert (len(section.items), section.more) == (MAX_ALERTS, "And more.")
