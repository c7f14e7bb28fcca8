"""The cast of every test: Ada owns, Ben is a member, Cleo is always the stranger."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import translation
from pytest_django.fixtures import Settings

from accounts.models import Role, User, Workspace
from accounts.services import create_workspace
from chat import cache as chat_cache
from chat.models import Room
from monitor.alerts.webhook_views import get_integration_buckets
from monitor.metrics.ingest.push import get_push_buckets
from monitor.status.page import clear_page_caches
from realtime import rate_limits
from tests.support.rooms import make_room

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def fresh_process(settings: Settings) -> None:
    """Forgets what a process keeps between requests: the workspace's name, rendered pages, limits, the language.

    The count stands in memory here, so that tests without a database need none.
    """
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    Workspace.forget()
    chat_cache.clear_room_cache()
    cache.clear()
    translation.deactivate()
    clear_page_caches()
    for get_buckets in (
        rate_limits.command_buckets,
        rate_limits.post_buckets,
        get_push_buckets,
        get_integration_buckets,
    ):
        get_buckets.cache_clear()


def make_person(name: str, **fields: Any) -> User:
    return User.objects.create_user(f"{name.lower()}@example.com", PASSWORD, name=name, **fields)


def as_(person: User, **options: Any) -> Client:
    """A browser in which somebody is signed in."""
    client = Client(**options)
    client.force_login(person)
    return client


@pytest.fixture
def ada(db: None) -> User:
    return create_workspace(
        workspace_name="Harbour team", name="Ada Lovelace", email="ada@example.com", password=PASSWORD
    )


@pytest.fixture
def ben(ada: User) -> User:
    return make_person("Ben")


@pytest.fixture
def cleo(ada: User) -> User:
    return make_person("Cleo")


@pytest.fixture
def dora(ada: User) -> User:
    """An admin, where one is needed beside the owner."""
    return make_person("Dora", role=Role.ADMIN)


@pytest.fixture
def eve(ada: User) -> User:
    """Was a member once, where that makes a difference."""
    return make_person("Eve")


@pytest.fixture
def room(ada: User, ben: User) -> Room:
    """Ada's, with Ben in it and without Cleo."""
    return make_room(ada, ben)
