"""A request that fails gets a page of the site with a way on, and what was typed comes back."""

from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client

from accounts.models import User, Workspace
from chat import access, services, shell
from chat.models import Room
from tests.support.cast import as_

pytestmark = pytest.mark.django_db

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
OWN_FORM = {"Origin": "http://127.0.0.1:8000"}
TYPED = "What the harbour is for"


def browser(user: User | None = None) -> Client:
    client = as_(user) if user else Client()
    client.raise_request_exception = False
    client.defaults["HTTP_ACCEPT"] = HTML["Accept"]
    return client


def read_page(answer: Any) -> str:
    assert answer["Content-Type"].startswith("text/html")
    page: str = answer.content.decode()
    assert "<h1>" in page
    return page


def is_in_shell(page: str) -> bool:
    return 'id="rooms"' in page and 'id="view"' in page


def test_an_address_that_never_was_is_a_page_in_the_shell(ben: User) -> None:
    answer = browser(ben).get("/nowhere/")
    page = read_page(answer)
    assert answer.status_code == 404
    assert is_in_shell(page)
    assert 'href="/">Back to the rooms</a>' in page


def test_a_visitor_gets_the_page_alone(ada: User) -> None:
    answer = browser().get("/nowhere/")
    page = read_page(answer)
    assert (answer.status_code, is_in_shell(page)) == (404, False)
    assert 'href="/">Back to the rooms</a>' in page


def test_a_form_about_something_that_is_gone_comes_back_in_words(ben: User, room: Room) -> None:
    path = f"/rooms/{room.pk}/settings/"
    room.delete()
    answer = browser(ben).post(path, {"name": "quay", "description": TYPED, "welcome": "1"}, headers=OWN_FORM)
    assert answer.status_code == 404
    assert f">{TYPED}</textarea>" in read_page(answer)


def test_a_page_repeats_nothing_that_another_site_sent(ben: User) -> None:
    answer = browser(ben).post("/nowhere/", {"description": TYPED}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 404
    assert TYPED not in answer.content.decode()


@pytest.mark.parametrize(
    ("path", "way_on"),
    [
        ("/rooms/{room}/members/", "/rooms/{room}/"),
        ("/profile/sign-out-elsewhere/", "/profile/"),
        ("/walls/7/revoke/", "/walls/"),
        ("/theme/", "/"),
        ("/messages/7/delete/", "/"),
    ],
)
def test_an_address_of_a_form_leads_to_a_page_when_it_is_opened(ada: User, room: Room, path: str, way_on: str) -> None:
    answer = browser(ada).get(path.format(room=room.pk))
    page = read_page(answer)
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert is_in_shell(page)
    assert f'href="{way_on.format(room=room.pk)}">Go to the page</a>' in page


def test_a_visitor_who_opens_the_address_of_a_form_gets_a_page_too(ada: User) -> None:
    answer = browser().get("/theme/")
    page = read_page(answer)
    assert (answer.status_code, is_in_shell(page)) == (405, False)


def test_a_form_sent_to_a_page_without_one_comes_back_in_words(ben: User) -> None:
    answer = browser(ben).post("/rooms/", {"description": TYPED}, headers=OWN_FORM)
    page = read_page(answer)
    assert answer.status_code == 405
    assert f">{TYPED}</textarea>" in page
    assert 'href="/rooms/">Go to the page</a>' in page


@pytest.mark.parametrize("accept", ["application/json", "*/*"])
def test_scripts_and_api_clients_keep_the_bare_answer(ben: User, room: Room, accept: str) -> None:
    client = browser(ben)
    client.defaults["HTTP_ACCEPT"] = accept
    answer = client.get(f"/rooms/{room.pk}/members/")
    assert (answer.status_code, answer.content) == (405, b"")


def test_a_head_request_keeps_the_bare_answer(ben: User, room: Room) -> None:
    answer = browser(ben).head(f"/rooms/{room.pk}/members/")
    assert (answer.status_code, answer.content) == (405, b"")


def test_a_refusal_says_why_in_the_shell(ben: User, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.exceptions import PermissionDenied

    def refuse(*_arguments: Any, **_names: Any) -> None:
        raise PermissionDenied("Only admins can do that.")

    monkeypatch.setattr(services, "update_room", refuse)
    form = {"name": "quay", "description": TYPED}
    answer = browser(ben).post(f"/rooms/{room.pk}/settings/", form, headers=OWN_FORM)
    page = read_page(answer)
    assert answer.status_code == 403
    assert is_in_shell(page)
    assert "Only admins can do that." in page
    assert f">{TYPED}</textarea>" in page


@pytest.mark.parametrize("signed_in", [True, False])
def test_a_forged_form_gets_a_page_with_a_way_on(ben: User, signed_in: bool) -> None:
    client = Client(enforce_csrf_checks=True)
    if signed_in:
        client.force_login(ben)
    answer = client.post("/theme/", {"theme": "dark"}, headers={"Origin": "https://evil.example", **HTML})
    page = read_page(answer)
    assert (answer.status_code, is_in_shell(page)) == (403, signed_in)
    assert 'href="/">Back to the rooms</a>' in page


def test_a_stale_form_of_a_user_comes_back_in_the_shell(ben: User) -> None:
    client = as_(ben, enforce_csrf_checks=True, headers={**OWN_FORM, "Host": "127.0.0.1:8000"})
    answer = client.post("/profile/", {"name": TYPED, "csrfmiddlewaretoken": "x" * 64, "page_user": str(ben.pk)})
    page = read_page(answer)
    assert (answer.status_code, is_in_shell(page)) == (403, True)
    assert f'<input type="hidden" name="name" value="{TYPED}">' in page
    assert 'form="again"' in page


def test_a_failure_of_the_server_gives_back_what_was_typed(
    ben: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: Any, **_names: Any) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(services, "update_room", fail)
    form = {"name": "quay", "description": TYPED, "token": "a secret thing"}
    answer = browser(ben).post(f"/rooms/{room.pk}/settings/", form, headers=OWN_FORM)
    page = read_page(answer)
    assert answer.status_code == 500
    assert not is_in_shell(page)
    assert f">{TYPED}</textarea>" in page
    assert "a secret thing" not in page
    assert 'href="/">Back to the rooms</a>' in page


def test_the_page_of_a_failure_needs_no_database(ben: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: Any, **_names: Any) -> None:
        raise DatabaseError("the database is away")

    client = browser(ben)
    monkeypatch.setattr(Workspace, "current", fail)
    monkeypatch.setattr(shell, "build_shell", fail)
    monkeypatch.setattr(access, "member_rooms", fail)
    answer = client.get("/rooms/")
    assert answer.status_code == 500
    assert "Something went wrong" in read_page(answer)


def test_a_request_that_cannot_be_read_gets_a_page(ben: User, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 2
    answer = browser(ben).post("/profile/", {"a": "1", "b": "2", "c": "3"})
    assert answer.status_code == 400
    assert 'href="/">Back to the rooms</a>' in read_page(answer)


def test_too_many_opened_pages_are_refused_by_a_page(ben: User, rf: Any) -> None:
    from myweb.too_many_requests import render_too_many_requests

    request = rf.get("/reset/", headers=HTML)
    request.user, request.session = ben, {}
    answer = render_too_many_requests(request, 3, "Too many attempts. Try again in 3 s.")
    page = read_page(answer)
    assert (answer.status_code, answer["Retry-After"]) == (429, "3")
    assert 'href="/reset/">Try again</a>' in page
