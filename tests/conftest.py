import asyncio
import gc
import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import uuid4

import hypothesis
import pytest
from django.core.management.commands import flush
from django.db import connections
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from accounts.models import User
from realtime import background, publish
from realtime import hub as hubs
from realtime.database import in_thread, threads
from realtime.hub import Hub
from tests.support.cast import ada, ben, cleo, dora, eve, fresh_process, room
from tests.support.wire import Tab, open_session

__all__ = ["ada", "ben", "cleo", "dora", "eve", "fresh_process", "room"]

hypothesis.settings.register_profile("ours", database=None, deadline=None, print_blob=True)
hypothesis.settings.load_profile("ours")

gc.set_threshold(50_000, 50)  # with the default, a fifth of the CPU time of the tests is spent on collections

HERE = Path(__file__).parent
INSIDE = {"unit", "integration"}  # the site is in the tests' own process; others ask servers and keep their settings
MARKED = {"integration", "browser", "faults", "schemes", "compose", "host", "commands"}
SECONDS = {"faults": 300, "compose": 600, "host": 1200}  # that a test may take; elsewhere as pyproject.toml says
KEPT_TABLES = {"django_content_type", "auth_permission"}
Connect = Callable[..., Any]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test is marked by the folder it lives in."""
    for item in items:
        folder = folder_of(item)
        if folder in MARKED:
            item.add_marker(folder)
        if folder in SECONDS:
            item.add_marker(pytest.mark.timeout(SECONDS[folder]))
        if folder == "browser":  # no exception gets out of Playwright's loop for certain; this way ends the process
            item.add_marker(pytest.mark.timeout(method="thread"))


def pytest_collection_finish() -> None:
    """Modules and tests stay until the end: the garbage collector need not visit them."""
    gc.freeze()


def folder_of(item: pytest.Item) -> str:
    return item.path.relative_to(HERE).parts[0]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite in memory locks whole tables between threads, and the socket side has several: a file, as in real life."""
    default = connections["default"]
    if default.vendor == "sqlite":
        default.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture
def their_database(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """That of a site which runs beside the tests, to be read and filled as it is: pytest-django would make another."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    connections["default"].ops.sql_flush = delete_rows  # type: ignore[method-assign]
    # What it would make again stays in KEPT_TABLES. setattr, since mypy knows no imported names of a module.
    setattr(flush, "emit_post_migrate_signal", lambda *arguments, **options: None)  # noqa: B010
    yield
    for future in on_every_thread(connections.close_all):
        future.result()  # PostgreSQL drops no database that is still in use


def delete_rows(style: object, tables: Iterable[str], **options: object) -> list[str]:
    """Empties the tables that have rows, after each test."""
    names = sorted(set(tables) - KEPT_TABLES)
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f'EXISTS (SELECT 1 FROM "{name}")' for name in names))
        filled = cursor.fetchone()
    return [f'DELETE FROM "{name}"' for name, has_rows in zip(names, filled, strict=True) if has_rows]


def on_every_thread(work: Callable[[], object]) -> list[Any]:
    """Has each of the database threads do this once; they are idle when it is done."""
    together = Barrier(threads._max_workers)
    # The executor can count a busy thread as idle, and then starts none for a new call, which here would wait for ever.
    while threads._idle_semaphore.acquire(blocking=False):
        pass

    def call() -> None:
        together.wait(60)
        work()

    return [threads.submit(call) for _thread in range(threads._max_workers)]


@pytest.fixture(autouse=True)
def inside(request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are quick, and nothing published or stored in Redis by one test reaches another."""
    if folder_of(request.node) not in INSIDE:
        return
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    monkeypatch.setattr(publish, "_client", None)
    if settings.REDIS:
        settings.REDIS_PREFIX = f"test-{uuid4().hex[:8]}"
        layer = settings.CHANNEL_LAYERS["default"]
        config = {**layer["CONFIG"], "prefix": settings.REDIS_PREFIX}
        settings.CHANNEL_LAYERS = {"default": {**layer, "CONFIG": config}}


@pytest.fixture
def real_redis() -> None:
    if not os.environ.get("REDIS_HOST"):
        pytest.skip("needs a Redis: set REDIS_HOST, or run bin/test integration")


@pytest.fixture
async def hub(transactional_db: None) -> AsyncIterator[Hub]:
    """The hub of this test's event loop."""
    hub = hubs.get_hub()
    hub.housekeeping.stop()  # they are called by hand: none runs by the clock within a test
    yield hub
    await hub.shut_down()
    for task in [each for each in background._running if each.get_loop() is hub.loop]:
        task.cancel()
    for future in on_every_thread(lambda: None):
        await asyncio.wrap_future(future)


@pytest.fixture
async def other_hub(hub: Hub) -> AsyncIterator[Hub]:
    """A second hub, unknown to the first, as if in another process: only the layer connects them."""
    other = Hub(hub.loop)
    other.housekeeping.stop()
    yield other
    await other.shut_down()


@pytest.fixture
async def connect(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Connect]:
    """``await connect(ben)`` opens a tab of Ben's: a socket with a real session, spoken to in process."""
    tabs: list[Tab] = []

    async def connect(person: User, *, session: str = "", on: Hub = hub, **options: Any) -> Tab:
        tab = Tab(session or await in_thread(open_session, person), **options)
        tabs.append(tab)
        with monkeypatch.context() as patch:
            patch.setattr("realtime.consumers.get_hub", lambda: on)
            await tab.open()
        return tab

    yield connect
    for tab in tabs:
        await tab.leave()
