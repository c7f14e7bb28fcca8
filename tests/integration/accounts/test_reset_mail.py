"""Forgotten passwords: who gets a mail, how often, and what a request for one tells a stranger."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from django.core import mail
from django.test import Client
from pytest_django.fixtures import Settings

from accounts import services
from accounts.mail_queue import WAITING_LIMIT, MailQueue, mail_queue
from accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)

PLACE = "/accounts/password/reset/"


@pytest.fixture(autouse=True)
def mail_is_sent(settings: Settings, ada: User) -> Iterator[None]:
    settings.EMAIL_HOST = "mail.example.com"
    yield
    assert mail_queue.wait_until_sent(20)


def request_mail(email: str, **extra: str) -> tuple[int, str]:
    answer = Client().post(PLACE, {"email": email}, **extra)  # type: ignore[arg-type]
    return answer.status_code, answer.headers.get("Location", "")


def sent_to() -> list[list[str]]:
    assert mail_queue.wait_until_sent(20)
    return [message.to for message in mail.outbox]


@pytest.mark.parametrize("email", ["stranger@example.net", "ada@example.com.attacker.net", "myweb@bots.invalid"])
def test_no_mail_goes_to_an_address_without_an_account(email: str) -> None:
    services.get_or_create_bot("myweb")
    request_mail(email)
    assert sent_to() == []


def test_no_mail_goes_to_somebody_who_is_deactivated(ada: User, ben: User) -> None:
    services.set_active(ada, ben, False)
    request_mail("ben@example.com")
    assert sent_to() == []


def test_the_mail_goes_to_the_address_of_the_account_not_to_what_was_typed() -> None:
    request_mail("ADA@EXAMPLE.COM")
    assert sent_to() == [["ada@example.com"]]


@pytest.mark.parametrize("email", ["ada@example.com", "stranger@example.net"])
def test_known_and_unknown_addresses_are_answered_alike_and_equally_often(email: str) -> None:
    answers = [request_mail(email, REMOTE_ADDR=f"192.0.2.{number}")[0] for number in range(5)]
    assert answers == [302, 302, 302, 429, 429]


def test_an_address_that_asks_for_many_accounts_is_bounded() -> None:
    answers = [request_mail(f"{number}@example.com")[0] for number in range(7)]
    assert answers == [302] * 5 + [429] * 2


@pytest.mark.any_database
@pytest.mark.parametrize("email", ["ada@example.com", "stranger@example.net"])
def test_a_mail_server_that_hangs_holds_up_no_page(settings: Settings, email: str) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts and never says a word
        settings.EMAIL_HOST, settings.EMAIL_PORT = silent.getsockname()
        settings.EMAIL_TIMEOUT = 3
        begun = time.monotonic()
        assert request_mail(email)[0] == 302
        assert time.monotonic() - begun < 2
        assert mail_queue.wait_until_sent(20)


def test_too_many_waiting_mails_are_dropped_and_no_page_waits(caplog: pytest.LogCaptureFixture) -> None:
    queue, gate = MailQueue(), threading.Event()
    for _job in range(WAITING_LIMIT + 10):
        queue.submit(lambda: gate.wait(20))
    assert "A mail was dropped" in caplog.text
    gate.set()
    assert queue.wait_until_sent(20)


def test_a_mail_that_fails_does_not_stop_the_next(caplog: pytest.LogCaptureFixture) -> None:
    queue, done = MailQueue(), threading.Event()
    queue.submit(lambda: 1 / 0)
    queue.submit(done.set)
    assert done.wait(20)
    assert queue.wait_until_sent(20)
