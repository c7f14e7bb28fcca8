"""Attacks on accounts: foreign addresses, stolen sessions, forged invitations and links, and guessed passwords."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import signing
from django.test import Client

from accounts import access, invitations, services
from accounts.models import Invitation, Role, User
from chat.models import Room
from monitor.dashboards.models import Wall
from monitor.dashboards.services import create_dashboard, create_wall
from tests.support.boards import make_source, make_spec
from tests.support.cast import PASSWORD, as_, make_person

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"


# Redirects (row 8)

FOREIGN = [
    "https://evil.example/",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
    " //evil.example",
    "\t//evil.example",
    "//evil.example\\@testserver",
    "https://testserver@evil.example/",
]


@pytest.mark.parametrize("place", FOREIGN)
def test_nobody_is_led_to_a_foreign_address(ada: User, place: str) -> None:
    answers = [
        Client().post(f"{LOGIN}", {"login": ada.email, "password": PASSWORD, "next": place}),
        Client().post("/i18n/setlang/", {"language": "en", "next": place}),
        as_(ada).post("/accounts/logout/", {"next": place}),
        as_(ada).get(LOGIN, {"next": place}),
    ]
    for answer in answers:
        assert answer.status_code in {200, 204, 302}
        location = answer.headers.get("Location", "/")
        assert re.match(r"/(?![/\\])", location), location
        assert "evil" not in location
    led = Client().get("/admin/login/", {"next": place}, follow=True)
    assert all(re.match(r"/(?![/\\])", url) for url, _status in led.redirect_chain)


# Sessions (rows 9 and 10)


def test_signing_in_changes_the_key_of_a_session(ada: User) -> None:
    browser = Client()
    browser.cookies[configured.SESSION_COOKIE_NAME] = "chosen-by-somebody-else"
    browser.post(LOGIN, {"login": ada.email, "password": PASSWORD})
    first = browser.session.session_key
    assert first != "chosen-by-somebody-else"
    assert browser.cookies[configured.SESSION_COOKIE_NAME]["httponly"]
    assert browser.cookies[configured.SESSION_COOKIE_NAME]["samesite"] == "Lax"
    browser.post("/accounts/logout/")
    browser.post(LOGIN, {"login": ada.email, "password": PASSWORD})
    assert browser.session.session_key != first


@pytest.mark.parametrize("how", ["/accounts/logout/", "/profile/sign-out-elsewhere/"])
def test_an_old_cookie_opens_nothing(ben: User, how: str) -> None:
    browser, thief = as_(ben), Client()
    thief.cookies[configured.SESSION_COOKIE_NAME] = browser.session.session_key or ""
    assert thief.get("/profile/").status_code == 200
    browser.post(how)
    assert thief.get("/profile/").status_code == 302


def test_behind_tls_every_cookie_is_secure_and_bound_to_the_host() -> None:
    """Their names are decided when settings are read."""
    text = (Path(configured.BASE_DIR) / "myweb" / "settings.py").read_text(encoding="utf-8")
    for name in ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME"):
        assert re.search(rf'{name} = "__Host-\w+" if SECURE', text)
    assert "SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE" in text


# Invitations (row 15)


def codes(invitation: Invitation, other: Invitation, wall: Wall) -> list[str]:
    token = invitation.token
    signature = token.rpartition(":")[2]
    return [
        "",
        token[:-1],
        token + "a",
        token + "=",
        token.upper(),
        token.replace(":", "::"),
        token.replace("-", "-0", 1),
        f"myweb_join_{signature}",
        f"myweb_join_0{invitation._subject}:{signature}",
        f"myweb_join_{'9' * 400}-1:{signature}",
        "myweb_join_" + signing.Signer(salt="accounts.invitation").sign(str(invitation.pk)),
        "myweb_join_" + signing.Signer(salt="accounts.invitation").sign(f"{invitation.pk}-1"),
        "myweb_join_" + signing.TimestampSigner(salt="accounts.invitation").sign(invitation._subject),
        token.removeprefix("myweb_join_"),
        token.replace("myweb_join_", "myweb_wall_"),
        f"myweb_join_{other._subject}:{signature}",
        f"myweb_join_{invitation._subject}:",
        "myweb_join_" + signing.Signer(salt="another").sign(invitation._subject),
        "myweb_join_" + signing.Signer(key="another", salt="accounts.invitation").sign(invitation._subject),
        wall.token,
        wall.token.replace("myweb_wall_", "myweb_join_"),
        services.make_reset_key(invitation.created_by),
    ]


def test_no_forged_swapped_or_cut_code_is_an_invitation(ada: User, room: Room) -> None:
    for source, series in (("host", "cpu.busy"), ("redis", "memory")):
        make_source(source, series, room=room)
    wall = create_wall(ada, "Kitchen", [create_dashboard(ada, make_spec(), room).key], 30)
    invitation, other = (invitations.create_invitation(ada, days=1, max_uses=1) for _number in range(2))
    for code in codes(invitation, other, wall):
        assert Invitation.from_token(code) is None, code
        browser = Client()
        assert browser.post("/join/", {"code": code}).status_code == (410 if code else 200), code
        assert access.INVITATION_KEY not in browser.session, code
    for code in (invitation.token, f" {invitation.token} ", f"http://testserver/join/#{invitation.token}"):
        assert Client().post("/join/", {"code": code}).status_code == 302, code


def test_who_joins_is_a_member_whatever_the_form_says(ada: User) -> None:
    browser = Client()
    browser.post("/join/", {"code": invitations.create_invitation(ada, days=1, max_uses=1).token})
    form = {"name": "Eve", "email": "eve@example.com", "password1": PASSWORD, "role": "owner", "is_superuser": "1"}
    assert browser.post("/accounts/signup/", form).status_code == 302
    assert User.objects.get(email="eve@example.com").role == Role.MEMBER


def test_an_invitation_revoked_between_the_link_and_the_form_is_closed(ada: User) -> None:
    invitation, browser = invitations.create_invitation(ada, days=1, max_uses=1), Client()
    browser.post("/join/", {"code": invitation.token})
    invitations.revoke_invitation(invitation)
    browser.post("/accounts/signup/", {"name": "Eve", "email": "eve@example.com", "password1": PASSWORD})
    assert not User.objects.filter(email="eve@example.com").exists()


# Links to choose a new password

CHANGES: dict[str, Callable[[User, User], object]] = {
    "role": lambda ada, ben: services.set_role(ada, ben, Role.OWNER),
    "sessions": lambda ada, ben: services.end_sessions(ben),
    "activity": lambda ada, ben: [services.set_active(ada, ben, active) for active in (False, True)],
    "email": lambda ada, ben: services.change_email(ben, "another@example.com"),
    "nothing": lambda ada, ben: None,
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_link_for_a_new_password_ends_with_any_change_of_the_account(ada: User, ben: User, what: str) -> None:
    """Else an admin could make one for a member and keep it until the member is an owner."""
    code, browser = services.make_reset_key(ben), Client()
    CHANGES[what](ada, ben)
    page = browser.post("/reset/", {"code": code})["Location"]
    browser.post(page, {"password1": "another horse 99", "password2": "another horse 99"})
    ben.refresh_from_db()
    assert ben.check_password("another horse 99") is (what == "nothing")


# What signing in tells (row 13)


def test_every_failed_sign_in_hashes_one_password(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """So its time tells nothing; counted, since times differ by themselves."""
    make_person("Ina", is_active=False)
    emails = [
        ada.email,
        "ADA@example.com",
        "nobody@example.com",
        "ina@example.com",
        services.get_or_create_bot("Watch").email,
    ]
    encode, hashed = MD5PasswordHasher.encode, list[str]()

    def counted(hasher: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(hasher, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    answers = []
    for number, email in enumerate(emails):
        form = {"login": email, "password": "wrong"}
        answer = Client().post(LOGIN, form, REMOTE_ADDR=f"192.0.2.{number}")
        answers.append((len(hashed), answer.status_code, answer.context["form"].errors.as_text()))
        hashed.clear()
    assert answers == [answers[0]] * len(emails)
    assert answers[0][:2] == (1, 200)
