"""Sending: each mail once, beside servers that hang or refuse, users who read meanwhile, and other runs."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import User
from chat import services
from chat.models import Membership, Mention, Message, NotificationSettings, Room, RoomMail
from chat.notifications import mail_queue
from chat.notifications.mail import send_due_mails
from chat.tasks import send_mails
from deploy.stack.process import wait_until
from tasks.models import QueuedTask
from tasks.periodic import _schedules, enqueue_periodic_tasks
from tests.support.cast import make_person
from tests.support.mail_server import MailServer
from tests.support.mails import NOON, Clock, choose, clock, get_text, nobody_online, server
from tests.support.rooms import say

__all__ = ["clock", "nobody_online", "server"]

pytestmark = pytest.mark.django_db(transaction=True)

HALF_AN_HOUR = timedelta(minutes=30)


def test_who_reads_while_the_mail_is_made_gets_none(
    server: MailServer, clock: Clock, room: Room, ada: User, ben: User
) -> None:
    sent = say(room, ada, f"@{ben.handle} one")
    clock.notify(room)
    server.on_recipient = lambda: mark_read(ben, room, sent.seq)
    clock.run()
    assert server.mails == []
    assert not RoomMail.objects.filter(due_at__isnull=False).exists()


def mark_read(user: User, room: Room, seq: int) -> None:
    """In the thread of the mail server."""
    try:
        Membership.objects.filter(user=user, room=room).update(last_read=seq)
    finally:
        connection.close()


def test_what_is_edited_while_the_mail_is_made_is_mailed_as_it_is_now(
    server: MailServer, clock: Clock, room: Room, ada: User, ben: User
) -> None:
    choose(ben)
    say(room, ada, f"@{ben.handle} old words")
    clock.notify(room)

    def edit() -> None:
        Message.objects.update(html="<p>new words</p>")
        connection.close()

    server.on_recipient = edit
    clock.run()
    assert "new words" in get_text(server)


@pytest.mark.parametrize("verb", [b"connect", b"EHLO", b"MAIL", b"RCPT", b"DATA"])
def test_a_server_that_hangs_loses_nothing_and_the_next_run_sends_it(
    verb: bytes, server: MailServer, clock: Clock, room: Room, ada: User, ben: User
) -> None:
    cleo = make_person("Carla")
    services.add_members(ada, room, [cleo])
    say(room, ada, f"@{ben.handle} @{cleo.handle} one")
    clock.notify(room)
    server.silent_at = verb
    begun = time.monotonic()
    clock.run()
    assert time.monotonic() - begun < 10  # one wait, not one for each mail
    assert server.mails == []
    server.silent_at = b""
    clock.run(6)
    if verb == b"DATA":  # it may have been taken
        assert len(server.mails) == 1
    else:
        assert server.recipients == sorted([ben.email, cleo.email])


def test_a_server_that_hangs_takes_one_thread_of_a_worker(
    server: MailServer, clock: Clock, room: Room, ada: User, ben: User
) -> None:
    cleo = make_person("Carla")
    services.add_members(ada, room, [cleo])
    for number, user in enumerate([ben, cleo]):
        say(room, ada, f"@{user.handle} one")
        clock.notify(room, number)
        clock.now += timedelta(minutes=1)
    clock.now += timedelta(minutes=28)
    server.silent_at = b"MAIL"

    def run() -> None:
        try:
            send_mails.func()
        finally:
            connection.close()

    first = threading.Thread(target=run)
    first.start()
    assert wait_until(lambda: server.connections == 1, 10)
    clock.now += timedelta(minutes=1)
    send_mails.func()  # in another thread of this worker, when the next mail is due
    assert (server.connections, first.is_alive()) == (1, True)
    server.silent_at = b""
    first.join(10)
    clock.run(6)
    assert server.recipients == sorted([ben.email, cleo.email])


@pytest.mark.parametrize("verb", [b"MAIL", b"RCPT", b"DATA", b"."])
def test_what_is_refused_for_now_is_tried_again(
    verb: bytes, server: MailServer, clock: Clock, room: Room, ada: User, ben: User
) -> None:
    say(room, ada, f"@{ben.handle} one")
    clock.notify(room)
    server.replies[verb] = b"451 later"
    clock.run()
    assert server.mails == []
    server.replies.clear()
    clock.run(16)
    clock.run(60)
    assert server.recipients == [ben.email]


@pytest.mark.parametrize("verb", [b"RCPT", b"DATA", b"."])
def test_what_is_refused_for_good_is_not_tried_again_and_the_others_get_theirs(
    verb: bytes, server: MailServer, clock: Clock, room: Room, ada: User, ben: User, caplog: pytest.LogCaptureFixture
) -> None:
    say(room, ada, f"@{ben.handle} one")
    clock.notify(room)
    server.replies[verb] = b"550 no such mailbox"
    clock.run()
    server.replies.clear()
    clock.run(60)
    assert server.mails == []
    assert "no such mailbox" in caplog.text
    say(room, ada, f"@{ben.handle} two")
    clock.notify(room, 1)
    clock.run()
    assert server.recipients == [ben.email]


def test_a_connection_that_ends_after_the_content_repeats_no_mail(
    server: MailServer, clock: Clock, room: Room, ada: User, ben: User
) -> None:
    say(room, ada, f"@{ben.handle} one")
    clock.notify(room)
    server.gone_at = b"."
    clock.run()
    server.gone_at = b""
    clock.run(60)
    assert len(server.mails) == 1


def test_a_run_that_died_before_the_content_is_made_up_for(
    server: MailServer, clock: Clock, room: Room, ada: User, ben: User
) -> None:
    say(room, ada, f"@{ben.handle} one")
    clock.notify(room)
    clock.now += HALF_AN_HOUR
    assert mail_queue.claim_users(clock.now) == [ben.pk]
    assert mail_queue.claim_users(clock.now) == []
    clock.run(1)
    assert server.mails == []
    clock.run(5)
    assert server.recipients == [ben.email]


def test_a_mail_that_can_not_be_made_holds_up_no_other(
    server: MailServer, clock: Clock, room: Room, ada: User, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    User.objects.filter(pk=ben.pk).update(email="ben\nBcc: all@example.com@example.com")
    dora = make_person("Dora")
    services.add_members(ada, room, [dora])
    say(room, ada, f"@{ben.handle} @{dora.handle} one")
    clock.notify(room)
    clock.run()
    assert server.recipients == [dora.email]


def test_a_mention_of_500_is_mailed_over_one_connection(
    server: MailServer, clock: Clock, room: Room, ada: User
) -> None:
    people = [User(email=f"m{n}@example.com", name=f"M {n}", handle=f"m{n}") for n in range(500)]
    User.objects.bulk_create(people)
    users = list(User.objects.filter(handle__startswith="m"))
    Membership.objects.bulk_create([Membership(room=room, user=user) for user in users])
    NotificationSettings.objects.bulk_create([NotificationSettings(user=user, mail_shows_text=True) for user in users])
    say(room, ada, "one")
    due = clock.now + HALF_AN_HOUR
    RoomMail.objects.bulk_create(
        [RoomMail(user=u, room=room, seq=1, notified_at=clock.now, due_at=due, try_at=due) for u in users]
    )
    message = Message.objects.get()
    Mention.objects.bulk_create([Mention(user=u, message=message, room=room, seq=1) for u in users])
    clock.run()
    assert len(server.mails) == len({sent["To"] for sent in server.mails}) == 500
    assert server.connections == 1


def test_a_summary_comes_once_a_day_at_the_hour_of_its_reader(
    server: MailServer, clock: Clock, room: Room, ada: User, ben: User
) -> None:
    choose(ben, mail_delay=0, summary_hour=8, zone="America/New_York")  # 13:00 UTC
    say(room, ada, f"@{ben.handle} one")
    clock.run(59)
    assert server.mails == []
    for _minute in range(30):
        clock.run(1)
    assert server.recipients == [ben.email]
    assert "@Ben one" in get_text(server)
    clock.run(23 * 60)
    assert len(server.mails) == 1
    clock.run(60)
    assert len(server.mails) == 2


def test_a_summary_that_the_server_did_not_take_comes_later_that_day(
    server: MailServer, clock: Clock, room: Room, ada: User, ben: User
) -> None:
    choose(ben, mail_delay=0, summary_hour=12)
    say(room, ada, f"@{ben.handle} one")
    for verb in (b"MAIL", b"RCPT", b"."):
        server.replies = {verb: b"451 later"}
        clock.run(1)
    assert server.mails == []
    server.replies = {}
    clock.run(1)
    clock.run(1)
    assert server.recipients == [ben.email]


def test_a_summary_ended_while_it_is_made_does_not_come(
    server: MailServer, clock: Clock, room: Room, ada: User, ben: User
) -> None:
    choose(ben, mail_delay=0, summary_hour=12)
    say(room, ada, f"@{ben.handle} one")

    def unsubscribe() -> None:
        NotificationSettings.objects.update(summary_hour=None)
        connection.close()

    server.on_recipient = unsubscribe
    clock.run(1)
    assert server.mails == []


def test_two_runs_at_once_send_each_mail_once(server: MailServer, clock: Clock, room: Room, ada: User) -> None:
    people = [make_person(f"Person{number}") for number in range(30)]
    services.add_members(ada, room, people)
    for number, person in enumerate(people):
        choose(person, mail_delay=30 if number % 2 else 0, summary_hour=None if number % 2 else 12)
    say(room, ada, " ".join(f"@{person.handle}" for person in people))
    clock.notify(room)
    clock.now += HALF_AN_HOUR

    def run() -> None:
        try:
            send_due_mails()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _run in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    clock.run(6)
    assert server.recipients == sorted(person.email for person in people)


def test_a_worker_sends_mails_each_minute() -> None:
    schedule, task = _schedules[send_mails.module_path]
    assert (schedule, task) == ("* * * * *", send_mails)
    for minutes in (0, 1, 1):
        enqueue_periodic_tasks(NOON + timedelta(minutes=minutes))
    assert QueuedTask.objects.filter(function=send_mails.module_path).count() == 1
