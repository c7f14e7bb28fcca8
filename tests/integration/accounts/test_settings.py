"""The pages of settings: each user sees those that they may use; a script saves a field as soon as it changes."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.invitations import create_invitation
from accounts.models import Role, User, Workspace
from tests.support.cast import as_

pytestmark = pytest.mark.django_db

SCRIPT = {"Accept": "application/json"}


def list_places(client: Client, path: str) -> list[str]:
    page = client.get(path).content.decode()
    nav = page.partition('<nav class="settings__places"')[2].partition("</nav>")[0]
    return re.findall(r'<a [^>]*href="([^"]+)"', nav)


def save(user: User, path: str, **fields: Any) -> Any:
    return as_(user).post(path, fields, headers=SCRIPT)


def test_everybody_finds_their_pages_of_settings(ada: User, ben: User, dora: User) -> None:
    assert list_places(as_(ben), "/settings/") == [
        "/profile/",
        "/settings/notifications/",
        "/oncall/contact/",
        "/settings/files/",
    ]
    assert list_places(as_(dora), "/profile/") == [
        "/profile/",
        "/settings/notifications/",
        "/oncall/contact/",
        "/settings/files/",
        "/people/members/",
        "/people/invitations/",
        "/settings/link-previews/",
        "/settings/tasks/",
        "/settings/storage/",
    ]
    assert list_places(as_(ada), "/settings/") == [
        "/profile/",
        "/settings/notifications/",
        "/oncall/contact/",
        "/settings/files/",
        "/workspace/",
        "/people/members/",
        "/people/invitations/",
        "/settings/link-previews/",
        "/settings/tasks/",
        "/settings/storage/",
    ]


def test_a_script_learns_what_was_saved(ben: User) -> None:
    answer = save(ben, "/profile/", name="Ben Ng", handle="benng", colour="3")
    assert answer.json() == {"name": "Ben Ng", "initials": "BN", "colour": 3}
    ben.refresh_from_db()
    assert (ben.name, ben.handle, ben.colour) == ("Ben Ng", "benng", 3)


def test_a_script_learns_which_field_is_wrong(ada: User, ben: User) -> None:
    answer = save(ben, "/profile/", name="", handle=ada.handle, colour="3")
    assert answer.status_code == 400
    assert answer.json()["fields"] == {
        "name": "This field is required.",
        "handle": "This handle is already taken.",
    }
    ben.refresh_from_db()
    assert ben.name == "Ben"


def test_without_a_script_the_form_is_sent_by_its_button(ben: User) -> None:
    page = as_(ben).get("/profile/").content.decode()
    assert re.search(r"<button type=\"submit\">\s*Save\s*</button>", page)
    answer = as_(ben).post("/profile/", {"name": "Benno", "handle": "benno", "colour": "3"})
    assert (answer.status_code, answer["Location"]) == (302, "/profile/")


def test_the_workspace_is_saved_field_by_field_too(ada: User) -> None:
    assert save(ada, "/workspace/", name="Quay", language="zh-hans").json() == {}
    workspace = Workspace.objects.get()
    assert (workspace.name, workspace.language) == ("Quay", "zh-hans")
    assert list(save(ada, "/workspace/", name="", language="").json()["fields"]) == ["name"]


def test_members_are_a_page_for_admins(ada: User, ben: User, dora: User) -> None:
    assert [as_(user).get("/people/members/").status_code for user in (ada, ben, dora)] == [200, 404, 200]
    assert "Role of Ben" in as_(ada).get("/people/members/").content.decode()
    assert "Role of Ben" not in as_(dora).get("/people/members/").content.decode(), "only owners change roles"


def test_owners_change_a_role_in_its_line(ada: User, ben: User) -> None:
    assert save(ada, f"/people/{ben.pk}/role/", role="admin").json() == {}
    ben.refresh_from_db()
    assert ben.role == Role.ADMIN


def test_the_last_owner_stays_one_and_reads_why(ada: User) -> None:
    answer = save(ada, f"/people/{ada.pk}/role/", role="member")
    assert answer.status_code == 400
    assert answer.json()["fields"]["role"].startswith("A workspace needs an owner.")
    page = as_(ada).post(f"/people/{ada.pk}/role/", {"role": "member"}, follow=True).content.decode()
    assert "A workspace needs an owner." in page
    ada.refresh_from_db()
    assert ada.role == Role.OWNER


def test_a_member_changes_no_role_by_a_script_either(ada: User, ben: User, dora: User) -> None:
    for user in (ben, dora):
        assert save(user, f"/people/{ada.pk}/role/", role="member").status_code == 404
    assert save(dora, f"/people/{ben.pk}/role/", role="owner").status_code == 400
    ben.refresh_from_db()
    assert ben.role == Role.MEMBER


def test_open_invitations_stand_below_the_members(ada: User) -> None:
    invitation = create_invitation(ada, days=7, max_uses=3)
    page = as_(ada).get("/people/members/").content.decode()
    assert f"/join/#{invitation.token}" in page
    assert "Used 0 of 3 times." in page
    assert f'action="/people/invitations/{invitation.pk}/revoke/"' in page


def test_sign_in_puts_the_caret_into_the_email(ada: User) -> None:
    page = Client().get("/accounts/login/").content.decode()
    field = re.search(r'<input[^>]*name="login"[^>]*>', page)
    assert field
    assert "autofocus" in field[0]
