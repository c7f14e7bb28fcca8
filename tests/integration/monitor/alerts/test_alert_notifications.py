"""What leaves the house is true when it is sent, and comes in order. The other side is a real HTTP server."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User, Workspace
from chat.models import Room
from monitor.alerts import actions, notifications, services
from monitor.alerts.models import Alert, Notice, Route
from monitor.metrics.models import Beat, BeatChange
from tests.integration.monitor.alerts.test_alert_integrations import Outside, outside, route, sent
from tests.support.alerts import CALM, MakeRule, Site, fire, make_rule, web
from tests.support.boards import Given
from tests.support.webhooks import alert, group, send

__all__ = ["make_rule", "outside", "route", "web"]
pytestmark = pytest.mark.django_db(transaction=True)


def titles(outside: Outside) -> list[str]:
    return [each["title"] for each in outside.told]


def test_what_is_over_before_it_could_be_sent_is_told_as_over(
    room: Room, web: Given, make_rule: MakeRule, route: Route, outside: Outside
) -> None:
    make_rule(channels_after=0).routes.add(route)
    outside.status = 500
    site = Site(web)
    fire(site)
    sent(site, timedelta(seconds=1))
    sent(site, timedelta(seconds=30))
    failed = len(outside.told)
    assert failed == 2
    web.readings = (CALM,)
    site.ticks(1)
    outside.status = 200
    for minutes in (1, 2, 5, 10, 20, 60):
        sent(site, timedelta(minutes=minutes))
    assert titles(outside)[failed:] == ["Resolved: Queue on web is growing"]
    assert not Notice.objects.filter(sent_at=None).exists()


def test_a_route_never_hears_of_an_older_state_after_a_newer_one(
    room: Room, web: Given, make_rule: MakeRule, route: Route, outside: Outside
) -> None:
    """Over and over again, while the other side fails every second time."""
    make_rule(channels_after=0, hold=0).routes.add(route)
    site = Site(web)
    busy = web.readings
    heard: list[str] = []
    for turn in range(6):
        web.readings = busy if turn % 2 == 0 else (CALM,)
        outside.status = 500 if turn % 3 == 1 else 200
        site.ticks(1)
        before = len(outside.told)
        sent(site, timedelta(minutes=turn))
        if outside.status == 200 and len(outside.told) > before:
            state = "over" if Alert.objects.get().ended_at else "firing"
            heard += ["over" if title.startswith("Resolved") else "firing" for title in titles(outside)[before:]]
            assert heard[-1] == state
    outside.status = 200
    sent(site, timedelta(hours=1))
    sent(site, timedelta(hours=2))
    assert titles(outside)[-1] == "Resolved: Queue on web is growing"
    assert Notice.objects.filter(sent_at=None).count() == 0


def test_what_waits_while_a_notice_is_on_its_way_is_sent_after_it(
    room: Room, web: Given, make_rule: MakeRule, route: Route, outside: Outside
) -> None:
    make_rule(channels_after=0).routes.add(route)
    site = Site(web)
    fire(site)
    site.rules.reminders.sender.end()
    now = timezone.now()
    Notice.objects.all().delete()
    notifications.queue_notices(Alert.objects.get(), [route])
    Notice.objects.update(claimed_at=now, due_at=now + notifications.LEASE)  # as if a thread were sending it
    web.readings = (CALM,)
    site.ticks(1)
    assert Notice.objects.count() == 2
    site.rules.reminders.begin()
    sent(site, timedelta(seconds=5))
    assert outside.told == []
    sent(site, notifications.LEASE + timedelta(seconds=5))  # that thread was lost
    sent(site, notifications.LEASE + timedelta(seconds=6))
    assert titles(outside) == ["Resolved: Queue on web is growing"]


def test_a_notice_says_where_how_bad_and_what_to_do(
    room: Room, web: Given, make_rule: MakeRule, route: Route, outside: Outside
) -> None:
    Workspace.objects.update_or_create(pk=1, defaults={"name": "Harbour"})
    Workspace.forget()
    make_rule(channels_after=0, severity="critical", runbook="https://example.com/queue").routes.add(route)
    site = Site(web)
    number = fire(site).pk
    sent(site, timedelta(seconds=1))
    (told,) = outside.told
    assert told["type"] == "failure"
    for line in (
        "Workspace: Harbour",
        "Severity: Critical",
        "Runbook: https://example.com/queue",
        f"/alerts/{number}/",
    ):
        assert line in told["message"]
    assert "Card: http://" in told["message"]
    Workspace.forget()


@pytest.mark.parametrize("may", [True, False])
def test_a_notice_of_a_job_has_its_exit_status_and_the_end_of_its_output(
    room: Room, make_rule: MakeRule, route: Route, outside: Outside, ada: User, may: bool
) -> None:
    from monitor.metrics.readings import Reading

    job = Beat.objects.create(key="backup", name="Nightly backup", digest="x", output="x" * 9_000 + "\nNo space left")
    job.room = room if may else None
    job.save()
    BeatChange.objects.create(beat=job, at=timezone.now(), state="down", why="exit 3")
    rule = make_rule(source="beats", series="*.up", comparison="<", threshold=1, hold=0, channels_after=0)
    rule.routes.add(route)
    if not may:
        rule.made_by = User.objects.get(handle="ben")
        rule.save()
    site = Site(Given("beats", Reading("backup.up", 0.0)))
    if not may:
        from monitor.metrics.models import Source

        Source.objects.filter(key="beats").update(room=room)
    site.ticks(1)
    sent(site, timedelta(seconds=1))
    if may:
        assert "Heartbeat Nightly backup: exit status 3" in outside.told[0]["message"]
        assert outside.told[0]["message"].endswith("No space left")
        assert len(outside.told[0]["message"]) < 2_500
    else:
        assert all("No space left" not in each["message"] for each in outside.told)


def test_who_was_told_that_it_is_over_is_told_when_it_fires_again(
    room: Room, ada: User, route: Route, outside: Outside, web: Given
) -> None:
    token = services.create_integration(ada, room, "Alertmanager")[1]
    send(group(alert(i="1")), token)
    notifications.queue_notices(Alert.objects.get(), [route])
    site = Site(web)
    sent(site, timedelta(seconds=1))
    actions.close_alert(ada, Alert.objects.get().pk)
    sent(site, timedelta(seconds=1))
    send(group(alert(i="1")), token)
    sent(site, timedelta(seconds=2))
    assert titles(outside) == ["DiskFull: 1", "Resolved: DiskFull: 1", "DiskFull: 1"]
