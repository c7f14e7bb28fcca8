"""The theme that a browser chose stands in each page from its first byte."""

import pytest
from django.test import Client

from accounts.models import User
from tests.support.cast import as_

pytestmark = pytest.mark.django_db


def test_a_page_begins_in_the_chosen_theme(ada: User) -> None:
    client = as_(ada)
    client.post("/theme/", {"theme": "dark", "next": "/profile/"})
    for path in ("/profile/", client.get("/").url, "/dashboards/host/"):  # type: ignore[attr-defined]
        page = client.get(path).content.decode()
        assert 'data-theme="dark"' in page
        assert '<meta name="color-scheme" content="dark">' in page


def test_without_a_choice_the_system_decides(ada: User) -> None:
    client = as_(ada)
    for cookie in ("", "purple", '"><script>'):
        client.cookies["theme"] = cookie
        page = client.get("/profile/").content.decode()
        assert 'data-theme="system"' in page
        assert 'content="light dark"' in page


def test_visitors_choose_too_and_return_to_their_page_and_nowhere_else(ada: User) -> None:
    visitor = Client()
    assert visitor.post("/theme/", {"theme": "light", "next": "/accounts/login/"})["Location"] == "/accounts/login/"
    assert visitor.cookies["theme"].value == "light"
    assert visitor.post("/theme/", {"theme": "dark", "next": "https://evil.example/"})["Location"] == "/"
    visitor.post("/theme/", {"theme": "purple"})
    assert visitor.cookies["theme"].value == "dark"
