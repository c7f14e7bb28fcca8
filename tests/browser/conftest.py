"""The site, the browser and the people that the tests of this folder share. Every test makes rooms of its own."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from pytest_django import DjangoDbBlocker

from tests.browser import database
from tests.browser.people import Cast, Person
from tests.browser.site import Site, development_server, given
from tests.browser.watch import Watch
from tests.support.proxy import Proxy

expect.set_options(timeout=20_000)  # only a failing test waits so long

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--renderer-process-limit=1",  # the windows of a person share a process, see Cast.keep
]
Newcomer = Callable[..., Person]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    url = os.environ.get("MYWEB_TEST_URL")
    if url:
        yield given(url.rstrip("/"))
        return
    with development_server(tmp_path_factory.mktemp("site")) as own:
        yield own


@pytest.fixture(scope="session")
def proxy(site: Site) -> Iterator[Proxy]:
    proxy = Proxy(*site.address, only=(b"GET /ws/", b"GET ws:"))  # the second is how WebKit asks a proxy
    yield proxy
    proxy.close()


@pytest.fixture(scope="session")
def chromium(proxy: Proxy) -> Iterator[Browser]:
    """The name localhost leads to the proxy: the site's own second name, so that its origin stays right."""
    program = os.environ.get("MYWEB_CHROMIUM")
    if not program and Path("/usr/bin/chromium").exists():
        program = "/usr/bin/chromium"
    rule = f"--host-resolver-rules=MAP localhost 127.0.0.1:{proxy.port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program or None, args=[*QUIET, rule])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def everywhere() -> Watch:
    return Watch()


@pytest.fixture(scope="session")
def cast(site: Site, chromium: Browser, everywhere: Watch, django_db_blocker: DjangoDbBlocker) -> Iterator[Cast]:
    with django_db_blocker.unblock():
        yield Cast(site, chromium, everywhere)


@pytest.fixture(scope="session")
def ada(cast: Cast) -> Person:
    return cast.keep(cast.owner())


@pytest.fixture(scope="session")
def ben(cast: Cast, ada: Person) -> Person:
    return cast.keep(cast.newcomer("Ben"))


@pytest.fixture(scope="session")
def wei(cast: Cast, ada: Person) -> Person:
    """A member whose name and handle are Chinese."""
    return cast.keep(cast.newcomer("张伟"))


@pytest.fixture(scope="session")
def cleo(cast: Cast, ada: Person) -> Person:
    return cast.keep(cast.newcomer("Cleo"))


@pytest.fixture
def newcomer(cast: Cast, ada: Person) -> Newcomer:
    """``newcomer("Eve")``: someone whom no other test knows."""
    return cast.newcomer


@pytest.fixture(scope="module", autouse=True)
def removed_rooms(site: Site, cast: Cast) -> Iterator[None]:
    """With the rooms of all tests, the sidebar of the last one would be hundreds of lines."""
    if not site.has_database:
        yield
        return
    before = database.last_room()
    yield
    database.remove_rooms(before)


@pytest.fixture(autouse=True)
def closed_windows(cast: Cast) -> Iterator[None]:
    yield
    cast.tidy()


@pytest.fixture(autouse=True)
def watch(everywhere: Watch, closed_windows: None) -> Iterator[Watch]:
    everywhere.begin()
    yield everywhere
    everywhere.check()
