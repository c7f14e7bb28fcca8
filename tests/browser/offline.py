"""A browser that keeps a service worker, and the way to the site that a test cuts."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import Person
from tests.browser.site import Site
from tests.browser.watch import Watch
from tests.browser.window import Window
from tests.support.proxy import Proxy

# The paths of what the browser has stored; null until the worker has its page.
STORED = """async () => {
  await navigator.serviceWorker?.ready;
  if (!await caches.match("/offline/")) return null;
  if (!(await indexedDB.databases()).some(({ name }) => name === "myweb-offline")) return [];
  return new Promise((done) => {
    const opening = indexedDB.open("myweb-offline");
    opening.onsuccess = () => {
      const reading = opening.result.transaction("copies").objectStore("copies").getAll();
      reading.onsuccess = () => {
        opening.result.close();
        done(reading.result.map(({ path }) => path).filter(Boolean));
      };
    };
  });
}"""


class Way(Proxy):
    """A browser's proxy; cut, the site does not answer at all. It can serve the worker of another release."""

    replaced = (b"", b"")  # in responses

    def change(self, data: bytes) -> bytes:
        """Requests as a site without a proxy gets them; responses come uncompressed."""
        data = re.sub(rb"^([A-Z]+ )http://[^/]+/", rb"\1/", data)
        data = data.replace(b"gzip, deflate", b"none, deflate")
        return data.replace(*self.replaced) if self.replaced[0] else data

    async def connect(self, first: bytes, reader: Any, writer: Any) -> None:
        await super().connect(self.change(first), reader, writer)

    async def copy(self, source: Any, sink: Any, breakable: bool) -> None:
        await super().copy(Changing(source, self), sink, breakable)  # type: ignore[arg-type]


class Changing:
    def __init__(self, source: Any, way: Way) -> None:
        self.source, self.way = source, way

    async def read(self, size: int) -> bytes:
        return self.way.change(await self.source.read(size))


@pytest.fixture
def way(site: Site) -> Iterator[Way]:
    way = Way(*site.address)
    yield way
    way.close()


@pytest.fixture
def options(way: Way, watch: Watch) -> dict[str, Any]:
    """Of a browser that keeps a service worker, and has the way as its proxy."""
    watch.allow(r"WebSocket connection to .* failed", r"net::ERR_", r"Failed to fetch")
    return {"service_workers": "allow", "proxy": {"server": f"http://127.0.0.1:{way.port}"}}


def wait_until(page: Page, test: str) -> None:
    """``test`` is an async function of the page, for which Playwright's own way to wait does not wait."""
    waiting = f"""async () => {{
      const holds = {test};
      for (let left = 150; left; left -= 1) {{
        if (await holds()) return true;
        await new Promise((next) => setTimeout(next, 200));
      }}
      return false;
    }}"""
    assert page.evaluate(waiting), test


def wait_until_stored(window: Window, path: str) -> None:
    wait_until(window.page, f"async () => (await ({STORED})())?.includes('{path}')")


def wait_until_nothing_is_stored(page: Page) -> None:
    wait_until(page, f"async () => (await ({STORED})())?.length === 0")


def open_offline(person: Person, path: str) -> Window:
    return person.window().goto(path)


def is_as_of_before(window: Window) -> None:
    expect(window.page.locator("#connection")).to_have_text(re.compile(r"Offline, as of \d\d:\d\d"))
