"""The settings of mails, and the link that ends them: without a session, with one request, for one kind of mail."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.signing import Signer
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User, Workspace
from chat.models import NotificationSettings
from chat.notifications.mail_settings import change_mail_settings
from chat.notifications.unsubscribe import (
    SUMMARY,
    UNREAD,
    make_unsubscribe_headers,
    make_unsubscribe_url,
    read_unsubscribe_token,
)
from myweb.masking import mask_tokens
from tests.support.cast import as_

pytestmark = pytest.mark.django_db

ORIGIN = "https://chat.example.com"
PAGE = "/settings/notifications/"
PLACE = "/settings/mail/"  # of the form
FORM = {"delay": "15", "shows_text": "yes", "summary_hour": "7", "zone": "Europe/Berlin"}


@pytest.fixture(autouse=True)
def mail_is_set_up(settings: Settings) -> None:
    settings.EMAIL_HOST = "mail.example.com"
    settings.ORIGINS = [ORIGIN]


@pytest.fixture
def foreign() -> Client:
    """The server of a mail program: no cookies, no token of a form."""
    return Client(enforce_csrf_checks=True)


def chosen(user: User) -> tuple[int, int | None]:
    row = NotificationSettings.objects.get(user=user)
    return row.mail_delay, row.summary_hour


def get_path(user: User, kind: str) -> str:
    return make_unsubscribe_url(user, kind).removeprefix(ORIGIN)


@pytest.fixture
def wants_all(ben: User) -> User:
    NotificationSettings.objects.create(user=ben, mail_delay=30, summary_hour=7)
    return ben


@pytest.mark.parametrize(("kind", "left"), [(UNREAD, (0, 7)), (SUMMARY, (30, None))])
def test_one_request_of_a_foreign_program_ends_one_kind(
    kind: str, left: tuple[int, int | None], foreign: Client, wants_all: User, settings: Settings
) -> None:
    for _time in range(2):
        answer = foreign.post(get_path(wants_all, kind), {"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert settings.SESSION_COOKIE_NAME not in answer.cookies
        assert chosen(wants_all) == left


@pytest.mark.parametrize("body", ["", "List-Unsubscribe=One-Click", "anything"])
def test_the_request_counts_whatever_its_body_is(body: str, foreign: Client, wants_all: User) -> None:
    answer = foreign.post(get_path(wants_all, UNREAD), body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert chosen(wants_all) == (0, 7)


def test_looking_at_the_link_changes_nothing_and_shows_a_button(foreign: Client, wants_all: User) -> None:
    for look in (foreign.get, foreign.head):
        answer = look(get_path(wants_all, UNREAD))
        assert answer.status_code == 200
    assert b"Stop these mails" in foreign.get(get_path(wants_all, UNREAD)).content
    assert chosen(wants_all) == (30, 7)


def test_a_user_without_settings_can_end_mails_too(foreign: Client, ben: User) -> None:
    foreign.post(get_path(ben, UNREAD))
    assert chosen(ben) == (0, None)


def test_a_link_works_in_the_browser_of_another_user_and_after_leaving(
    foreign: Client, wants_all: User, ada: User
) -> None:
    User.objects.filter(pk=wants_all.pk).update(is_active=False)
    assert as_(ada, enforce_csrf_checks=True).post(get_path(wants_all, UNREAD)).status_code == 200
    assert chosen(wants_all) == (0, 7)
    assert not NotificationSettings.objects.filter(user=ada).exists()


def tamper(token: str, ben: User, ada: User) -> list[str]:
    subject, _sep, signature = token.removeprefix("myweb_mail_").rpartition(":")
    foreign = Signer(salt="accounts.invitation").sign(subject)
    return [
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        token.replace("unread", "summary"),
        token.replace(f"-{ben.pk}-", f"-{ada.pk}-"),
        token.removeprefix("myweb_mail_"),
        f"myweb_join_{subject}:{signature}",
        f"myweb_mail_{foreign}",
        f"myweb_mail_{subject}",
        "myweb_mail_",
        "x",
        "9" * 5_000,
    ]


def test_changed_links_and_links_of_other_kinds_are_refused(foreign: Client, wants_all: User, ada: User) -> None:
    token = get_path(wants_all, UNREAD).split("/")[2]
    assert read_unsubscribe_token(token) == (wants_all, UNREAD)
    for changed in tamper(token, wants_all, ada):
        for ask in (foreign.get, foreign.post):
            assert ask(reverse("mail_unsubscribe", args=[changed])).status_code == 404, changed
    assert chosen(wants_all) == (30, 7)


def test_a_link_of_an_earlier_database_does_not_count_for_the_user_of_the_same_number(
    foreign: Client, wants_all: User
) -> None:
    path = get_path(wants_all, UNREAD)
    User.objects.filter(pk=wants_all.pk).update(joined_at=timezone.now() + timedelta(days=1))
    assert foreign.post(path).status_code == 404


def test_the_headers_offer_one_click_only_where_the_standard_allows_it(ben: User, settings: Settings) -> None:
    headers = make_unsubscribe_headers(ben, UNREAD)
    assert headers["List-Unsubscribe"] == f"<{make_unsubscribe_url(ben, UNREAD)}>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    settings.ORIGINS = ["http://127.0.0.1:8000"]
    assert make_unsubscribe_headers(ben, UNREAD).keys() == {"List-Unsubscribe"}


def test_the_log_does_not_have_the_link(ben: User) -> None:
    assert mask_tokens(f"POST {get_path(ben, UNREAD)} 200") == "POST /unsubscribe/myweb_mail_.../ 200"


# Settings


def test_the_settings_are_saved_without_a_script(ben: User) -> None:
    browser = as_(ben)
    assert b"After 30 minutes" in browser.get(PAGE).content
    answer = browser.post(PLACE, FORM, follow=True)
    assert b"Saved." in answer.content
    row = NotificationSettings.objects.get(user=ben)
    assert (row.mail_delay, row.mail_shows_text, row.summary_hour, row.zone) == (15, True, 7, "Europe/Berlin")
    assert b"Times are in Europe/Berlin." in browser.get(PAGE).content


def test_the_settings_are_saved_by_the_script_and_errors_name_their_field(ben: User) -> None:
    browser = as_(ben)
    assert browser.post(PLACE, FORM, headers={"accept": "application/json"}).json() == {}
    answer = browser.post(PLACE, FORM | {"delay": "7"}, headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["fields"].keys()) == (400, {"delay"})
    assert NotificationSettings.objects.get(user=ben).mail_delay == 15


@pytest.mark.parametrize(
    "wrong", [{"delay": ""}, {"delay": "-1"}, {"summary_hour": "24"}, {"shows_text": "x"}, {"zone": "x" * 65}]
)
def test_a_choice_that_does_not_exist_is_refused(wrong: dict[str, str], ben: User) -> None:
    assert as_(ben).post(PLACE, FORM | wrong).status_code == 200
    assert not NotificationSettings.objects.exists()


def test_the_zone_of_a_browser_does_not_replace_a_chosen_one(ben: User) -> None:
    NotificationSettings.objects.create(user=ben, zone="Asia/Shanghai")
    as_(ben).post(PLACE, FORM)
    assert NotificationSettings.objects.get(user=ben).zone == "Asia/Shanghai"


def test_a_zone_that_does_not_exist_is_not_stored(ben: User) -> None:
    as_(ben).post(PLACE, FORM | {"zone": "Mars/Base"})
    assert NotificationSettings.objects.get(user=ben).zone == ""


@pytest.mark.parametrize(("hour", "last"), [(8, date(2026, 11, 30)), (14, date(2026, 11, 29))])
def test_a_new_hour_begins_with_its_next_time(hour: int, last: date, ben: User) -> None:
    now = datetime(2026, 11, 30, 12, tzinfo=UTC)
    change_mail_settings(ben, delay=30, shows_text=False, summary_hour=hour, zone="", now=now)
    assert NotificationSettings.objects.get(user=ben).summary_on == last


def test_where_the_workspace_forbids_words_the_choice_is_shown_as_it_is_and_kept(ben: User) -> None:
    NotificationSettings.objects.create(user=ben, mail_shows_text=True)
    Workspace.objects.update(mail_may_show_text=False)
    Workspace.forget()
    browser = as_(ben)
    assert b"The workspace allows no more in mails." in browser.get(PAGE).content
    browser.post(PLACE, FORM)
    assert NotificationSettings.objects.get(user=ben).mail_shows_text


def test_without_a_mail_server_only_admins_read_a_sentence(ada: User, ben: User, settings: Settings) -> None:
    settings.EMAIL_HOST = ""
    pages = [as_(user).get(PAGE).content for user in (ada, ben)]
    assert [b"Set EMAIL_HOST" in page for page in pages] == [True, False]
    assert not any(b"id_mail_delay" in page or b'id="mail"' in page for page in pages[1:])
    assert b"id_mail_delay" not in pages[0]
    assert as_(ben).post(PLACE, FORM).status_code == 404
    assert b"mail_may_show_text" not in as_(ada).get("/workspace/").content


def test_the_address_in_mails_leads_to_the_section(ben: User) -> None:
    assert as_(ben).get(PLACE).headers["Location"] == f"{PAGE}#mail"


def test_owners_decide_what_mails_may_contain(ada: User) -> None:
    form = {"name": "Harbour team", "language": "", "mail_may_show_text": "no"}
    as_(ada).post("/workspace/", form)
    assert not Workspace.objects.get().mail_may_show_text
    as_(ada).post("/workspace/", form | {"mail_may_show_text": "yes"})
    assert Workspace.objects.get().mail_may_show_text


# The language of mails


def test_the_language_of_a_page_becomes_that_of_mails(ben: User, client: Client) -> None:
    sign_in = {"login": ben.email, "password": "correct horse battery"}
    client.post("/accounts/login/", sign_in, headers={"accept-language": "zh-hans"})
    assert User.objects.get(pk=ben.pk).language == "zh-hans"
    client.post("/i18n/setlang/", {"language": "en"})
    assert User.objects.get(pk=ben.pk).language == "en"
    client.post("/i18n/setlang/", {"language": "xx"})
    assert User.objects.get(pk=ben.pk).language == "en"
