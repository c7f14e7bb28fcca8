"""The pages of dashboards that people make, and of links for walls: who gets them, and what they answer."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from chat.models import Room
from monitor.dashboards import services
from monitor.dashboards.models import Dashboard, Wall
from monitor.dashboards.ranges import RANGES
from monitor.dashboards.spec import load_spec, parse_spec
from realtime.guests import guest_cookie_name
from tests.support.boards import make_source, make_spec
from tests.support.rooms import make_room

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(room: Room, ada: User) -> Dashboard:
    make_source("host", "cpu.busy", room=room)
    make_source("redis", "memory")
    return services.create_dashboard(ada, make_spec(), room)


@pytest.fixture
def wall(made: Dashboard, ada: User) -> Wall:
    return services.create_wall(ada, "Kitchen", [made.key], 30)


def browser(person: User | None = None) -> Client:
    client = Client()
    if person:
        client.force_login(person)
    return client


def send(client: Client, path: str, body: Any) -> Any:
    return client.post(path, json.dumps(body), content_type="application/json")


def spec(title: str = "Overview", *series: str) -> dict[str, Any]:
    return {"title": title, "panels": [{"title": "P", "series": list(series)}]}


PAGES = ["dashboard", "dashboard_edit", "dashboard_versions", "dashboard_export"]


@pytest.mark.parametrize("name", PAGES)
def test_its_pages_are_for_the_members_of_its_room(
    made: Dashboard, name: str, ben: User, cleo: User, dora: User
) -> None:
    path = reverse(name, args=[made.key])
    assert browser(ben).get(path).status_code == 200
    for stranger in (cleo, dora):
        assert browser(stranger).get(path).status_code == 404
    assert browser().get(path).status_code == 302


@pytest.mark.parametrize("name", ["dashboard_edit", "dashboard_restore", "dashboard_delete", "dashboard_room"])
def test_a_stranger_changes_nothing(made: Dashboard, name: str, cleo: User) -> None:
    body = {"spec": spec("Mine"), "base": 1}
    assert send(browser(cleo), reverse(name, args=[made.key]), body).status_code == 404
    made.refresh_from_db()
    assert (made.title, made.version) == ("Overview", 1)


def test_an_automatic_one_is_copied_only_by_those_who_see_it(made: Dashboard, ben: User, cleo: User) -> None:
    path = f"{reverse('dashboard_new')}?from=host"
    assert b"host.cpu.busy" in browser(ben).get(path).content
    assert browser(cleo).get(path).status_code == 404


def test_one_is_made_for_a_room_of_ones_own(made: Dashboard, room: Room, ben: User, cleo: User) -> None:
    path, body = reverse("dashboard_new"), {"spec": spec("Ben's", "host.cpu.busy"), "room": room.pk}
    answer = send(browser(ben), path, body)
    assert answer.status_code == 200
    assert Dashboard.objects.get(title="Ben's").room == room
    assert send(browser(cleo), path, body).status_code == 404
    foreign = send(browser(ben), path, {"spec": spec("Ben's", "redis.memory"), "room": room.pk})
    assert (foreign.status_code, foreign.json()["error"]["code"]) == (403, "forbidden")


def test_what_is_wrong_is_said_as_json(made: Dashboard, ada: User) -> None:
    path = reverse("dashboard_edit", args=[made.key])
    wrong: list[Any] = [
        {"spec": spec(""), "base": 1},
        {"spec": []},
        {"base": 1},
        {"spec": spec("X"), "base": "one"},
        "{",
    ]
    for body in wrong:
        answer = send(browser(ada), path, body)
        assert answer.status_code == 400
        assert answer.json()["error"]["text"].endswith(".")


def test_who_saves_second_gets_409_and_the_first_one_s_name(made: Dashboard, ada: User, ben: User, room: Room) -> None:
    path = reverse("dashboard_edit", args=[made.key])
    first = send(browser(ben), path, {"spec": spec("Ben's", "host.cpu.busy"), "base": 1, "room": room.pk})
    assert first.status_code == 200
    second = send(browser(ada), path, {"spec": spec("Ada's", "host.cpu.busy"), "base": 1, "room": room.pk})
    assert second.status_code == 409
    assert (second.json()["latest"]["number"], second.json()["latest"]["by"]) == (2, "Ben")


def test_spec_and_room_are_changed_together_or_not_at_all(made: Dashboard, ada: User, ben: User, room: Room) -> None:
    own = make_room(ben)
    path = reverse("dashboard_edit", args=[made.key])
    answer = send(browser(ben), path, {"spec": spec("Ben's", "host.cpu.busy"), "base": 1, "room": own.pk})
    assert answer.status_code == 403
    made.refresh_from_db()
    assert (made.title, made.room) == ("Overview", room)


def test_a_draft_is_shown_with_values_only_of_what_one_may_see(made: Dashboard, ben: User) -> None:
    path = reverse("dashboard_preview")
    answer = send(browser(ben), path, spec("Draft", "host.cpu.*"))
    assert [each["name"] for each in answer.json()["columns"]] == ["cpu.busy"]
    assert send(browser(ben), path, spec("Draft", "redis.memory")).status_code == 403
    assert send(browser(ben), path, spec("")).status_code == 400


def test_one_chooses_among_the_series_that_one_may_see(made: Dashboard, ada: User, ben: User) -> None:
    def sources(person: User) -> list[str]:
        return [each["key"] for each in browser(person).get(reverse("dashboard_series")).json()["sources"]]

    assert sources(ben) == ["host"]
    assert sources(ada) == ["host", "redis"]


def test_what_is_exported_can_be_imported(made: Dashboard, ben: User) -> None:
    answer = browser(ben).get(reverse("dashboard_export", args=[made.key]))
    assert parse_spec(answer.content) == load_spec(made.spec)
    assert "attachment" in answer["Content-Disposition"]
    assert parse_spec(browser(ben).get(reverse("dashboard_export", args=["host"])).content).sources == {"host"}


def test_a_member_who_may_not_give_it_away_is_refused(made: Dashboard, ben: User) -> None:
    own = make_room(ben)
    answer = browser(ben).post(reverse("dashboard_room", args=[made.key]), {"room": own.pk})
    assert answer.status_code == 403


# Walls


def enter(client: Client, wall: Wall, code: str) -> Any:
    return client.post(reverse("wall", args=[wall.pk]), {"code": code})


def test_a_link_becomes_a_cookie_that_no_script_reads(wall: Wall) -> None:
    screen = browser()
    path = reverse("wall", args=[wall.pk])
    assert b"page-wall" not in screen.get(path).content
    answer = enter(screen, wall, f"http://127.0.0.1:8000{path}#{wall.token}")
    assert (answer.status_code, answer["Location"]) == (302, path)
    cookie = screen.cookies[guest_cookie_name(wall.pk)]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/")
    assert wall.token not in cookie.value
    shown = screen.get(path)
    assert b"page-wall" in shown.content
    assert "no-store" in shown["Cache-Control"]
    assert wall.token.encode() not in shown.content
    assert screen.get(reverse("wall_state", args=[wall.pk])).json()["open"] is True
    assert screen.get(reverse("dashboards")).status_code == 302  # it is nobody's sign-in


@pytest.mark.parametrize("number", [0, 10**9, 10**18 - 1])
def test_a_wall_that_never_was_is_like_one_that_is_closed(wall: Wall, number: int) -> None:
    path = f"/wall/{number}/"
    assert b"page-wall" not in browser().get(path).content
    assert browser().post(path, {"code": wall.token}).status_code == 410


def test_a_link_opens_its_own_wall_alone(wall: Wall, made: Dashboard, ada: User) -> None:
    other = services.create_wall(ada, "Hall", [made.key], 30)
    screen = browser()
    enter(screen, wall, wall.token)
    assert b"page-wall" not in screen.get(reverse("wall", args=[other.pk])).content
    for code in (wall.token, other.cookie, "made-up", "1:2"):
        assert enter(screen, other, code).status_code == 410


def test_a_revoked_link_opens_nothing(wall: Wall, ada: User) -> None:
    screen = browser()
    enter(screen, wall, wall.token)
    assert browser(ada).post(reverse("wall_revoke", args=[wall.pk])).status_code == 302
    assert b"page-wall" not in screen.get(reverse("wall", args=[wall.pk])).content
    assert enter(screen, wall, wall.token).status_code == 410
    assert screen.get(reverse("wall_state", args=[wall.pk])).json()["open"] is False


def test_a_link_is_shown_to_its_maker_and_revoked_by_admins_too(wall: Wall, ada: User, dora: User, ben: User) -> None:
    def page(person: User) -> str:
        return browser(person).get(reverse("walls")).content.decode()

    assert wall.token in page(ada)
    assert "Kitchen" in page(dora)
    assert wall.token not in page(dora)
    assert "Overview" not in page(dora)  # of a room that is not hers
    assert "Kitchen" not in page(ben)
    assert browser(ben).post(reverse("wall_revoke", args=[wall.pk])).status_code == 404
    assert browser(dora).post(reverse("wall_revoke", args=[wall.pk])).status_code == 302


def test_a_dashboard_that_its_maker_sees_no_more_is_on_no_wall(wall: Wall, made: Dashboard, ada: User) -> None:
    screen = browser()
    enter(screen, wall, wall.token)
    assert b"Overview" in screen.get(reverse("wall", args=[wall.pk])).content
    made.room = make_room(User.objects.get(name="Ben"))
    made.save()
    assert b"Overview" not in screen.get(reverse("wall", args=[wall.pk])).content


def test_who_asks_for_no_dashboard_is_told_so(made: Dashboard, ada: User) -> None:
    client = browser(ada)
    client.post(reverse("walls"), {"name": "Kitchen"})
    assert b"Choose at least one dashboard." in client.get(reverse("walls")).content
    client.post(reverse("walls"), {"name": "Kitchen", "board": [made.key], "every": "99999999"})
    assert Wall.objects.get().every == 30


def test_a_dashboard_offers_each_range_with_its_seconds(made: Dashboard, ben: User) -> None:
    page = browser(ben).get(reverse("dashboard", args=[made.key])).content.decode()
    for offered in RANGES:
        assert f'data-range="{offered.name}" data-seconds="{offered.seconds}">{offered.label}<' in page
