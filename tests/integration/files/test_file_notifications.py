"""What notifications and mails say of messages that are files."""

from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from chat import message_services, services
from chat.models import NotificationSettings, Room, RoomMail
from chat.notifications.text import MAX_TEXT, summarize_messages
from chat.notifications.unread_mail import prepare_unread_mail
from tests.support.uploads import upload

pytestmark = pytest.mark.django_db


def send_files(by: User, room: Room, *names: str, body: str = "") -> int:
    files = [str(upload(by, room, b"abc", name).pk) for name in names]
    return message_services.send_message(by, room.pk, str(uuid4()), body, files=files).message


def test_a_message_without_words_is_told_by_the_names_of_its_files(ben: User, room: Room) -> None:
    wordless = send_files(ben, room, "disk.png", "磁盘.log")
    with_words = send_files(ben, room, "other.png", body="Look")
    texts = summarize_messages({wordless: "", with_words: "<p>Look</p>"})
    assert texts == {wordless: "📎 disk.png, 磁盘.log", with_words: "Look"}


def test_many_long_names_are_cut(ben: User, room: Room) -> None:
    wordless = send_files(ben, room, *(f"{number}{'x' * 90}.txt" for number in range(4)))
    assert len(summarize_messages({wordless: ""})[wordless]) == MAX_TEXT


def test_a_mail_names_the_files(ada: User, ben: User, settings: Settings) -> None:
    settings.ORIGINS = ["https://chat.example.com"]
    settings.EMAIL_HOST = "mail.example.com"
    NotificationSettings.objects.update_or_create(user=ben, defaults={"mail_shows_text": True})
    room = services.open_direct(ada, [ben])
    send_files(ada, room, "invoice <1>.pdf")
    room.refresh_from_db()
    now = timezone.now()
    RoomMail.objects.create(user=ben, room=room, seq=room.seq, notified_at=now, due_at=now, try_at=now)
    mail = prepare_unread_mail(ben.pk, now)
    assert mail
    message = mail.build()
    assert "invoice <1>.pdf" in str(message.body)
    assert "invoice &lt;1&gt;.pdf" in str(message.alternatives[0][0])  # type: ignore[attr-defined]
