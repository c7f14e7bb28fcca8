"""Escalation: who is called when nobody acknowledges, and what the timeline says of it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from chat.models import Membership, Room
from monitor.alerts import actions
from monitor.alerts.models import Alert
from monitor.alerts.timeline import build_timeline
from monitor.oncall import delivery
from monitor.oncall.models import Call
from tests.support.alerts import MakeRule, Site, fire, make_rule, said, web
from tests.support.boards import Given
from tests.support.oncall import make_schedule
from tests.support.rooms import make_room

__all__ = ["make_rule", "web"]

# Without Redis nobody counts as offline.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_redis")]

MINUTE = 60


@pytest.fixture
def firing(make_rule: MakeRule, web: Given) -> Site:
    make_rule(repeat_every=0)
    site = Site(web)
    fire(site)
    Alert.objects.update(began_at=timezone.now())
    return site


def add_step(minutes: int, **target: Any) -> None:
    rule = Alert.objects.get().rule
    assert rule
    rule.steps.create(after=minutes * MINUTE, **target)


def tend(site: Site, *minutes: int) -> None:
    for minute in minutes:
        site.tend(timedelta(minutes=minute))


def story(user: User) -> list[str]:
    return [entry.text for entry in reversed(build_timeline(Alert.objects.get(), user))]


def called() -> list[User]:
    return [call.user for call in Call.objects.filter(ended_at=None).order_by("pk")]


def test_each_step_is_taken_once_after_its_time(firing: Site, room: Room, ada: User, ben: User) -> None:
    add_step(5, schedule=make_schedule(room, ben))
    add_step(15, user=ada)
    tend(firing, 4)
    assert (said(room), called()) == ([], [])
    tend(firing, 5, 6, 14)
    assert said(room) == ["@ben: not acknowledged for 5 min: Queue on web is growing."]
    assert called() == [ben]
    tend(firing, 15, 16, 60)
    assert said(room)[1:] == ["@ada.lovelace: not acknowledged for 15 min: Queue on web is growing."]
    assert called() == [ben, ada]
    assert story(ada)[1:] == ["Escalated to Primary: @ben", "Escalated to @ada.lovelace"]


def test_a_step_that_is_taken_at_once_names_no_time(firing: Site, room: Room, ben: User) -> None:
    add_step(0, schedule=make_schedule(room, ben))
    tend(firing, 0)
    assert said(room) == ["@ben: Queue on web is growing."]


def test_a_room_is_told_with_a_link_to_the_alert(firing: Site, room: Room, ada: User, ben: User) -> None:
    other = make_room(ada, ben, name="managers")
    add_step(5, room=other)
    tend(firing, 5, 6)
    (text,) = said(other)
    assert text.startswith("Not acknowledged for 5 min: Queue on web is growing. http")
    assert text.endswith(f"/alerts/{Alert.objects.get().pk}/")
    assert story(ada)[-1] == "Escalated to #managers"


def test_a_step_that_reaches_nobody_says_so_and_the_next_follows_at_once(
    firing: Site, room: Room, ada: User, ben: User, cleo: User, dora: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = make_schedule(room, name="Empty")
    gone = make_room(ada, name="gone")
    Room.objects.filter(pk=gone.pk).update(archived_at=timezone.now())
    Membership.objects.create(room=room, user=dora, active=True)
    User.objects.filter(pk=dora.pk).update(is_active=False)
    monkeypatch.setattr(delivery, "get_online_users", lambda: {ada.pk})
    add_step(5, schedule=nobody)
    add_step(10, user=dora)
    add_step(20, user=cleo)
    add_step(30, user=ben)
    add_step(40, room=gone)
    add_step(50)  # of a schedule that was removed
    add_step(60, user=ada)
    add_step(70, user=ada)
    tend(firing, 5)
    assert story(ada)[1:] == [
        "A step reached nobody: nobody is on call for Empty",
        "A step reached nobody: Dora is deactivated",
        f"A step reached nobody: Cleo is not a member of #{room.name}",
        "A step reached nobody: Ben is offline, and nothing else reaches them",
        "A step reached nobody: #gone is archived",
        "A step reached nobody: it was removed",
        "Escalated to @ada.lovelace",
    ]
    assert called() == [ada]
    tend(firing, 6, 69)
    assert len(said(room)) == 1
    tend(firing, 70)
    assert len(said(room)) == 2


def test_who_is_offline_but_has_mail_is_reached(
    firing: Site, room: Room, ben: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EMAIL_HOST = "mail.example.com"
    monkeypatch.setattr(delivery, "get_online_users", set)
    add_step(5, user=ben)
    tend(firing, 5)
    assert called() == [ben]


@pytest.mark.parametrize("action", [actions.acknowledge_alert, actions.silence_alert])
def test_acknowledging_or_silencing_stops_the_steps_and_the_calls(
    firing: Site, room: Room, ada: User, ben: User, action: Any
) -> None:
    add_step(5, user=ben)
    add_step(10, user=ada)
    tend(firing, 5)
    action(ada, Alert.objects.get().pk, 600)
    assert called() == []
    tend(firing, 10, 60)
    assert len(said(room)) == 1


def test_steps_begin_again_when_an_acknowledgement_ends(firing: Site, room: Room, ada: User, ben: User) -> None:
    add_step(5, user=ben)
    tend(firing, 5)
    number = Alert.objects.get().pk
    actions.acknowledge_alert(ada, number, 60)
    actions.unacknowledge_alert(ada, number)
    tend(firing, 4)
    assert len(said(room)) == 1
    tend(firing, 6)
    assert len(said(room)) == 2
    assert called() == [ben]


def test_the_end_of_an_alert_ends_its_calls(firing: Site, ben: User) -> None:
    add_step(5, user=ben)
    tend(firing, 5)
    actions.close_alert(ben, Alert.objects.get().pk)
    assert called() == []
    tend(firing, 20)
    assert called() == []
