"""The tests of this folder scale, kill and stop a project of docker compose, which ``bin/test compose`` starts."""

import os
from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from tests.compose.project import find_database


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "compose" in item.keywords:
            item.add_marker(pytest.mark.timeout(600))


@pytest.fixture(autouse=True)
def quick_passwords() -> None:
    """The site reads what is written here: nothing may differ from its settings."""


@pytest.fixture(autouse=True)
def own_prefix() -> None:
    """As above."""


@pytest.fixture(autouse=True)
def their_database(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    assert "MYWEB_TEST_COMPOSE" in os.environ, "needs a project of docker compose: bin/test compose"
    find_database()
    with django_db_blocker.unblock():
        yield
