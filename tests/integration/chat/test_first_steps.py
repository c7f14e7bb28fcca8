"""A new workspace leads its owner through three steps, in its first room and on a page of their own."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from accounts.invitations import create_invitation
from accounts.models import Invitation, User, Workspace
from accounts.services import answer_first_step
from chat.models import Room
from chat.services import create_room, join_welcome_rooms
from monitor.checks.models import Check
from monitor.metrics.models import Source
from tests.support.boards import make_source
from tests.support.cast import as_, make_person
from tests.support.rooms import make_room

pytestmark = pytest.mark.django_db

STEPS = "/first-steps/"


@pytest.fixture
def general(ada: User) -> Room:
    """The room that the owner's first visit makes."""
    join_welcome_rooms(ada)
    return Room.objects.get()


def read_config(client: Client, path: str) -> dict[str, Any]:
    page = client.get(path).content.decode()
    found = re.search(r'id="page-config" type="application/json">(.*?)</script>', page)
    assert found
    config: dict[str, Any] = json.loads(found[1])
    return config


def read_marks(page: str) -> dict[str, bool]:
    """The steps on the page, and whether each is ticked."""
    return {name: "data-done" in rest for name, rest in re.findall(r'data-step="(\w+)"([^>]*)>', page)}


def read_page(user: User) -> str:
    answer = as_(user).get(STEPS)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_first_room_of_a_new_workspace_shows_three_open_steps_to_its_owner(ada: User, general: Room) -> None:
    assert read_config(as_(ada), f"/rooms/{general.pk}/")["first_steps"] == general.pk
    assert read_marks(read_page(ada)) == {"invite": False, "check": False, "machine": False}


def test_admins_see_the_steps_and_members_do_not(general: Room, ben: User, dora: User) -> None:
    for user in (ben, dora):
        join_welcome_rooms(user)
    assert read_config(as_(dora), f"/rooms/{general.pk}/")["first_steps"] == general.pk
    assert read_config(as_(ben), f"/rooms/{general.pk}/")["first_steps"] == 0
    assert as_(ben).get(STEPS).status_code == 404
    for path in ("invite/", "skip/", "dismiss/"):
        assert as_(ben).post(STEPS + path, {"step": "check"}).status_code == 404
    assert as_(ben).post("/checks/first/add/", {"url": "example.com"}).status_code == 404
    assert as_(ben).post("/boards/share/").status_code == 404
    assert not Invitation.objects.exists()


def test_a_room_with_a_long_conversation_shows_no_steps(ada: User, general: Room) -> None:
    Room.objects.update(seq=1_000)
    assert read_config(as_(ada), f"/rooms/{general.pk}/")["first_steps"] == 0


def test_an_invitation_is_made_in_place_and_its_link_ticks_the_step(ada: User, general: Room) -> None:
    answer = as_(ada).post(f"{STEPS}invite/", headers={"X-Page-User": str(ada.pk)})
    page = answer.content.decode()
    invitation = Invitation.objects.get()
    assert read_marks(page)["invite"]
    assert f"/join/#{invitation.token}" in page
    assert invitation.expires_at


def test_without_a_script_a_form_leads_back_to_the_steps(ada: User, general: Room) -> None:
    answer = as_(ada).post(f"{STEPS}invite/")
    assert (answer.status_code, answer["Location"]) == (302, STEPS)


def test_people_who_joined_tick_the_step(ada: User, ben: User, general: Room) -> None:
    page = read_page(ada)
    assert read_marks(page)["invite"]
    assert "2 people have an account." in page


def test_a_check_is_made_of_a_host_name_and_tells_the_first_room(ada: User, general: Room) -> None:
    answer = as_(ada).post("/checks/first/add/", {"url": " Harbour.example/health "})
    check = Check.objects.get()
    assert answer["Location"] == STEPS
    assert (check.name, check.target) == ("harbour.example", "https://Harbour.example/health")
    assert (check.room, check.notify_room) == (general, True)
    page = read_page(ada)
    assert read_marks(page)["check"]
    assert "A check watches harbour.example" in page
    assert "If it goes down, #general is told." in page
    assert "data-waiting" in page, "the script asks for the first result"


