"""What the palette offers: each kind only to those who may open it, in one bounded answer."""

import json
import time
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from chat import palette, services
from chat.models import Room
from monitor.alerts.models import Alert
from monitor.checks.models import Check, CheckState
from monitor.dashboards.models import Dashboard
from tests.support.rooms import make_room

pytestmark = pytest.mark.django_db(transaction=True)

OF_ADMINS = {
    "Invite people", "New check", "New rule", "Screens", "Commands", "Run history", "Notification channels",
    "Integrations", "Edit the status page", "New scrape target", "New heartbeat", "New source that pushes values",
}  # fmt: skip


def ask(user: User) -> list[dict[str, Any]]:
    client = Client()
    client.force_login(user)
    answer = client.get("/palette/")
    assert answer.status_code == 200
    groups: list[dict[str, Any]] = json.loads(answer.content)
    return groups


def names(user: User, *kinds: str) -> set[str]:
    return {entry["name"] for group in ask(user) for entry in group["entries"] if not kinds or group["kind"] in kinds}


def test_a_visitor_gets_nothing() -> None:
    answer = Client().get("/palette/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_a_member_gets_what_is_in_their_rooms_and_no_more(ada: User, ben: User, cleo: User, room: Room) -> None:
    mine = make_room(cleo, name="of cleo alone")
    for place in (room, mine):
        services_alert(place)
        Check.objects.create(name=f"Check in {place.name}", slug=f"check-{place.pk}", room=place, target="x")
        Dashboard.objects.create(title=f"Board in {place.name}", key=f"board-{place.pk}", room=place, spec={})
    Check.objects.create(name="Check of admins", slug="admins", target="x")
    assert names(ben, "check") == {"Check in operations"}
    assert names(ben, "dashboard") == {"Board in operations"}
    assert names(ben, "alert") == {"Trouble in operations"}
    assert "Acknowledge Trouble in operations" in names(ben, "action")
    assert "Acknowledge Trouble in of cleo alone" not in names(ben)
    assert {"Check in operations", "Check of admins"} <= names(ada, "check")
    assert "Check in of cleo alone" not in names(ada), "an admin is no member of every room"


def services_alert(room: Room) -> None:
    from django.utils import timezone

    now = timezone.now()
    Alert.objects.create(room=room, key=f"test-{room.pk}", title=f"Trouble in {room.name}", began_at=now, told_at=now)


def test_rules_are_those_of_the_own_rooms(ada: User, ben: User, room: Room) -> None:
    from monitor.alerts.models import Rule

    other = make_room(ada, name="without ben")
    for place in (room, other):
        Rule.objects.create(title=f"Rule of {place.name}", series="cpu", threshold=1, room=place)
    assert {name for name in names(ben, "rule") if name.startswith("Rule of")} == {"Rule of operations"}


def test_pages_and_actions_of_admins_and_owners_are_theirs(ada: User, ben: User, dora: User, room: Room) -> None:
    assert not (OF_ADMINS | {"Workspace"}) & names(ben)
    assert names(ada) >= OF_ADMINS | {"Workspace"}
    ben.role = "admin"
    ben.save()
    assert names(ben) >= OF_ADMINS
    assert "Workspace" not in names(ben)


def test_everything_that_is_offered_as_a_page_opens(ada: User, ben: User, room: Room) -> None:
    for user in (ada, ben):
        client = Client()
        client.force_login(user)
        for group in ask(user):
            for entry in group["entries"]:
                if "fields" not in entry:
                    answer = client.get(entry["href"])
                    assert answer.status_code in {200, 302}, entry["href"]


def test_people_are_active_users_but_me(ada: User, ben: User, cleo: User) -> None:
    cleo.is_active = False
    cleo.save()
    assert names(ada, "person") == {"Ben"}


def test_an_open_room_can_be_joined_and_a_private_one_is_not_named(ada: User, ben: User) -> None:
    room = make_room(ada, kind="open", name="releases")
    make_room(ada, kind="private", name="salaries")
    assert {name for name in names(ben, "rare") if "Join" in name} == {"Join releases"}
    assert "salaries" not in json.dumps(ask(ben))
    entry = next(entry for group in ask(ben) for entry in group["entries"] if entry["name"] == "Join releases")
    client = Client()
    client.force_login(ben)
    client.post(entry["href"], entry["fields"])
    assert room.memberships.filter(user=ben, active=True).exists()


def test_what_is_down_says_so(ada: User, room: Room) -> None:
    Check.objects.create(name="Database", slug="database", room=room, target="db:5432", state=CheckState.DOWN)
    group = next(group for group in ask(ada) if group["kind"] == "check")
    assert group["label"] == "Check"
    assert {"name": "Database", "hint": "Down", "tone": "bad"}.items() <= group["entries"][0].items()


def test_the_answer_is_bounded_and_quick_in_a_large_workspace(ada: User) -> None:
    rooms = Room.objects.bulk_create([Room(name=f"room {number}") for number in range(1_000)])
    Check.objects.bulk_create(
        [
            Check(name=f"check {number}", slug=f"check-{number}", room=rooms[0], target="x" * 500)
            for number in range(600)
        ]
    )
    services.join_room(ada, rooms[0])
    begun = time.perf_counter()
    groups = {group["kind"]: group for group in ask(ada)}
    assert time.perf_counter() - begun < 2
    assert len(groups["check"]["entries"]) == palette.MAX_ENTRIES
    assert groups["check"]["search"] == "/checks/?q="
    assert len(groups["rare"]["entries"]) < palette.MAX_ENTRIES + 10
    assert len(json.dumps(groups)) < 500_000


def test_the_cost_does_not_grow_with_what_is_listed(ada: User, room: Room, django_assert_max_num_queries: Any) -> None:
    Check.objects.bulk_create(
        [Check(name=f"check {number}", slug=f"check-{number}", room=room, target="x") for number in range(50)]
    )
    for _each in range(5):
        services_alert(make_room(ada))
    client = Client()
    client.force_login(ada)
    with django_assert_max_num_queries(20):
        client.get("/palette/")
