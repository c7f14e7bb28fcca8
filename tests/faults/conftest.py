"""The tests of this folder break a running stack, which they find in MYWEB_STACK_DIR: ``bin/test faults``."""

import os
from collections.abc import Iterator

import pytest
from django.conf import settings
from pytest_django import DjangoDbBlocker

from tests.faults.stack import port_of


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "faults" in item.keywords:
            item.add_marker(pytest.mark.timeout(300))
            if "MYWEB_STACK_DIR" not in os.environ:
                item.add_marker(pytest.mark.skip("needs a stack: bin/test faults"))


@pytest.fixture(autouse=True)
def quick_passwords() -> None:
    """The servers under test read what is written here: nothing may differ from their settings."""


@pytest.fixture(autouse=True)
def own_prefix() -> None:
    """As above."""


@pytest.fixture(autouse=True)
def their_database(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    assert settings.DATABASES["default"].get("PORT") == port_of("postgres"), "not in the environment of the stack"
    with django_db_blocker.unblock():
        yield
