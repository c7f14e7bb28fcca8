"""The cookie against forged requests is set once, and works as Django's."""

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from chat.models import Room
from tests.support.cast import PASSWORD

pytestmark = pytest.mark.django_db
COOKIE = settings.CSRF_COOKIE_NAME


def test_a_browser_gets_the_cookie_with_its_first_form_and_not_again() -> None:
    browser = Client(enforce_csrf_checks=True)
    first, second = browser.get("/accounts/login/", follow=True), browser.get("/login/", follow=True)
    assert COOKIE in first.cookies
    assert COOKIE not in second.cookies
    assert "Cookie" in first["Vary"]
    assert "Cookie" in second["Vary"]


def test_a_sign_in_brings_another_one(ben: User) -> None:
    browser = Client()
    before = browser.get("/accounts/login/", follow=True).cookies[COOKIE].value
    browser.post("/accounts/login/", {"login": ben.email, "password": PASSWORD})
    assert browser.cookies[settings.SESSION_COOKIE_NAME].value
    assert browser.cookies[COOKIE].value != before


def test_one_that_is_no_cookie_of_ours_is_replaced(ben: User) -> None:
    browser = Client()
    browser.force_login(ben)
    browser.cookies[COOKIE] = "<short>"
    page = browser.get("/rooms/")
    assert len(page.cookies[COOKIE].value) == 32


def test_the_cookie_of_the_last_room_is_set_when_it_is_another(ben: User, room: Room) -> None:
    browser = Client()
    browser.force_login(ben)
    path = f"/rooms/{room.pk}/"
    assert browser.get(path).cookies["room"].value == str(room.pk)
    assert "room" not in browser.get(path).cookies
