"""Who tries to come in too often is told how long to wait, and is let in after that."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as configured
from django.core import mail
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.mail_queue import mail_queue
from accounts.models import User
from myweb.formats import format_wait
from tests.support.cast import PASSWORD, as_

BY_ALL_PROCESSES = configured.CACHES  # the tests count in memory otherwise
LOGIN = "/accounts/login/"

Later = Callable[[float], None]


@pytest.fixture(params=["in memory", "in the database"], autouse=True)
def counted(request: pytest.FixtureRequest, settings: Settings, ada: User) -> None:
    if request.param == "in the database":
        settings.CACHES = BY_ALL_PROCESSES
        call_command("createcachetable", verbosity=0)  # a test that restores a backup leaves no such table


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """The clock goes on, and can be put forward."""
    real, ahead = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: real() + ahead[0])

    def later(seconds: float) -> None:
        ahead[0] += seconds

    return later


def sign_in(email: str = "ada@example.com", password: str = PASSWORD, **extra: Any) -> Any:
    return Client().post(LOGIN, {"login": email, "password": password}, **extra)


def errors(answer: Any) -> str:
    return " ".join(answer.context["form"].non_field_errors())


def guess(times: int, **extra: Any) -> None:
    for _guess in range(times):
        assert sign_in(password="wrong", **extra).status_code == 200


def test_guessing_at_an_account_closes_it_for_as_long_as_is_said(later: Later) -> None:
    guess(1)
    later(100)
    guess(4)
    answer = sign_in()
    assert re.fullmatch(r"Too many attempts\. Try again in 3 min (1\d|20) s\.", errors(answer)), "5 min after the first"
    later(190)
    assert re.fullmatch(r"Too many attempts\. Try again in \d{1,2} s\.", errors(sign_in()))
    later(10)
    assert sign_in().status_code == 302


def test_the_form_is_kept_but_for_the_password(later: Later) -> None:
    guess(5)
    page = sign_in(password="a secret thing")
    assert page.context["form"]["login"].value() == "ada@example.com"
    assert b"a secret thing" not in page.content


def test_it_is_said_in_chinese(later: Later) -> None:
    guess(5)
    text = errors(sign_in(headers={"accept-language": "zh-CN"}))
    assert re.fullmatch(r"尝试次数过多，请在 (5 分钟|4 分钟 \d{1,2} 秒)后重试。", text)


def test_an_address_that_guesses_at_many_accounts_waits_a_minute(later: Later, ben: User) -> None:
    for number in range(10):
        sign_in(f"{number}@example.com", "wrong")
    assert re.fullmatch(r"Too many attempts\. Try again in (1 min|\d\d s)\.", errors(sign_in()))
    assert sign_in(REMOTE_ADDR="192.0.2.7").status_code == 302
    later(60)
    assert sign_in().status_code == 302


def test_a_storm_gets_a_page_that_says_how_long_it_lasts(later: Later) -> None:
    while (answer := sign_in("", "")).status_code == 200:
        pass
    assert answer.status_code == 429
    wait = int(answer["Retry-After"])
    assert 50 < wait <= 60
    assert f"Too many attempts. Try again in {format_wait(wait)}." in answer.content.decode()
    assert f'href="{LOGIN}"' in answer.content.decode()
    later(wait)
    assert sign_in().status_code == 302


@pytest.mark.django_db(transaction=True)
def test_forgotten_passwords_are_asked_for_three_times_an_hour(later: Later, settings: Settings) -> None:
    settings.EMAIL_HOST = "mail.example.com"
    place, form = "/accounts/password/reset/", {"email": " Ada@Example.com"}
    for _time in range(3):
        assert Client().post(place, form).status_code == 302
    later(20 * 60)
    answer = Client().post(place, form)
    assert mail_queue.wait_until_sent(20)
    assert (answer.status_code, len(mail.outbox)) == (429, 3)
    assert 2390 < int(answer["Retry-After"]) <= 2400
    assert b'name="email" value=" Ada@Example.com"' in answer.content, "a button sends it again"


def test_changing_ones_password_is_limited_for_oneself_alone(later: Later, ada: User, ben: User) -> None:
    place, form = "/accounts/password/change/", {"oldpassword": "wrong", "password1": "x", "password2": "x"}
    mine = as_(ben)
    while (answer := mine.post(place, form)).status_code == 200:
        pass
    assert answer.status_code == 429
    assert 50 < int(answer["Retry-After"]) <= 60
    assert as_(ada).post(place, form).status_code == 200
