"""The page of an alert: what happened to it, how it was the last time, and the switch of its rule."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from chat.models import Room
from monitor.alerts import actions, reminders, timeline
from monitor.alerts.lifecycle import lock_alert, update_alert_state
from monitor.alerts.models import Alert, AlertEvent, Instance, Notice, Route, Rule
from monitor.alerts.timeline import build_timeline, find_earlier
from tests.support.rooms import make_room

pytestmark = pytest.mark.django_db(transaction=True)

OpenAlert = Callable[..., Alert]


@pytest.fixture
def rule(room: Room) -> Rule:
    return Rule.objects.create(room=room, title="Queue grows", source="web", series="queue", threshold=10, hold=90)


@pytest.fixture
def open_alert(rule: Rule) -> OpenAlert:
    def opened(hours: float = 0, **more: Any) -> Alert:
        at = timezone.now() - timedelta(hours=hours)
        known = {"room": rule.room, "rule": rule, "key": f"rule.{rule.pk}", "title": rule.title, "severity": "warning"}
        alert = Alert.objects.create(**{**known, "began_at": at, "told_at": at, **more})
        t = int(at.timestamp())
        Instance.objects.create(rule=rule, alert=alert, name="web queue", phase="firing", since=t, fired_at=t, value=41)
        return alert

    return opened


def end(alert: Alert, minutes: int) -> None:
    with lock_alert(alert.pk) as locked:
        now = locked.began_at + timedelta(minutes=minutes)
        locked.instances.update(ended_at=int(now.timestamp()), phase="ok")
        update_alert_state(locked, False, now)


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def texts(alert: Alert, user: User) -> list[str]:
    return [entry.text for entry in build_timeline(alert, user)]


def test_every_change_of_an_alert_is_in_its_timeline(open_alert: OpenAlert, ada: User, ben: User) -> None:
    alert = open_alert(1)
    actions.acknowledge_alert(ben, alert.pk, 30, "restarting it")
    actions.acknowledge_alert(ada, alert.pk, 30)
    actions.unacknowledge_alert(ada, alert.pk)
    actions.silence_alert(ben, alert.pk, 60)
    actions.unsilence_alert(ada, alert.pk)
    actions.close_alert(ben, alert.pk)
    assert texts(alert, ben) == [
        "Ben closed it",
        "Ada Lovelace ended the silence",
        "Ben silenced it",
        "Ada Lovelace unacknowledged it",
        "Ada Lovelace acknowledged it",
        "Ben acknowledged it",
        "Fired",
    ]
    acknowledged = build_timeline(alert, ben)[-2]
    assert (acknowledged.words, acknowledged.tone) == ("restarting it", "warn")
    assert acknowledged.until


def test_what_happens_by_itself_is_there_too(open_alert: OpenAlert, ben: User) -> None:
    alert = open_alert(1)
    actions.acknowledge_alert(ben, alert.pk, 1)
    alert.refresh_from_db()
    reminders.end_acknowledgement(alert, timezone.now() + timedelta(minutes=2))
    alert.refresh_from_db()
    timeline.record_escalation(alert, timezone.now() + timedelta(minutes=3), "@ben")
    with lock_alert(alert.pk) as locked:
        update_alert_state(locked, False, timezone.now() + timedelta(minutes=4))
    with lock_alert(alert.pk) as locked:
        update_alert_state(locked, True, timezone.now() + timedelta(minutes=5))
    newest = ["Fired again", "Recovered", "Escalated to @ben", "The acknowledgement expired"]
    assert texts(alert, ben)[:4] == newest


def test_several_series_are_named(open_alert: OpenAlert, rule: Rule, ben: User) -> None:
    alert = open_alert()
    t = int(alert.began_at.timestamp()) + 60
    more = {"phase": "ok", "since": t, "fired_at": t, "ended_at": t + 60}
    Instance.objects.create(rule=rule, alert=alert, name="mail queue", **more)
    assert texts(alert, ben)[:2] == ["mail queue is back to normal", "mail queue fired"]


def test_channels_are_named_for_admins_alone(open_alert: OpenAlert, ada: User, ben: User) -> None:
    alert, route = open_alert(), Route.objects.create(name="Pager")
    Notice.objects.create(route=route, alert=alert, title="", body="", kind="info", sent_at=timezone.now())
    assert texts(alert, ada)[0] == "Notified through Pager"
    assert texts(alert, ben)[0] == "A notification was sent"


def test_a_page_without_change_stores_nothing(open_alert: OpenAlert) -> None:
    alert = open_alert()
    with lock_alert(alert.pk) as locked:
        update_alert_state(locked, True, timezone.now())
    assert not AlertEvent.objects.exists()


def test_the_last_time_is_that_of_the_same_rule(open_alert: OpenAlert, rule: Rule, ben: User) -> None:
    for hours, minutes in ((24 * 60, 50), (30, 10), (20, 2), (10, 4)):
        end(open_alert(hours, acked_by=ben, acked_words="php-fpm was out of workers"), minutes)
    end(open_alert(5, key="rule.0"), 9)
    alert = open_alert()
    earlier = find_earlier(alert)
    assert earlier
    assert (earlier.lasted, earlier.number, earlier.typical) == (240, 3, 240)  # the oldest is two months old
    page = browser(ben).get(f"/alerts/{alert.pk}/").content.decode()
    assert "lasted 4 min" in page
    assert "acknowledged by Ben" in page
    assert "“php-fpm was out of workers”" in page
    assert "3 times in 30 days, typically for 4 min." in page
    first = Alert.objects.earliest("began_at")
    assert find_earlier(first) is None


def test_an_alert_is_a_page_for_the_members_of_its_room(
    open_alert: OpenAlert, rule: Rule, ada: User, ben: User, cleo: User
) -> None:
    Rule.objects.update(runbook="Look **here**.")
    alert = open_alert()
    page = browser(ben).get(f"/alerts/{alert.pk}/").content.decode()
    assert "<h1" in page
    assert "Queue grows" in page
    assert "Look <strong>here</strong>." in page
    assert '<details class="alert-silence" >' in page
    assert '<details class="alert-silence" open>' in browser(ben).get(f"/alerts/{alert.pk}/?silence").content.decode()
    assert browser(cleo).get(f"/alerts/{alert.pk}/").status_code == 404
    Rule.objects.update(room=make_room(ada, name="elsewhere"))
    assert "Look" not in browser(ben).get(f"/alerts/{alert.pk}/").content.decode()
    answer = browser(ben).post(f"/alerts/{alert.pk}/answer/", {"do": "silence", "minutes": "60", "stay": "1"})
    assert answer.headers["Location"] == f"/alerts/{alert.pk}/"
    alert.refresh_from_db()
    assert alert.state == "silenced"
    browser(ben).post(f"/alerts/{alert.pk}/answer/", {"do": "unsilence"})
    alert.refresh_from_db()
    assert alert.state == "firing"


def test_the_list_is_chosen_by_severity_room_and_age(open_alert: OpenAlert, rule: Rule, room: Room, ben: User) -> None:
    end(open_alert(50, title="Last week"), 5)
    end(open_alert(2, title="This morning"), 5)
    open_alert()
    page = browser(ben).get("/alerts/").content.decode()
    assert re.search("Queue grows.*This morning", page, re.DOTALL)
    assert "Last week" not in page
    assert "Last week" in browser(ben).get("/alerts/?past=all").content.decode()
    assert "Queue grows" not in browser(ben).get("/alerts/?severity=critical").content.decode()
    assert "Queue grows" in browser(ben).get(f"/alerts/?severity=warning&room={room.pk}").content.decode()
    assert "Queue grows" not in browser(ben).get("/alerts/?room=999999").content.decode()
    assert browser(ben).get("/alerts/?severity=x&room=x&past=x").status_code == 200


def test_a_rule_is_switched_in_the_list(open_alert: OpenAlert, rule: Rule, ada: User, ben: User, cleo: User) -> None:
    open_alert()
    path = f"/alerts/rules/{rule.pk}/enabled/"
    assert browser(cleo).post(path, {"enabled": "no"}).status_code == 404
    browser(ben).post(path, {"enabled": "no"})
    rule.refresh_from_db()
    assert rule.enabled
    assert browser(ada).post(path, {"enabled": "no"}).headers["Location"] == "/alerts/rules/"
    rule.refresh_from_db()
    assert not rule.enabled
    assert Alert.objects.get().state == "resolved"
    answer = browser(ada).post(path, {"enabled": "yes"}, headers={"Accept": "application/json"})
    assert answer.json() == {}
    rule.refresh_from_db()
    assert rule.enabled


def test_the_list_of_rules_says_when_each_fired_last_and_is_searched(open_alert: OpenAlert, ben: User) -> None:
    page = " ".join(browser(ben).get("/alerts/rules/").content.decode().split())
    assert "never" in page
    assert "queue above 10 for 1 min 30 s" in page
    alert = open_alert(3)
    page = browser(ben).get("/alerts/rules/?q=grows+web").content.decode()
    assert alert.began_at.strftime('<time datetime="%Y-%m-%dT%H:%M:%SZ" data-form="moment">') in page
    assert "Queue grows" not in browser(ben).get("/alerts/rules/?q=disk").content.decode()