def test_a_wrong_url_stays_in_its_field_with_the_reason(ada: User, general: Room) -> None:
    page = as_(ada).post("/checks/first/add/", {"url": "ftp://harbour.example"}).content.decode()
    assert not Check.objects.exists()
    assert 'value="ftp://harbour.example"' in page
    assert 'aria-describedby="first-check-error"' in page
    assert re.search(r'id="first-check-error" role="alert">[^<]+', page)


def test_this_machine_is_shared_with_everybody_by_one_click(ada: User, ben: User, general: Room) -> None:
    join_welcome_rooms(ben)
    make_source("host", "cpu.busy")
    make_source("redis", "memory")
    make_source("shop", "orders")
    assert "You have no dashboards yet." in as_(ben).get("/dashboards/").content.decode()
    as_(ada).post("/boards/share/")
    assert as_(ben).get("/dashboards/", follow=True).redirect_chain == [("/dashboards/host/", 302)]
    assert dict(Source.objects.values_list("key", "room")) == {"host": general.pk, "redis": general.pk, "shop": None}
    assert "Everybody sees this machine" in read_page(ada)


def test_sharing_takes_no_dashboard_from_its_room(ada: User, general: Room) -> None:
    own = make_room(ada)
    make_source("redis", "memory", room=own)
    as_(ada).post("/boards/share/")
    assert Source.objects.get(key="redis").room == own


def test_sharing_needs_a_room_that_everybody_joins(ada: User) -> None:
    make_source("host", "cpu.busy")
    create_room(ada, name="quay", kind="open")
    page = as_(ada).post("/boards/share/").content.decode()
    assert "There is no room that everybody joins." in page
    assert Source.objects.get().room is None


def test_an_owner_who_keeps_the_machine_to_admins_is_not_asked_again(ada: User, general: Room) -> None:
    make_source("host", "cpu.busy")
    as_(ada).post(f"{STEPS}skip/", {"step": "machine"})
    page = read_page(ada)
    assert read_marks(page)["machine"]
    assert "Share with everybody" not in page
    assert Source.objects.get().room is None


def test_a_skipped_step_is_gone(ada: User, general: Room) -> None:
    as_(ada).post(f"{STEPS}skip/", {"step": "check"})
    assert read_marks(read_page(ada)) == {"invite": False, "machine": False}
    assert as_(ada).post(f"{STEPS}skip/", {"step": "all"}).status_code == 404


def test_done_steps_are_shown_once_more_and_then_gone(ada: User, general: Room) -> None:
    create_invitation(ada, days=7, max_uses=None)
    make_source("host", "cpu.busy", room=general)
    as_(ada).post(f"{STEPS}skip/", {"step": "check"})
    page = read_page(ada)
    assert read_marks(page) == {"invite": True, "machine": True}
    assert "All steps are done." in page
    assert read_config(as_(ada), f"/rooms/{general.pk}/")["first_steps"] == 0


def test_owners_hide_the_steps_for_everybody_and_admins_cannot(ada: User, dora: User, general: Room) -> None:
    assert as_(dora).post(f"{STEPS}dismiss/").status_code == 404
    assert as_(ada).post(f"{STEPS}dismiss/").status_code == 302
    assert read_config(as_(ada), f"/rooms/{general.pk}/")["first_steps"] == 0
    assert read_marks(read_page(dora)) == {}


def test_an_answer_is_stored_once(ada: User) -> None:
    answer_first_step("machine")
    answer_first_step("machine")
    assert Workspace.objects.get().first_steps == ["machine"]


def test_a_member_without_dashboards_reads_whom_to_ask(ada: User, ben: User, dora: User) -> None:
    make_person("Gone", role="admin", is_active=False)
    page = as_(ben).get("/dashboards/").content.decode()
    names = re.findall(r'<span class="name" dir="auto">([^<]*)</span>', page)
    assert names == ["Ada Lovelace", "Dora"]
    assert f'name="people" value="{ada.pk}"' in page, "a button opens the conversation"


def test_an_admin_without_dashboards_reads_that_the_collector_makes_them(ada: User) -> None:
    assert "as soon as the collector runs" in as_(ada).get("/dashboards/").content.decode()
