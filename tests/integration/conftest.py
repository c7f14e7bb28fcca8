import os
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen

import pytest
from pytest_django.fixtures import Settings
from redis import Redis

from deploy import keys
from realtime import publish
from tests.support import redis as stores
from tests.support.patient import lead_to
from tests.support.serving import Server, Start


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """bin/test runs these tests with SQLite and with PostgreSQL, side by side."""
    if not os.environ.get("DATABASE_HOST"):
        return
    repeated = {item for item in items if item.get_closest_marker("any_database")}
    config.hook.pytest_deselected(items=list(repeated))
    items[:] = [item for item in items if item not in repeated]


@pytest.fixture(autouse=True)
def files_root(settings: Settings, tmp_path: Path) -> Path:
    """The folder of files of this test: others run beside it."""
    settings.MEDIA_ROOT = str(tmp_path / "files")
    return tmp_path / "files"


@pytest.fixture
def start(transactional_db: None, tmp_path: Path) -> Iterator[Start]:
    """``start(NAME="value")``: a socket server of its own process, which ends with the test."""
    started: list[Server] = []

    def start(**more: str) -> Server:
        started.append(Server(tmp_path / f"{len(started)}.sock", **more))
        return started[-1]

    yield start
    for server in started:
        server.end()


@pytest.fixture(params=["database", "redis"])
def place(request: pytest.FixtureRequest, settings: Settings) -> None:
    """Where the collector and the pages keep what they tell each other."""
    if request.param == "redis":
        request.getfixturevalue("real_redis")
    else:
        settings.REDIS = None


@pytest.fixture
def own_redis(settings: Settings) -> Iterator[tuple["Popen[bytes]", Redis]]:
    """A Redis that only this test has: its process, and a client."""
    port = stores.free_port()
    with stores.server(port) as process:
        lead_to(settings, port)
        with Redis(port=port) as client:
            yield process, client
    publish._client = None


@pytest.fixture
def no_redis(settings: Settings) -> None:
    settings.REDIS = None


@pytest.fixture
def key_of_chance(settings: Settings) -> None:
    """In place of the tests' own, which can be guessed."""
    settings.SECRET_KEY = keys.generate_secret()
