"""What a search engine, a link preview or the title of a tab shows of the pages that need no account."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from monitor.status import page
from monitor.status.models import StatusPage

pytestmark = pytest.mark.django_db


@pytest.fixture
def public(ada: User) -> Client:
    StatusPage.objects.update_or_create(pk=1, defaults={"title": "Harbour team", "published": True})
    page.clear_page_caches()
    return Client()


def title(text: str) -> str:
    found = re.search("<title>(.*?)</title>", text)
    assert found
    return found[1]


def test_the_status_page_says_its_name_once_in_the_title(public: Client) -> None:
    assert title(public.get(reverse("status")).content.decode()) == "Status · Harbour team"


@pytest.mark.parametrize("name", ["status", "account_login", "join"])
def test_public_pages_say_in_a_sentence_what_they_are(public: Client, name: str) -> None:
    found = re.findall(r'<meta name="description" content="([^"]+)">', public.get(reverse(name)).content.decode())
    assert len(found) == 1
    assert "Harbour team" in found[0]
