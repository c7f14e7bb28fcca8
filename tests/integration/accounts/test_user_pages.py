"""The pages of users, the profile and Django's admin in a browser."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts import invitations, services
from accounts.models import Role, User
from tests.support.cast import PASSWORD, as_

pytestmark = pytest.mark.django_db


def hidden(client: Client, person: User) -> list[int]:
    """What an admin's pages and buttons answer to this client."""
    return [
        client.get(reverse("person", args=[person.pk])).status_code,
        client.post(reverse("person_role", args=[person.pk]), {"role": "owner"}).status_code,
        client.post(reverse("person_active", args=[person.pk]), {"active": "no"}).status_code,
        client.post(reverse("person_reset", args=[person.pk])).status_code,
    ]


# People


def test_everyone_sees_everyone_but_only_admins_see_controls(ada: User, ben: User, dora: User) -> None:
    seen_by_ben, seen_by_dora = (as_(who).get("/people/").content.decode() for who in (ben, dora))
    assert all(person.name in seen_by_ben for person in (ada, ben, dora))
    assert reverse("invitations") not in seen_by_ben
    assert "Manage" not in seen_by_ben
    assert reverse("person", args=[ben.pk]) in seen_by_dora
    assert reverse("person", args=[ada.pk]) not in seen_by_dora


def test_members_manage_nobody(ada: User, ben: User, cleo: User) -> None:
    assert hidden(as_(ben), cleo) == hidden(as_(ben), ada) == [404] * 4


def test_admins_cannot_touch_owners_or_admins_or_themselves(ada: User, dora: User) -> None:
    assert hidden(as_(dora), ada) == hidden(as_(dora), dora) == [404] * 4


def test_admins_deactivate_members_but_change_no_roles(ben: User, dora: User) -> None:
    client = as_(dora)
    client.post(reverse("person_role", args=[ben.pk]), {"role": "owner"})
    client.post(reverse("person_active", args=[ben.pk]), {"active": "no"})
    ben.refresh_from_db()
    assert (ben.role, ben.is_active) == (Role.MEMBER, False)


def test_deactivating_signs_out_for_good(ada: User, ben: User) -> None:
    bens, adas = as_(ben), as_(ada)
    adas.post(reverse("person_active", args=[ben.pk]), {"active": "no"})
    assert bens.get("/profile/").status_code == 302
    adas.post(reverse("person_active", args=[ben.pk]), {"active": "yes"})
    assert bens.get("/profile/").status_code == 302


def test_owners_change_roles(ada: User, ben: User) -> None:
    as_(ada).post(reverse("person_role", args=[ben.pk]), {"role": "admin"})
    ben.refresh_from_db()
    assert ben.role == Role.ADMIN


def test_the_last_owner_is_told_why_they_stay(ada: User) -> None:
    page = as_(ada).post(reverse("person_role", args=[ada.pk]), {"role": "member"}, follow=True)
    assert b"needs an owner" in page.content
    ada.refresh_from_db()
    assert ada.is_owner


def test_people_are_found_by_name_and_handle(ada: User, ben: User, cleo: User) -> None:
    assert [person for person, _ in as_(ada).get("/people/?q=@BE").context["rows"]] == [ben]


# Profile


def test_a_profile_changes_name_handle_and_colour(ben: User) -> None:
    as_(ben).post("/profile/", {"name": "Benno", "handle": "@Ben.Müller", "colour": "7"})
    ben.refresh_from_db()
    assert (ben.name, ben.handle, ben.colour) == ("Benno", "ben.müller", 7)


@pytest.mark.parametrize("handle", ["ada.lovelace", "all", "b..n", "", "x" * 31])
def test_a_handle_is_ones_own_and_can_be_mentioned(ben: User, handle: str) -> None:
    page = as_(ben).post("/profile/", {"name": "Ben", "handle": handle, "colour": "1"})
    assert "handle" in page.context["form"].errors
    ben.refresh_from_db()
    assert ben.handle == "ben"


# Django's admin


def test_the_admin_is_for_owners(client: Client, ada: User, dora: User) -> None:
    assert as_(ada).get("/admin/").status_code == 200
    assert as_(dora).get("/admin/", follow=True).status_code == 404
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == "/accounts/login/?next=/admin/"
    assert client.post("/admin/login/", {"username": ada.email, "password": PASSWORD}).status_code == 302


def test_the_admin_shows_our_things_and_no_password(ada: User) -> None:
    invitation = invitations.create_invitation(ada, days=None, max_uses=None)
    client = as_(ada)
    for model, number in (("user", ada.pk), ("workspace", 1), ("invitation", invitation.pk)):
        assert client.get(f"/admin/accounts/{model}/").status_code == 200
        page = client.get(f"/admin/accounts/{model}/{number}/change/")
        assert page.status_code == 200
        assert ada.password not in page.content.decode()


def test_an_address_changed_in_the_admin_is_the_only_one_to_sign_in_by(ada: User, ben: User, client: Client) -> None:
    key = services.make_reset_key(ben)  # making one has allauth keep the address in a table of its own
    change = {"name": "Ben", "handle": "ben", "email": "Benno@example.com", "colour": 1}
    as_(ada).post(f"/admin/accounts/user/{ben.pk}/change/", change)
    for email, status in (("ben@example.com", 200), ("benno@example.com", 302)):
        assert Client().post("/accounts/login/", {"login": email, "password": PASSWORD}).status_code == status
    assert b"This link is no longer valid" in client.post("/reset/", {"code": key}, follow=True).content
