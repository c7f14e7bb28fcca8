"""A mail server, and a clock by which notifications become mails."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from chat.models import NotificationSettings, Room
from chat.notifications import unread_mail
from chat.notifications.delivery import store_notifications, tell_due_notifications
from chat.notifications.mail import send_due_mails
from chat.notifications.recipients import find_notifications
from tests.support.mail_server import MailServer, mail_server

NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    settings.ORIGINS = ["https://chat.example.com"]
    with mail_server(settings) as server:
        yield server


@pytest.fixture(autouse=True)
def nobody_online(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread_mail, "get_online_users", lambda: None)


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = NOON
        monkeypatch.setattr(timezone, "now", lambda: self.now)

    def notify(self, room: Room, after: int = 0) -> None:
        _last, notifications = find_notifications(room, after, self.now)
        store_notifications(notifications)
        tell_due_notifications(self.now)

    def run(self, minutes: float = 30) -> None:
        self.now += timedelta(minutes=minutes)
        tell_due_notifications(self.now)
        send_due_mails()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def choose(user: User, **fields: object) -> None:
    NotificationSettings.objects.update_or_create(user=user, defaults={"mail_shows_text": True, **fields})


def get_text(server: MailServer, kind: str = "plain") -> str:
    (sent,) = server.mails
    part = sent.get_body((kind,))
    assert part is not None
    return str(part.get_content())
