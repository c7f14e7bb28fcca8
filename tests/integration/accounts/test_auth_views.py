"""Sign-in and sign-up in a browser: the first visit, invitations, passwords."""

import re
from collections.abc import Iterator

import pytest
from django.core import mail
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from pytest_django.fixtures import Settings

from accounts import invitations, services
from accounts.mail_queue import mail_queue
from accounts.models import Invitation, Role, User, Workspace
from tests.support.cast import PASSWORD, as_

pytestmark = pytest.mark.django_db

FIRST = {"workspace_name": "Harbour team", "name": "Ada", "email": "Ada@Example.com", "password": PASSWORD}
NEWCOMER = {"name": "Eve", "email": "eve@example.com", "password1": PASSWORD}


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


# The first visit


@pytest.mark.parametrize("path", ["/", "/rooms/", "/accounts/login/", "/accounts/signup/", "/join/", "/admin/"])
def test_on_an_empty_site_every_page_leads_to_the_first_visit(client: Client, path: str) -> None:
    assert client.get(path, follow=True).redirect_chain[-1][0] == "/welcome/"


def test_the_first_visit_makes_the_house_and_its_owner_and_signs_them_in(client: Client) -> None:
    assert client.post("/welcome/", FIRST).url == "/"  # type: ignore[attr-defined]
    ada = User.objects.get()
    assert (ada.email, ada.role, Workspace.current().name) == ("ada@example.com", Role.OWNER, "Harbour team")
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
        "/offline/",
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
    assert b"invitation-only" in client.get("/accounts/signup/").content
    client.post("/accounts/signup/", NEWCOMER)
    assert User.objects.get() == ada


def test_open_sign_up_is_a_setting(client: Client, ada: User, settings: Settings) -> None:
    settings.OPEN_SIGNUP = True
    client.post("/accounts/signup/", NEWCOMER)
    assert User.objects.get(email="eve@example.com").role == Role.MEMBER


def test_an_invited_person_joins_as_a_member(client: Client, ada: User) -> None:
    invitation = invitations.create_invitation(ada, days=7, max_uses=1)
    link = f"http://127.0.0.1:8000/join/#{invitation.token}"
    page = client.post("/join/", {"code": link}, follow=True)
    assert b"Ada Lovelace invited you to Harbour team" in page.content
    client.post("/accounts/signup/", NEWCOMER)
    eve = User.objects.get(email="eve@example.com")
    assert (eve.name, eve.handle, eve.role) == ("Eve", "eve", Role.MEMBER)
    assert client.get("/profile/").context["user"] == eve
    assert Invitation.objects.get().uses == 1


def test_the_last_use_is_counted_once(ada: User) -> None:
    invitation = invitations.create_invitation(ada, days=None, max_uses=1)
    both = [Client(), Client()]
    for client in both:
        client.post("/join/", {"code": invitation.token})
    for number, client in enumerate(both):
        client.post("/accounts/signup/", NEWCOMER | {"email": f"eve{number}@example.com"})
    assert User.objects.filter(name="Eve").count() == 1


def test_an_account_that_cannot_be_made_uses_nothing_up(client: Client, ada: User) -> None:
    invitation = invitations.create_invitation(ada, days=None, max_uses=1)
    client.post("/join/", {"code": invitation.token})
    page = client.post("/accounts/signup/", NEWCOMER | {"email": ada.email})
    assert "email" in page.context["form"].errors
    assert Invitation.objects.get().uses == 0


@pytest.mark.parametrize("code", ["nonsense", "1:forged", "/join/#"])
def test_a_bad_link_says_to_ask_for_a_new_one(client: Client, ada: User, code: str) -> None:
    page = client.post("/join/", {"code": code})
    assert b"new one" in page.content or page.context["form"].errors


def test_who_is_in_is_told_so(ada: User) -> None:
    assert b"You are already a member" in as_(ada).get("/join/").content


def test_admins_make_see_and_revoke_links(ada: User, dora: User) -> None:
    client = as_(dora)
    client.post("/people/invitations/", {"days": "7", "max_uses": "3"})
    invitation = Invitation.objects.get()
    assert f"/join/#{invitation.token}" in client.get("/people/invitations/").content.decode()
    code = client.get(reverse("invitation_qr", args=[invitation.pk]))
    assert (code["Content-Type"], b"<svg" in code.content) == ("image/svg+xml", True)
    client.post(reverse("invitation_revoke", args=[invitation.pk]))
    assert client.get(reverse("invitation_qr", args=[invitation.pk])).status_code == 404


def test_members_find_no_invitations(ada: User, ben: User) -> None:
    invitation = invitations.create_invitation(ada, days=None, max_uses=None)
    client = as_(ben)
    assert client.get("/people/invitations/").status_code == 404
    assert client.post("/people/invitations/", {"days": ""}).status_code == 404
    assert client.get(reverse("invitation_qr", args=[invitation.pk])).status_code == 404
    assert client.post(reverse("invitation_revoke", args=[invitation.pk])).status_code == 404
    assert Invitation.objects.open().count() == 1


# Passwords


@pytest.mark.django_db(transaction=True)
def test_a_forgotten_password_comes_by_mail_and_says_nothing_else(
    client: Client, ada: User, settings: Settings
) -> None:
    settings.EMAIL_HOST = "mail.example.com"
    pages = [client.post("/accounts/password/reset/", {"email": email}).url for email in (ada.email, "x@example.com")]  # type: ignore[attr-defined]
    assert pages[0] == pages[1]
    assert mail_queue.wait_until_sent(20)
    assert [(sent.subject, sent.to) for sent in mail.outbox] == [("Reset your password for Harbour team", [ada.email])]
    link = re.search(r"http://127\.0\.0\.1:8000/reset/#(\S+)", str(mail.outbox[0].body))
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
        assert b"This link is no longer valid" in page.content


def test_a_new_password_ends_the_other_sessions(ada: User) -> None:
    here, there = as_(ada), as_(ada)
    new = "another good one"
    here.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert here.get("/profile/").status_code == 200
    assert there.get("/profile/").status_code == 302
