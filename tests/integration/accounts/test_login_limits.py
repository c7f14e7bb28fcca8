"""Wrong passwords slow down anyone who sends them, and nobody else."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as configured
from django.core import signing
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.login_limits import COOKIE, SALT
from accounts.models import User
from tests.integration.accounts.test_too_many_attempts import errors, later
from tests.support.cast import PASSWORD

__all__ = ["later"]
pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"
HERE, ELSEWHERE = "192.0.2.1", "198.51.100.1"
Later = Callable[[float], None]


@pytest.fixture(params=["in memory", "in the database"], autouse=True)
def counted(request: pytest.FixtureRequest, settings: Settings, ada: User) -> None:
    if request.param == "in the database":
        settings.CACHES = configured.CACHES


def sign_in(address: str, password: str = PASSWORD, email: str = "ada@example.com", **extra: Any) -> bool:
    """True if it succeeded."""
    client = extra.pop("client", None) or Client()
    answer = client.post(LOGIN, {"login": email, "password": password}, REMOTE_ADDR=address, **extra)
    assert answer.status_code in {200, 302}, answer.status_code
    return bool(answer.status_code == 302)


def guess(address: str, times: int, **extra: Any) -> None:
    for _guess in range(times):
        assert not sign_in(address, "wrong", **extra)


@pytest.fixture
def adas(ada: User) -> Client:
    """Ada's own browser: she has signed in with it before, and has signed out."""
    client = Client()
    assert sign_in(HERE, client=client)
    client.post("/accounts/logout/")
    return client


def test_wrong_passwords_from_one_network_lock_out_no_other_network() -> None:
    guess(ELSEWHERE, 6)
    assert not sign_in(ELSEWHERE)
    assert sign_in(HERE)


def test_a_known_browser_signs_in_from_the_very_network_that_guesses(adas: Client) -> None:
    guess(HERE, 9)
    assert not sign_in(HERE)
    assert sign_in(HERE, client=adas)


def test_many_networks_together_are_slowed_and_known_browsers_are_not(adas: Client, later: Later) -> None:
    for number in range(10):
        guess(f"203.0.113.{number}", 4)
    assert not sign_in("198.51.100.7"), "the account is bounded over all networks"
    assert sign_in(HERE, client=adas)
    later(600)
    assert sign_in("198.51.100.7")


def test_a_known_browser_has_a_bound_of_its_own(adas: Client, later: Later) -> None:
    guess(HERE, 10, client=adas)
    assert not sign_in(HERE, client=adas)
    assert not sign_in(ELSEWHERE, client=adas), "it goes with the browser, not with the network"
    assert sign_in(HERE), "and nobody else is bounded by it"
    later(300)
    assert sign_in(HERE, client=adas)


def test_a_browser_is_known_for_the_accounts_that_signed_in_with_it_alone(adas: Client, ben: User) -> None:
    guess(HERE, 5, client=adas, email=ben.email)
    assert not sign_in(HERE, client=adas, email=ben.email)
    assert sign_in(ELSEWHERE, email=ben.email)


def test_several_people_may_share_a_browser(adas: Client, ben: User) -> None:
    assert sign_in(HERE, client=adas, email=ben.email)
    adas.post("/accounts/logout/")
    guess(HERE, 9)
    guess(HERE, 1, email=ben.email)
    assert sign_in(HERE, client=adas)
    adas.post("/accounts/logout/")
    assert sign_in(HERE, client=adas, email=ben.email)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "nonsense",
        signing.dumps({"browser": "x", "accounts": [1]}, salt="another"),
        signing.dumps({"browser": "x", "accounts": [1]}, salt=SALT, key="another key"),
        signing.dumps(["not", "one"], salt=SALT),
    ],
    ids=["empty", "nonsense", "another salt", "another key", "another form"],
)
def test_a_forged_cookie_makes_no_browser_known(value: str) -> None:
    client = Client()
    client.cookies[COOKIE] = value
    guess(HERE, 5, client=client)
    assert not sign_in(HERE, client=client)


def test_the_cookie_is_long_lived_hidden_from_scripts_and_opens_nothing(adas: Client, ada: User) -> None:
    cookie = adas.cookies[COOKIE]
    assert cookie["httponly"]
    assert (cookie["samesite"], cookie["max-age"]) == ("Lax", 400 * 24 * 3600)
    assert set(signing.loads(cookie.value, salt=SALT)) == {"browser", "accounts"}
    stranger = Client()
    stranger.cookies[COOKIE] = cookie.value
    assert stranger.get("/profile/").status_code == 302


def test_every_address_of_an_ipv6_customer_is_one_network() -> None:
    for number in range(5):
        guess(f"2001:db8:1:2::{number}", 1)
    assert not sign_in("2001:db8:1:2:ffff::1")
    assert sign_in("2001:db8:1:3::1")


def test_ipv4_in_ipv6_is_the_same_network() -> None:
    guess("::ffff:192.0.2.1", 5)
    assert not sign_in("192.0.2.1")


@pytest.mark.parametrize(
    "spelling", [" ada@example.com", "ADA@example.com", "ada@EXAMPLE.com ", "ada@example.com\u00a0"]
)
def test_another_spelling_of_the_address_is_the_same_account(spelling: str) -> None:
    guess(HERE, 5, email=spelling)
    assert not sign_in(HERE)


@pytest.mark.parametrize(
    "extra",
    [
        {"HTTP_HOST": "127.0.0.1:{number}"},
        {"HTTP_X_FORWARDED_FOR": "203.0.113.{number}"},
        {"HTTP_X_REAL_IP": "203.0.113.{number}"},
        {"HTTP_FORWARDED": "for=203.0.113.{number}"},
    ],
)
def test_no_header_gives_a_fresh_count(extra: dict[str, str]) -> None:
    for number in range(5):
        guess(HERE, 1, **{name: value.format(number=number + 1) for name, value in extra.items()})
    assert not sign_in(HERE, **{name: value.format(number=9) for name, value in extra.items()})


def test_successes_in_between_give_no_guesses_back() -> None:
    for _round in range(5):
        guess(HERE, 1)
        sign_in(HERE)
    answer = Client().post(LOGIN, {"login": "ada@example.com", "password": PASSWORD}, REMOTE_ADDR=HERE)
    assert errors(answer).startswith("Too many attempts. Try again in ")


def test_a_known_browser_is_told_its_own_wait(adas: Client) -> None:
    guess(HERE, 10, client=adas)
    answer = adas.post(LOGIN, {"login": "ada@example.com", "password": PASSWORD}, REMOTE_ADDR=HERE)
    assert re.fullmatch(r"Too many attempts\. Try again in (5 min|4 min \d{1,2} s)\.", errors(answer))
