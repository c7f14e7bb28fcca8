"""What a mail looks like to mail programs: headers, threads, languages, zones, and texts that mean harm."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from pytest_django.fixtures import Settings

from accounts.mail import Mail, MailItem, MailSection, build_message, get_mail_language
from accounts.models import User, Workspace
from accounts.reset_mail import make_reset_mail
from chat import services
from chat.models import Membership, Message, NotificationSettings, Room, RoomMail
from chat.notifications import summary_mail
from chat.notifications.summary_mail import prepare_summary_mail
from chat.notifications.unread_mail import prepare_unread_mail
from tests.support.cast import make_person
from tests.support.rooms import make_room, say

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOSTILE = [
    "<script>alert(1)</script>",
    "\r\nBcc: all@example.com",
    "<img src=https://evil.example/x.png>",
    "![x](https://evil.example/x.png)",
    "[x](javascript:alert(1))",
    "# " * 3_000,
    "\u202eright to left\u202c",
    "`" * 500 + "{{ mail.url }}{% now 'Y' %}",
    "a\u0301" * 3_000,
    "=" * 999 + "\n.\n.\r\n" + "é" * 2_000,
]


@pytest.fixture(autouse=True)
def site(settings: Settings) -> None:
    settings.ORIGINS = ["https://chat.example.com"]
    settings.EMAIL_HOST = "mail.example.com"
    settings.DEFAULT_FROM_EMAIL = "chat@example.com"


def choose(user: User, **fields: object) -> None:
    NotificationSettings.objects.update_or_create(user=user, defaults={"mail_shows_text": True, **fields})


def make_mail(user: User, *rooms: Room, now: datetime = NOON) -> EmailMultiAlternatives:
    for room in rooms:
        room.refresh_from_db()
        RoomMail.objects.update_or_create(
            user=user, room=room, defaults={"seq": room.seq, "notified_at": now, "due_at": now, "try_at": now}
        )
    mail = prepare_unread_mail(user.pk, now)
    assert mail
    message = mail.build()
    assert isinstance(message, EmailMultiAlternatives)
    return message


def get_html(message: EmailMultiAlternatives) -> str:
    return str(message.alternatives[0][0])


def test_a_mail_has_the_headers_that_keep_answering_programs_quiet(room: Room, ada: User, ben: User) -> None:
    say(room, ada, f"@{ben.handle} one")
    message = make_mail(ben, room).message()
    assert (message["Auto-Submitted"], message["Precedence"]) == ("auto-generated", "bulk")
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["List-ID"] == "<unread.chat.example.com>"
    assert message["List-Unsubscribe"].startswith("<https://chat.example.com/unsubscribe/myweb_mail_unread-")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["From"] == "Harbour team <chat@example.com>"
    assert message["To"] == ben.email


def test_the_link_to_unsubscribe_is_not_broken_by_a_line(room: Room, ada: User, ben: User) -> None:
    say(room, ada, f"@{ben.handle} one")
    content = make_mail(ben, room).message().as_bytes().decode()
    assert re.search(r"^List-Unsubscribe:\s+<https://\S+>$", content, re.MULTILINE)


def test_mails_of_one_room_are_one_thread(ada: User, ben: User) -> None:
    choose(ben)
    first, second = make_room(ada, ben, name="first"), make_room(ada, ben, name="second")
    mails = []
    for room in (first, first, second):
        say(room, ada, f"@{ben.handle} one")
        mails.append(make_mail(ben, room))
        RoomMail.objects.filter(room=room).update(mailed_seq=room.seq, due_at=None)
    parents = [mail.message()["References"] for mail in mails]
    assert parents[0] == parents[1] != parents[2]
    assert mails[0].subject == mails[1].subject == "Unread mentions in #first"
    assert len({mail.message()["Message-ID"] for mail in mails}) == 3
    assert all(re.fullmatch(r"<[\w.@-]+@chat\.example\.com>", mail.message()["Message-ID"]) for mail in mails)


def test_the_same_mail_has_the_same_message_id(room: Room, ada: User, ben: User) -> None:
    say(room, ada, f"@{ben.handle} one")
    assert make_mail(ben, room).message()["Message-ID"] == make_mail(ben, room).message()["Message-ID"]


@pytest.mark.parametrize("body", HOSTILE)
def test_what_a_message_contains_stays_text(body: str, room: Room, ada: User, ben: User) -> None:
    choose(ben)
    say(room, ada, f"@{ben.handle} {body}")
    message = make_mail(ben, room)
    html = get_html(message)
    assert not re.search(
        r"<(script|img|iframe|object|link)\b|javascript:\S*\"|https?://(?!chat\.example\.com)[^<]*\"", html
    )
    assert "Bcc" not in message.message()
    assert len(message.message().as_bytes()) < 20_000


@pytest.mark.parametrize(
    "name", ["x\r\nBcc: all@example.com", "<b>" + "長" * 57, "\u202eevil", 'Ada, "Bob" <c@d.e>', "שלום"]
)
def test_names_of_any_kind_make_a_valid_mail(name: str, ada: User, ben: User) -> None:
    choose(ben)
    Workspace.objects.update(name=name)
    Workspace.forget()
    User.objects.filter(pk=ada.pk).update(name=name)
    direct = services.open_direct(ada, [ben])
    say(direct, ada, "one")
    content = make_mail(ben, direct).message()
    assert content.keys().count("To") == 1
    assert "Bcc" not in content
    assert "\n" not in str(content["Subject"]).replace("\n ", "")
    assert content["From"].endswith("<chat@example.com>")


def test_texts_that_run_from_the_right_are_turned_by_themselves(room: Room, ada: User, ben: User) -> None:
    choose(ben)
    say(room, ada, f"@{ben.handle} שלום")
    assert '<div dir="auto">@Ben שלום</div>' in get_html(make_mail(ben, room))


def test_a_mail_loads_nothing_and_fits_light_and_dark(room: Room, ada: User, ben: User) -> None:
    choose(ben)
    say(room, ada, f"@{ben.handle} one")
    html = get_html(make_mail(ben, room))
    assert not re.search(r"src=|url\(|<link|@import", html)
    assert "prefers-color-scheme: dark" in html
    assert '<html lang="en">' in html


def test_a_mail_is_in_the_language_and_zone_of_its_reader(room: Room, ada: User, ben: User) -> None:
    choose(ben, zone="Asia/Shanghai")
    User.objects.filter(pk=ben.pk).update(language="zh-hans")
    say(room, ada, f"@{ben.handle} one")
    Message.objects.update(created_at=datetime(2026, 11, 29, 20, 15, tzinfo=UTC))
    message = make_mail(ben, room)
    assert "04:15" in str(message.body)
    assert "Asia/Shanghai" in str(message.body)
    assert '<html lang="zh-hans">' in get_html(message)
    assert "未读" in message.subject


def test_a_moment_of_another_day_has_its_day(room: Room, ada: User, ben: User) -> None:
    choose(ben, zone="Europe/Berlin")
    say(room, ada, f"@{ben.handle} one")
    Message.objects.update(created_at=datetime(2026, 11, 28, 20, 15, tzinfo=UTC))
    assert "Nov. 28, 2026 21:15" in str(make_mail(ben, room).body)


def test_without_a_language_of_their_own_users_get_that_of_the_workspace(ben: User) -> None:
    assert get_mail_language(ben) == "en"
    Workspace.objects.update(language="zh-hans")
    Workspace.forget()
    assert get_mail_language(ben) == "zh-hans"


def test_the_text_and_the_html_have_the_same_links(room: Room, ada: User, ben: User) -> None:
    choose(ben)
    say(room, ada, f"@{ben.handle} one")
    message = make_mail(ben, room)
    links = re.compile(r"https://chat\.example\.com/[^\s\"<]+")
    assert set(links.findall(str(message.body))) == set(links.findall(get_html(message)))


def test_many_rooms_make_a_mail_of_ten(ada: User, ben: User) -> None:
    choose(ben)
    rooms = [make_room(ada, ben, name=f"room {number}") for number in range(12)]
    for room in rooms:
        say(room, ada, f"@{ben.handle} one")
    message = make_mail(ben, *rooms)
    assert message.subject == "Unread messages in 12 rooms"
    assert "And in 2 more rooms." in str(message.body)
    assert str(message.body).count("one") == 10


def test_a_conversation_of_many_is_named_by_three(ada: User, ben: User) -> None:
    choose(ben)
    others = [make_person(f"Person{number}") for number in range(5)]
    direct = services.open_direct(ada, [ben, *others])
    say(direct, ada, "one")
    assert make_mail(ben, direct).subject == "Unread messages from Ada Lovelace, Person0, Person1 +3"


def test_the_mail_for_a_new_password_has_the_same_look_and_no_list(ben: User) -> None:
    message = build_message(make_reset_mail(ben, "https://chat.example.com"), ben.email)
    assert message.subject == "Reset your password for Harbour team"
    assert "https://chat.example.com/reset/#myweb_reset_" in str(message.body)
    assert "https://chat.example.com/reset/#myweb_reset_" in get_html(message)
    headers = message.message()
    assert headers["Auto-Submitted"] == "auto-generated"
    assert "List-Unsubscribe" not in headers


def test_a_very_long_subject_is_cut(ben: User) -> None:
    assert len(build_message(Mail("x" * 500, ()), ben.email).subject) == 120


def test_a_mail_of_data_shows_all_of_it(ben: User) -> None:
    section = MailSection("Rooms", "/rooms/", (MailItem("words", "Ada", "12:00"),), "And more.")
    mail = Mail(
        "Subject",
        ("A line.",),
        (section,),
        "Open",
        "https://chat.example.com/",
        ("A note.",),
        (("Link", "https://chat.example.com/x"),),
    )
    message = build_message(mail, ben.email)
    for text in (str(message.body), get_html(message)):
        assert re.search(
            r"A line\..*Rooms.*Ada.*12:00.*words.*And more\..*A note\..*chat\.example\.com/x", text, re.DOTALL
        )


# The daily summary


def test_a_summary_has_what_is_unread_and_the_busiest_rooms(ada: User, ben: User) -> None:
    choose(ben, summary_hour=12)
    rooms = [make_room(ada, ben, name=f"room-{number}") for number in range(7)]
    for number, room in enumerate(rooms):
        for _message in range(number):
            say(room, ada, "for nobody")
    say(rooms[1], ada, f"@{ben.handle} for you")
    direct = services.open_direct(ada, [ben])
    say(direct, ada, "hello there")
    mail = prepare_summary_mail(ben.pk, NOON)
    assert mail
    text = str(mail.build().body)
    assert "2 messages for you are unread." in text
    assert "for you" in text
    assert "hello there" in text
    assert re.findall(r"#room-(\d): (\d) message", text) == [("6", "6"), ("5", "5"), ("4", "4"), ("3", "3"), ("1", "2")]
    assert "List-Unsubscribe" in mail.build().message()


def test_busy_counts_only_the_messages_of_a_day(room: Room, ada: User, ben: User) -> None:
    choose(ben, summary_hour=12)
    for hours in (100, 50, 30, 10, 5):
        sent = say(room, ada, "for nobody")
        Message.objects.filter(pk=sent.message).update(created_at=NOON - timedelta(hours=hours))
    mail = prepare_summary_mail(ben.pk, NOON)
    assert mail
    assert mail.busy_rooms == ((room.pk, "operations", 2),)


@pytest.mark.parametrize("silence", [{"muted_until": 2**33}, {"level": "nothing"}, {"last_read": 1}])
def test_without_anything_to_tell_there_is_no_summary_that_day(
    silence: dict[str, Any], room: Room, ada: User, ben: User
) -> None:
    choose(ben, summary_hour=12)
    say(room, ada, f"@{ben.handle} one")
    Membership.objects.filter(user=ben, room=room).update(**silence)
    assert prepare_summary_mail(ben.pk, NOON) is None
    assert NotificationSettings.objects.get(user=ben).summary_on == NOON.date()


def test_a_summary_without_words_names_no_room(room: Room, ada: User, ben: User) -> None:
    choose(ben, summary_hour=12, mail_shows_text=False)
    say(room, ada, f"@{ben.handle} secret words")
    mail = prepare_summary_mail(ben.pk, NOON)
    assert mail
    content = mail.build().message().as_bytes().decode() + str(mail.build().body)
    assert not re.search("secret|Lovelace|operations", content)


def test_a_summary_without_words_does_not_come_for_messages_to_others(room: Room, ada: User, ben: User) -> None:
    choose(ben, summary_hour=12, mail_shows_text=False)
    say(room, ada, "for nobody")
    assert prepare_summary_mail(ben.pk, NOON) is None


def test_another_app_adds_a_section(ben: User, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(ben, summary_hour=12)
    asked: list[tuple[User, datetime]] = []

    def make_section(user: User, since: datetime) -> MailSection:
        asked.append((user, since))
        return MailSection("Tides", "/tides/", (MailItem("high at 14:00"),))

    monkeypatch.setattr(summary_mail, "section_makers", [make_section, lambda _user, _since: None])
    mail = prepare_summary_mail(ben.pk, NOON)
    assert mail
    assert "Tides" in str(mail.build().body)
    assert asked == [(ben, NOON - timedelta(days=1))]


def test_a_summary_is_due_once_a_day(room: Room, ada: User, ben: User) -> None:
    choose(ben, summary_hour=12)
    say(room, ada, f"@{ben.handle} one")
    mail, same = prepare_summary_mail(ben.pk, NOON), prepare_summary_mail(ben.pk, NOON)
    assert mail
    assert same
    assert mail.confirm()
    assert not same.confirm()
    assert prepare_summary_mail(ben.pk, NOON + timedelta(hours=1)) is None
    assert prepare_summary_mail(ben.pk, NOON + timedelta(hours=24))
    mail.put_off(NOON)
    assert prepare_summary_mail(ben.pk, NOON + timedelta(hours=1))
