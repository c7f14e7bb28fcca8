"""The tests of this folder break a running stack, which they find in MYWEB_STACK_DIR: ``bin/test faults``."""

import os

import pytest
from django.conf import settings

from tests.faults.stack import port_of


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if "MYWEB_STACK_DIR" not in os.environ:
        for item in items:
            if "faults" in item.keywords:
                item.add_marker(pytest.mark.skip("needs a stack: bin/test faults"))


@pytest.fixture(autouse=True)
def database_of_the_stack(their_database: None) -> None:
    assert settings.DATABASES["default"].get("PORT") == port_of("postgres"), "not in the environment of the stack"
