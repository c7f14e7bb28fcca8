"""Who may publish incidents besides admins is chosen by name, among however many members."""

import re

import pytest
from django.test import Client

from accounts.models import User
from monitor.status.models import StatusPage
from tests.support.cast import as_

pytestmark = pytest.mark.django_db

PATH = "/status/edit/publishers/"


def may_publish(user: User) -> bool:
    return StatusPage.current().publishers.filter(pk=user.pk).exists()


@pytest.fixture
def crowd() -> list[User]:
    members = [
        User(email=f"m{number}@example.com", handle=f"m{number}", name=f"Member {number:03}") for number in range(500)
    ]
    return User.objects.bulk_create(members)


def list_handles(client: Client, path: str = PATH) -> list[str]:
    return re.findall(r"<small>@(\w+)</small>", client.get(path).content.decode())


def test_a_few_of_many_members_are_offered_and_a_search_finds_the_others(ada: User, crowd: list[User]) -> None:
    client = as_(ada)
    assert len(list_handles(client)) == 20
    assert "There are more users." in client.get(PATH).content.decode()
    assert list_handles(client, f"{PATH}?q=%40m499") == ["m499"]
    assert list_handles(client, f"{PATH}?q=ada") == [], "admins always can"


def test_members_are_added_and_removed_and_the_editor_names_some(ada: User, crowd: list[User]) -> None:
    client = as_(ada)
    for member in crowd[:7]:
        answer = client.post(f"{PATH}?q=member", {"user": member.pk, "do": "add"})
        assert answer["Location"] == f"{PATH}?q=member"
    assert may_publish(crowd[6])
    editor = client.get("/status/edit/").content.decode()
    assert [name in editor for name in ("Member 000", "Member 004", "Member 005")] == [True, True, False]
    assert "and 2 more" in editor
    client.post(PATH, {"user": crowd[6].pk, "do": "remove"})
    assert not may_publish(crowd[6])
    assert "and 1 more" in client.get("/status/edit/").content.decode()


def test_saving_the_page_keeps_who_may_publish(ada: User, ben: User) -> None:
    StatusPage.current().publishers.add(ben)
    form = {"title": "Harbour", "part-TOTAL_FORMS": "0", "part-INITIAL_FORMS": "0"}
    assert as_(ada).post("/status/edit/", form).status_code == 302
    assert (StatusPage.current().title, may_publish(ben)) == ("Harbour", True)


def test_members_do_not_choose_themselves(ben: User) -> None:
    assert as_(ben).get(PATH).status_code == 404
    assert as_(ben).post(PATH, {"user": ben.pk, "do": "add"}).status_code == 404
    assert not may_publish(ben)


@pytest.mark.parametrize("user", ["", "7000000", "x", "9" * 40])
def test_an_unknown_user_is_not_added(ada: User, user: str) -> None:
    assert as_(ada).post(PATH, {"user": user, "do": "add"}).status_code == 404
