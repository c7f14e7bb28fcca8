"""The ways in and the people pages, as a browser walks them."""

import re
from collections.abc import Iterator

import pytest
from django.core import mail
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from pytest_django.fixtures import Settings

from accounts import services
from accounts.models import House, Invitation, Role, User
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db

FIRST = {"house": "Harbour team", "name": "Ada", "email": "Ada@Example.com", "password": PASSWORD}
NEWCOMER = {"name": "Eve", "email": "eve@example.com", "password1": PASSWORD}


def as_(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def open_pages() -> Iterator[str]:
    """Every address of ours that takes no argument."""
    for part in get_resolver().url_patterns:
        for pattern in getattr(part, "url_patterns", []):
            if (
                isinstance(pattern, URLPattern)
                and str(part.pattern) == ""
                and not re.search(r"[<(]", str(pattern.pattern))
            ):
                yield f"/{pattern.pattern}"


def hidden(client: Client, person: User) -> list[int]:
    """What an admin's pages and buttons answer to this client."""
    return [
        client.get(reverse("person", args=[person.pk])).status_code,
        client.post(reverse("person_role", args=[person.pk]), {"role": "owner"}).status_code,
        client.post(reverse("person_active", args=[person.pk]), {"active": "no"}).status_code,
        client.post(reverse("person_reset", args=[person.pk])).status_code,
    ]


# The first visit


@pytest.mark.parametrize("path", ["/", "/rooms/", "/accounts/login/", "/accounts/signup/", "/join/", "/admin/"])
def test_on_an_empty_site_every_page_leads_to_the_first_visit(client: Client, path: str) -> None:
    assert client.get(path, follow=True).redirect_chain[-1][0] == "/welcome/"


def test_the_first_visit_makes_the_house_and_its_owner_and_signs_them_in(client: Client) -> None:
    assert client.post("/welcome/", FIRST).url == "/"  # type: ignore[attr-defined]
    ada = User.objects.get()
    assert (ada.email, ada.role, House.current().name) == ("ada@example.com", Role.OWNER, "Harbour team")
    assert client.get("/profile/").context["user"] == ada


def test_when_someone_lives_there_the_first_visit_is_gone(client: Client, ada: User) -> None:
    assert client.get("/welcome/").status_code == 302
    assert client.post("/welcome/", FIRST | {"email": "cleo@example.com"}).status_code == 302
    assert User.objects.get() == ada


def test_a_weak_password_is_no_owner_s(client: Client) -> None:
    form = client.post("/welcome/", FIRST | {"password": "ada@example.com"}).context["form"]
    assert "password" in form.errors
    assert not User.objects.exists()


# The door


def test_strangers_get_no_further_than_the_door(client: Client, ada: User) -> None:
    let_in = {path for path in open_pages() if client.get(path).status_code == 200}
    assert let_in == {
        "/join/",
        "/reset/",
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/inactive/",
        "/accounts/password/reset/",
        "/accounts/password/reset/done/",
        "/accounts/password/reset/key/done/",
        "/manifest.webmanifest",
        "/healthz",
        "/readyz",
    }


def test_people_sign_in_by_email_and_out_by_a_button(client: Client, ada: User) -> None:
    assert client.post("/accounts/login/", {"login": "ADA@example.com", "password": PASSWORD}).status_code == 302
    assert client.get("/profile/").status_code == 200
    assert client.get("/accounts/logout/").status_code == 200
    assert client.get("/profile/").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/profile/").status_code == 302


def test_a_wrong_password_and_an_unknown_address_sound_the_same(client: Client, ada: User) -> None:
    def said(email: str) -> list[str]:
        response = client.post("/accounts/login/", {"login": email, "password": "wrong"})
        return list(response.context["form"].non_field_errors())

    assert said("ada@example.com") == said("nobody@example.com") != []


def test_guessing_passwords_is_slowed_down(client: Client, ada: User) -> None:
    for _ in range(5):
        client.post("/accounts/login/", {"login": "ada@example.com", "password": "wrong"})
    client.post("/accounts/login/", {"login": "ada@example.com", "password": PASSWORD})
    assert client.get("/profile/").status_code == 302


def test_a_storm_of_attempts_gets_a_kind_refusal(client: Client, ada: User) -> None:
    answers = [client.post("/accounts/login/", {"login": f"{number}@example.com"}) for number in range(31)]
    assert (answers[0].status_code, answers[-1].status_code) == (200, 429)
    assert b"Too many attempts. Try again in" in answers[-1].content


def test_the_deactivated_learn_it_only_with_their_password(client: Client, ada: User, ben: User) -> None:
    services.set_active(ada, ben, False)
    wrong = client.post("/accounts/login/", {"login": ben.email, "password": "wrong"})
    assert wrong.status_code == 200
    right = client.post("/accounts/login/", {"login": ben.email, "password": PASSWORD}, follow=True)
    assert right.redirect_chain[-1][0] == "/accounts/inactive/"


def test_a_stranger_may_change_the_language_of_the_door(client: Client, ada: User) -> None:
    client.post("/i18n/setlang/", {"language": "zh-hans", "next": "/accounts/login/"})
    assert b'lang="zh-hans"' in client.get("/accounts/login/").content


# Invitations


def test_without_an_invitation_nobody_makes_an_account(client: Client, ada: User) -> None:
    assert b"by invitation" in client.get("/accounts/signup/").content
    client.post("/accounts/signup/", NEWCOMER)
    assert User.objects.get() == ada


def test_open_sign_up_is_a_setting(client: Client, ada: User, settings: Settings) -> None:
    settings.OPEN_SIGNUP = True
    client.post("/accounts/signup/", NEWCOMER)
    assert User.objects.get(email="eve@example.com").role == Role.MEMBER


def test_an_invited_person_joins_as_a_member(client: Client, ada: User) -> None:
    invitation = services.invite(ada, days=7, max_uses=1)
    link = f"http://testserver/join/#{invitation.token}"
    page = client.post("/join/", {"code": link}, follow=True)
    assert b"Ada Lovelace invites you to Harbour team" in page.content
    client.post("/accounts/signup/", NEWCOMER)
    eve = User.objects.get(email="eve@example.com")
    assert (eve.name, eve.handle, eve.role) == ("Eve", "eve", Role.MEMBER)
    assert client.get("/profile/").context["user"] == eve
    assert Invitation.objects.get().uses == 1


def test_the_last_use_is_counted_once(ada: User) -> None:
    invitation = services.invite(ada, days=None, max_uses=1)
    both = [Client(), Client()]
    for client in both:
        client.post("/join/", {"code": invitation.token})
    for number, client in enumerate(both):
        client.post("/accounts/signup/", NEWCOMER | {"email": f"eve{number}@example.com"})
    assert User.objects.filter(name="Eve").count() == 1


def test_an_account_that_cannot_be_made_uses_nothing_up(client: Client, ada: User) -> None:
    invitation = services.invite(ada, days=None, max_uses=1)
    client.post("/join/", {"code": invitation.token})
    page = client.post("/accounts/signup/", NEWCOMER | {"email": ada.email})
    assert "email" in page.context["form"].errors
    assert Invitation.objects.get().uses == 0


@pytest.mark.parametrize("code", ["nonsense", "1:forged", "/join/#"])
def test_a_bad_link_says_to_ask_for_a_new_one(client: Client, ada: User, code: str) -> None:
    page = client.post("/join/", {"code": code})
    assert b"new one" in page.content or page.context["form"].errors


def test_who_is_in_is_told_so(ada: User) -> None:
    assert b"You are in already" in as_(ada).get("/join/").content


def test_admins_make_see_and_revoke_links(ada: User, dora: User) -> None:
    client = as_(dora)
    client.post("/people/invitations/", {"days": "7", "max_uses": "3"})
    invitation = Invitation.objects.get()
    assert f"/join/#{invitation.token}" in client.get("/people/invitations/").content.decode()
    code = client.get(reverse("invitation_code", args=[invitation.pk]))
    assert (code["Content-Type"], b"<svg" in code.content) == ("image/svg+xml", True)
    client.post(reverse("invitation_revoke", args=[invitation.pk]))
    assert client.get(reverse("invitation_code", args=[invitation.pk])).status_code == 404


def test_members_find_no_invitations(ada: User, ben: User) -> None:
    invitation = services.invite(ada, days=None, max_uses=None)
    client = as_(ben)
    assert client.get("/people/invitations/").status_code == 404
    assert client.post("/people/invitations/", {"days": ""}).status_code == 404
    assert client.get(reverse("invitation_code", args=[invitation.pk])).status_code == 404
    assert client.post(reverse("invitation_revoke", args=[invitation.pk])).status_code == 404
    assert Invitation.objects.open().count() == 1


# Passwords


def test_a_forgotten_password_comes_by_mail_and_says_nothing_else(
    client: Client, ada: User, settings: Settings
) -> None:
    settings.EMAIL_HOST = "mail.example.com"
    pages = [client.post("/accounts/password/reset/", {"email": email}).url for email in (ada.email, "x@example.com")]  # type: ignore[attr-defined]
    assert pages[0] == pages[1]
    assert [sent.subject for sent in mail.outbox] == ["A new password for Harbour team"] * 2
    link = re.search(r"http://testserver/reset/#(\S+)", str(mail.outbox[0].body))
    assert link
    follow_reset(client, link[1], "another good one")
    assert User.objects.get().check_password("another good one")


def follow_reset(client: Client, key: str, password: str) -> None:
    form = client.post("/reset/", {"code": key}).url  # type: ignore[attr-defined]
    assert key.partition("-")[2] not in form
    client.post(form, {"password1": password, "password2": password})


def test_without_mail_an_admin_is_the_way(client: Client, ada: User) -> None:
    assert b"Ask an admin" in client.post("/accounts/password/reset/", {"email": ada.email}).content
    assert mail.outbox == []


def test_an_admin_hands_over_a_link_that_works_once(client: Client, ben: User, dora: User) -> None:
    page = as_(dora).post(reverse("person_reset", args=[ben.pk]))
    key = page.context["reset_link"].partition("#")[2]
    assert key not in as_(dora).get(reverse("person", args=[ben.pk])).content.decode()
    follow_reset(client, key, "another good one")
    follow_reset(client, key, "a third good one")
    assert User.objects.get(pk=ben.pk).check_password("another good one")


def test_a_forged_key_is_refused(client: Client, ada: User) -> None:
    for code in ("1-forged", "é-x", "nonsense", "-"):
        page = client.post("/reset/", {"code": code}, follow=True)
        assert b"This link is over" in page.content


def test_a_new_password_ends_the_other_sessions(ada: User) -> None:
    here, there = as_(ada), as_(ada)
    new = "another good one"
    here.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert here.get("/profile/").status_code == 200
    assert there.get("/profile/").status_code == 302


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
    invitation = services.invite(ada, days=None, max_uses=None)
    client = as_(ada)
    for model, number in (("user", ada.pk), ("house", 1), ("invitation", invitation.pk)):
        assert client.get(f"/admin/accounts/{model}/").status_code == 200
        page = client.get(f"/admin/accounts/{model}/{number}/change/")
        assert page.status_code == 200
        assert ada.password not in page.content.decode()


def test_an_address_changed_in_the_admin_is_the_only_one_to_sign_in_by(ada: User, ben: User, client: Client) -> None:
    key = services.reset_key(ben)  # making one has allauth keep the address in a table of its own
    change = {"name": "Ben", "handle": "ben", "email": "Benno@example.com", "colour": 1}
    as_(ada).post(f"/admin/accounts/user/{ben.pk}/change/", change)
    for email, status in (("ben@example.com", 200), ("benno@example.com", 302)):
        assert Client().post("/accounts/login/", {"login": email, "password": PASSWORD}).status_code == status
    assert b"This link is over" in client.post("/reset/", {"code": key}, follow=True).content
