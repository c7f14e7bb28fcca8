"""A page acts for the user that it was made for, or not at all; what was filled in comes back."""

import re
from html import unescape
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import User
from chat.models import Message, Room
from realtime.database import in_thread
from realtime.protocol import Close
from tests.support.cast import PASSWORD, as_
from tests.support.wire import ORIGIN, Tab, open_session, reached

SAME_ORIGIN = {"Origin": "http://127.0.0.1:8000", "Host": "127.0.0.1:8000"}
pytestmark = pytest.mark.django_db


def browser() -> Client:
    return Client(enforce_csrf_checks=True, headers=SAME_ORIGIN)


def hidden(page: str) -> dict[str, str]:
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
    return {unescape(name): unescape(value) for name, value in fields}


def sign_in(client: Client, user: User) -> None:
    """By the form, as browsers do it: Django changes the CSRF token then."""
    page = client.get("/accounts/login/").content.decode()
    form = {**hidden(page), "login": user.email, "password": PASSWORD}
    assert client.post("/accounts/login/", form).status_code == 302


def sign_out(client: Client) -> None:
    client.post("/accounts/logout/", hidden(client.get("/accounts/logout/").content.decode()))


def opened(client: Client, path: str) -> dict[str, str]:
    """What a form of this page carries beside its own fields."""
    page = client.get(path).content.decode()
    return {name: value for name, value in hidden(page).items() if name in {"csrfmiddlewaretoken", "page_user"}}


def test_every_form_carries_the_user_of_its_page(ben: User, room: Room) -> None:
    client = as_(ben)
    for path in ("/profile/", "/rooms/new/", f"/rooms/{room.pk}/", "/dashboards/", "/direct/"):
        page = client.get(path, follow=True).content.decode()
        assert page.count('name="csrfmiddlewaretoken"') == page.count(f'name="page_user" value="{ben.pk}"') > 0, path
        assert f'<meta name="page-user" content="{ben.pk}">' in page, path


@pytest.mark.parametrize("token", ["stale", "current"])
def test_a_form_of_adas_page_changes_nothing_once_ben_has_signed_in(ada: User, ben: User, token: str) -> None:
    client = browser()
    sign_in(client, ada)
    form = opened(client, "/profile/") | {"name": "Countess Ada", "handle": "countess", "colour": "1"}
    sign_out(client)
    sign_in(client, ben)
    if token == "current":
        form |= {"csrfmiddlewaretoken": opened(client, "/profile/")["csrfmiddlewaretoken"]}
    answer = client.post("/profile/", form)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "You are now signed in as Ben." in page
    assert ">Countess Ada</textarea>" in page, "the words are given back"
    assert 'id="again"' not in page, "but not to be sent as Ben's"
    assert set(User.objects.values_list("handle", flat=True)) == {ada.handle, ben.handle}


def test_a_message_posted_by_adas_page_is_never_bens(ada: User, ben: User, room: Room) -> None:
    body = {"client_id": str(uuid4()), "body": "Ada's own words"}
    answer = as_(ben).post(
        f"/rooms/{room.pk}/messages/", body, content_type="application/json", headers={"X-Page-User": str(ada.pk)}
    )
    assert (answer.status_code, answer["Content-Type"]) == (409, "application/json")
    assert answer.json()["error"]["code"] == "stale_page"
    assert "signed in as Ben" in answer.json()["error"]["text"]
    assert not Message.objects.filter(room=room).exists()


def test_adas_page_reads_nothing_as_ben(ada: User, ben: User, room: Room) -> None:
    answer = as_(ben).get(f"/rooms/{room.pk}/history/", headers={"X-Page-User": str(ada.pk)})
    assert answer.status_code == 409


@pytest.mark.parametrize("stated", ["999999", "x", "-1", "9" * 5000, "½", "0"])
def test_a_user_that_is_none_is_nobody(ben: User, stated: str) -> None:
    answer = as_(ben).post("/profile/", {"page_user": stated, "name": "X", "handle": "x", "colour": "1"})
    assert answer.status_code == 409


def test_a_form_filled_in_before_signing_in_again_is_sent_by_one_click(ben: User) -> None:
    client = browser()
    sign_in(client, ben)
    form = opened(client, "/profile/") | {"name": "Benjamin", "handle": "benjamin", "colour": "1"}
    sign_out(client)
    sign_in(client, ben)
    refused = client.post("/profile/", form)
    assert refused.status_code == 403
    assert client.post("/profile/", hidden(refused.content.decode())).status_code == 302
    ben.refresh_from_db()
    assert (ben.name, ben.handle) == ("Benjamin", "benjamin")


