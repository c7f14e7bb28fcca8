"""The counts of the sidebar: what fires and what is down, for those who may see it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from chat.models import Room
from monitor.alerts.evaluation import AlertState
from monitor.alerts.models import Alert, Severity
from monitor.checks.models import Check, CheckState
from monitor.metrics.models import Lease
from realtime.database import in_thread
from realtime.hub import Hub
from tests.conftest import Connect
from tests.support.wire import Tab

pytestmark = pytest.mark.django_db(transaction=True)


def fire(room: Room, severity: Severity = Severity.WARNING) -> Alert:
    now = timezone.now()
    key = f"test.{Alert.objects.count()}"
    return Alert.objects.create(room=room, key=key, title="Disk", severity=severity, began_at=now, told_at=now)


async def counts(tab: Tab) -> dict[str, int]:
    snapshot: dict[str, int] = (await tab.ok("subscribe", stream="watching"))["snapshot"]
    return snapshot


async def test_a_member_gets_the_counts_of_their_rooms(connect: Connect, room: Room, ada: User, ben: User) -> None:
    other = await in_thread(Room.objects.create, name="elsewhere", kind=Room.Kind.PRIVATE)
    await in_thread(fire, room, Severity.CRITICAL)
    await in_thread(fire, room)
    await in_thread(fire, other)
    assert await counts(await connect(ben)) == {"firing": 2, "critical": 1}


async def test_checks_without_a_room_count_for_admins_only(connect: Connect, room: Room, ada: User, ben: User) -> None:
    await in_thread(lambda: Check.objects.create(name="Shop", slug="shop", kind="tcp", state=CheckState.DOWN))
    assert await counts(await connect(ada)) == {"down": 1}
    assert await counts(await connect(ben)) == {}


async def test_a_change_reaches_open_pages(connect: Connect, hub: Hub, room: Room, ben: User) -> None:
    tab = await connect(ben)
    assert await counts(tab) == {}
    alert = await in_thread(fire, room, Severity.CRITICAL)
    await hub.housekeeping.run_each_second()
    await tab.until(lambda: tab.data("watching", "counts")[-1:] == [{"firing": 1, "critical": 1}], "it fires")
    await in_thread(Alert.objects.filter(pk=alert.pk).update, state=AlertState.ACKNOWLEDGED)
    await hub.housekeeping.run_each_second()
    await tab.until(lambda: tab.data("watching", "counts")[-1:] == [{}], "somebody works on it")


async def test_pages_hear_since_when_no_collector_measures_and_that_one_does(
    connect: Connect, hub: Hub, room: Room, ben: User
) -> None:
    old = timezone.now() - timedelta(minutes=5)
    lease = await in_thread(Lease.objects.create, name="collector", until=old, measured_at=old)
    tab = await connect(ben)
    assert await counts(tab) == {"unmeasured_since": int(old.timestamp())}
    lease.measured_at = timezone.now()
    await in_thread(lease.save)
    await hub.housekeeping.run_each_second()
    await tab.until(lambda: tab.data("watching", "counts")[-1:] == [{}], "it measures again")
