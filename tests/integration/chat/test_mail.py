"""Which unread messages come by mail, when, and with which words."""

import re
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User, Workspace
from chat import message_services, services
from chat.message_validation import parse_incoming
from chat.models import Level, Message, Room, RoomMail
from chat.notifications import unread_mail
from chat.notifications.services import set_room_notifications
from chat.notifications.urgent import send_urgent
from chat.store import store_message
from tests.support.mail_server import MailServer
from tests.support.mails import Clock, choose, clock, get_text, nobody_online, server
from tests.support.rooms import make_room, say

__all__ = ["clock", "nobody_online", "server"]

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_unread_mention_is_mailed_after_half_an_hour_once(
    server: MailServer, clock: Clock, room: Room, ada: User, ben: User
) -> None:
    choose(ben)
    say(room, ada, f"@{ben.handle} have a look at **db-1**")
    clock.notify(room)
    clock.run(29)
    assert server.mails == []
    clock.run(1)
    assert server.recipients == [ben.email]
    text = get_text(server)
    assert "#operations" in text
    assert "Ada Lovelace" in text
    assert "have a look at db-1" in text
    for _look in range(3):
        clock.run(60)
    assert len(server.mails) == 1


def test_all_that_is_unread_comes_in_one_mail(server: MailServer, clock: Clock, ada: User, ben: User) -> None:
    choose(ben)
    first, second = make_room(ada, ben, name="first"), make_room(ada, ben, name="second")
    direct = services.open_direct(ada, [ben])
    for room in (first, second, direct):
        say(room, ada, f"@{ben.handle} in {room.pk}")
        clock.notify(room)
        clock.now += timedelta(minutes=10)
    clock.run()
    text = get_text(server)
    assert all(f"in {room.pk}" in text for room in (first, second, direct))
    assert server.mails[0]["Subject"] == "Unread messages in 3 rooms"
    clock.run(60)
    assert len(server.mails) == 1


def test_a_second_mail_has_only_what_is_new(server: MailServer, clock: Clock, room: Room, ada: User, ben: User) -> None:
    choose(ben)
    say(room, ada, f"@{ben.handle} first words")
    clock.notify(room)
    clock.run()
    say(room, ada, f"@{ben.handle} second words")
    clock.notify(room, 1)
    clock.run()
    assert len(server.mails) == 2
    texts = [str(sent.get_body(("plain",)).get_content()) for sent in server.mails]  # type: ignore[union-attr]
    assert ["first words" in text for text in texts] == [True, False]
    assert ["second words" in text for text in texts] == [False, True]


def test_without_a_choice_a_mail_says_only_that_there_is_news(
    server: MailServer, clock: Clock, room: Room, ada: User, ben: User
) -> None:
    say(room, ada, f"@{ben.handle} secret words")
    clock.notify(room)
    clock.run()
    content = server.contents[0].decode() + get_text(server) + get_text(server, "html")
    assert "1 message for you is unread." in content
    assert not re.search("secret|Lovelace|operations", content)


def test_the_workspace_can_forbid_words_in_mails(
    server: MailServer, clock: Clock, room: Room, ada: User, ben: User
) -> None:
    choose(ben)
    Workspace.objects.update(mail_may_show_text=False)
    Workspace.forget()
    say(room, ada, f"@{ben.handle} secret words")
    clock.notify(room)
    clock.run()
    assert not re.search("secret|Lovelace|operations", get_text(server))