def test_a_form_of_a_signed_out_page_is_kept_until_its_user_is_back(ada: User, ben: User) -> None:
    client = browser()
    sign_in(client, ben)
    form = opened(client, "/profile/") | {"name": "Benjamin", "handle": "benjamin", "colour": "1"}
    sign_out(client)
    kept = hidden(client.post("/profile/", form).content.decode())
    assert (kept["name"], kept["page_user"]) == ("Benjamin", str(ben.pk))
    sign_in(client, ada)
    assert client.post("/profile/", kept).status_code == 409, "another user's form stays theirs"
    sign_out(client)
    sign_in(client, ben)
    again = client.post("/profile/", kept)
    assert client.post("/profile/", hidden(again.content.decode())).status_code == 302
    ben.refresh_from_db()
    assert ben.name == "Benjamin"


def test_a_second_sign_in_tab_leads_on(ben: User) -> None:
    client = browser()
    form = opened(client, "/accounts/login/")
    sign_in(client, ben)
    answer = client.post("/accounts/login/?next=/profile/", form | {"login": ben.email, "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/profile/")


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_a_second_sign_in_tab_leads_to_no_other_site(ben: User, wanted: str) -> None:
    client = browser()
    form = opened(client, "/accounts/login/")
    sign_in(client, ben)
    answer = client.post("/accounts/login/", form | {"login": ben.email, "password": PASSWORD, "next": wanted})
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_signing_in_as_another_user_in_a_second_tab_says_who_is_signed_in(ada: User, ben: User) -> None:
    client = browser()
    form = opened(client, "/accounts/login/")
    sign_in(client, ben)
    answer = client.post("/accounts/login/", form | {"login": ada.email, "password": PASSWORD})
    assert answer.status_code == 409
    assert "You are already signed in as Ben." in answer.content.decode()
    assert PASSWORD not in answer.content.decode()


def test_a_stale_sign_in_form_keeps_no_password_and_leads_back(ada: User) -> None:
    client = browser()
    form = opened(client, "/accounts/login/")
    sign_in(client, ada)
    sign_out(client)
    answer = client.post("/accounts/login/", form | {"login": "ada@example.com", "password": PASSWORD})
    page = answer.content.decode()
    assert answer.status_code == 403
    assert PASSWORD not in page
    assert "ada@example.com" in page
    assert 'href="/accounts/login/"' in page


def test_without_cookies_the_sign_in_page_says_that_they_are_needed(ada: User) -> None:
    form = opened(browser(), "/accounts/login/") | {"login": ada.email, "password": PASSWORD}
    answer = browser().post("/accounts/login/", form)
    assert answer.status_code == 403
    assert "Allow cookies for this site" in answer.content.decode()


FORGED = {
    "another site": {"Origin": "https://evil.example"},
    "a sandboxed page": {"Origin": "null"},
    "no word of a browser": {},
    "another site, told by the browser": {"Sec-Fetch-Site": "cross-site"},
}


@pytest.mark.parametrize("headers", FORGED.values(), ids=FORGED.keys())
def test_a_forged_form_is_not_offered_again(ben: User, headers: dict[str, str]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ben)
    client.get("/profile/")
    answer = client.post("/profile/", {"name": "Forged", "handle": "forged", "colour": "1"}, headers=headers)
    assert answer.status_code == 403
    assert "Forged" not in answer.content.decode()


def test_what_is_too_large_for_a_page_is_not_given_back(ben: User) -> None:
    client = browser()
    sign_in(client, ben)
    answer = client.post("/profile/", {"name": "&" * 1_000_000, "csrfmiddlewaretoken": "old"})
    assert answer.status_code == 403
    assert len(answer.content) < 50_000


def test_programs_are_not_asked_for_a_page(ada: User) -> None:
    answer = Client().post("/api/push/none", {"page_user": str(ada.pk)})
    assert answer.status_code != 409


async def opened_by(user: User, query: bytes) -> Tab:
    tab = Tab(await in_thread(open_session, user), origin=ORIGIN)
    tab.scope["query_string"] = query
    await tab.open()
    return tab


@pytest.mark.django_db(transaction=True)
async def test_a_socket_of_adas_page_is_not_bens(ada: User, ben: User) -> None:
    tab = await opened_by(ben, f"user={ada.pk}".encode())
    assert await tab.closed() == Close.OTHER_USER
    await reached(lambda: tab.events)
    assert [event["data"] for event in tab.events] == [{"user": ben.pk, "name": "Ben"}], "no hello"


@pytest.mark.django_db(transaction=True)
async def test_a_socket_of_bens_own_page_is_his(ben: User) -> None:
    tab = await opened_by(ben, f"user={ben.pk}".encode())
    assert tab.data("socket", "hello")[0]["user"] == ben.pk
    assert tab.code is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("query", [b"user=", b"user=x", b"user=-1", b"user=" + b"9" * 5000, b"user=%FF", b"user=0"])
async def test_a_socket_of_a_page_of_nobody_is_nobodys(ben: User, query: bytes) -> None:
    assert await (await opened_by(ben, query)).closed() == Close.OTHER_USER
