"""The tests of this folder scale, kill and stop a project of docker compose, which ``bin/test compose`` starts."""

import os

import pytest

from tests.compose.project import find_database


@pytest.fixture(autouse=True)
def database_of_the_project(their_database: None) -> None:
    assert "MYWEB_TEST_COMPOSE" in os.environ, "needs a project of docker compose: bin/test compose"
    find_database()