@pytest.mark.parametrize(
    "end", ["read", "deleted", "left", "deactivated", "muted", "nothing", "never", "reached", "unmentioned"]
)
def test_what_is_settled_in_time_is_not_mailed(
    end: str, server: MailServer, clock: Clock, room: Room, ada: User, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = say(room, ada, f"@{ben.handle} one")
    clock.notify(room)
    if end == "read":
        message_services.mark_room_read(ben.pk, room.pk, sent.seq)
    elif end == "deleted":
        message_services.delete_message(ada, sent.message)
    elif end == "left":
        services.leave_room(ben, room)
    elif end == "deactivated":
        User.objects.filter(pk=ben.pk).update(is_active=False)
    elif end == "muted":
        set_room_notifications(ben.pk, room.pk, "", int(time.time()) + 86_400 * 100)
    elif end == "nothing":
        set_room_notifications(ben.pk, room.pk, Level.NOTHING, 0)
    elif end == "never":
        choose(ben, mail_delay=0)
    elif end == "reached":
        monkeypatch.setattr(unread_mail, "reach_checks", [set])
    else:
        message_services.edit_message(ada, sent.message, "for nobody")
    clock.run()
    assert server.mails == []
    assert not RoomMail.objects.filter(due_at__isnull=False).exists()


def test_a_deleted_direct_message_is_left_out(server: MailServer, clock: Clock, ada: User, ben: User) -> None:
    choose(ben)
    direct = services.open_direct(ada, [ben])
    taken = say(direct, ada, "not this")
    say(direct, ada, "but this")
    clock.notify(direct)
    message_services.delete_message(ada, taken.message)
    clock.run()
    text = get_text(server)
    assert "but this" in text
    assert "1 message for you is unread." in text


def test_while_a_tab_is_open_the_mail_waits_until_it_is_closed(
    server: MailServer, clock: Clock, room: Room, ada: User, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unread_mail, "get_online_users", lambda: {ben.pk})
    say(room, ada, f"@{ben.handle} one")
    clock.notify(room)
    clock.run()
    clock.run(10)
    assert server.mails == []
    monkeypatch.setattr(unread_mail, "get_online_users", set)
    clock.run(5)
    assert server.recipients == [ben.email]


def test_replies_are_mailed_and_other_messages_are_not(
    server: MailServer, clock: Clock, room: Room, ada: User, ben: User
) -> None:
    choose(ben)
    set_room_notifications(ben.pk, room.pk, Level.ALL, 0)
    say(room, ben, "what now?")
    say(room, ada, "to everybody")
    clock.notify(room)
    clock.run()
    assert server.mails == []
    store_message(parse_incoming(room.pk, ada.pk, str(uuid4()), "to you", 1))
    clock.notify(room, 2)
    clock.run()
    text = get_text(server)
    assert "to you" in text
    assert "to everybody" not in text


def test_in_quiet_hours_a_mail_waits_for_their_end(
    server: MailServer, clock: Clock, room: Room, ada: User, ben: User
) -> None:
    choose(ben, quiet_periods=[[13 * 60 - 40, 120]])  # Monday 12:20 to 14:20 UTC
    say(room, ada, f"@{ben.handle} one")
    clock.notify(room)
    clock.run(30)
    clock.run(60)
    assert server.mails == []
    clock.run(51)
    assert server.recipients == [ben.email]


def test_an_urgent_message_is_mailed_in_quiet_hours_and_says_so(
    server: MailServer, clock: Clock, ada: User, ben: User
) -> None:
    direct = services.open_direct(ada, [ben])
    choose(ben, quiet_periods=[[13 * 60 - 40, 120]])
    clock.run(30)  # within them
    sent = say(direct, ada, "the site is down")
    clock.notify(direct)
    send_urgent(ada, sent.message)
    clock.run(1)
    clock.run(30)
    assert server.recipients == [ben.email]
    assert "Urgent: the site is down" in get_text(server)


def test_ten_thousand_unread_messages_make_a_short_mail(server: MailServer, clock: Clock, ada: User, ben: User) -> None:
    choose(ben)
    direct = services.open_direct(ada, [ben])
    now = timezone.now()
    Message.objects.bulk_create(
        [
            Message(room=direct, author=ada, client_id=uuid4(), seq=n, rev=n, html="<p>" + "x" * 900, created_at=now)
            for n in range(1, 10_001)
        ],
        batch_size=1_000,
    )
    Room.objects.filter(pk=direct.pk).update(seq=10_000, rev=10_000)
    clock.notify(direct, 9_990)
    clock.run()
    assert "99+ messages for you are unread." in get_text(server)
    assert "94+ earlier messages" in get_text(server)
    assert len(server.contents[0]) < 20_000


def test_without_a_mail_server_nothing_waits(
    settings: Settings, clock: Clock, room: Room, ada: User, ben: User
) -> None:
    settings.EMAIL_HOST = ""
    say(room, ada, f"@{ben.handle} one")
    clock.notify(room)
    clock.run()
    assert not RoomMail.objects.exists()
