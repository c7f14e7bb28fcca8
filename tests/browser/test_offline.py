"""Opened without a network."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import look
from tests.browser.axe import find_violations
from tests.browser.offline import (
    Way,
    is_as_of_before,
    open_offline,
    options,
    wait_until,
    wait_until_nothing_is_stored,
    wait_until_stored,
    way,
)
from tests.browser.people import Cast, Person, sign_in
from tests.browser.watch import Watch
from tests.browser.window import Room, Window

__all__ = ["options", "way"]


@pytest.fixture
def eve(cast: Cast, ada: Person, options: dict[str, Any]) -> Person:
    return cast.newcomer("Eve", **options)


def store_room(person: Person, room: Room, *texts: str) -> None:
    """Visits the room, and closes the page once it is stored."""
    window = person.enter(room)
    for text in texts:
        expect(window.say(text)).to_be_visible()
    wait_until_stored(window, room.path)
    window.page.close()


def test_the_last_rooms_open_without_a_network_as_of_when_they_were_seen(eve: Person, way: Way) -> None:
    first, last = eve.make_room(), eve.make_room()
    store_room(eve, first, "in the first")
    store_room(eve, last, "in the last")
    way.cut()
    window = open_offline(eve, "/")
    expect(window.page).to_have_url(re.compile(re.escape(last.path)))
    expect(window.said("in the last")).to_be_visible()
    is_as_of_before(window)
    expect(window.page.locator("#connection-strip")).to_contain_text("What you write is kept here")
    window.line(first).click()
    expect(window.said("in the first")).to_be_visible()
    is_as_of_before(window)


def test_without_a_network_the_browser_says_so_too(eve: Person) -> None:
    room = eve.make_room()
    store_room(eve, room, "hello")
    eve.context.set_offline(True)
    window = open_offline(eve, room.path)
    expect(window.said("hello")).to_be_visible()
    is_as_of_before(window)
    eve.context.set_offline(False)
    window.is_live()


def test_what_is_written_offline_survives_the_app_and_is_sent_once_and_in_order(
    eve: Person, ben: Person, way: Way
) -> None:
    room = eve.make_room(ben)
    theirs = ben.enter(room)
    store_room(eve, room, "before")
    way.cut()
    window = open_offline(eve, room.path)
    window.say("first line")
    window.say("second line")
    expect(window.pending.locator(".message__body")).to_have_text(["first line", "second line"])
    window.page.close()
    window = open_offline(eve, room.path)
    expect(window.pending.locator(".message__body")).to_have_text(["first line", "second line"])
    expect(theirs.say("meanwhile")).to_be_visible()
    way.mend()
    window.is_live()
    expect(window.page.locator("script[type=module][src*='chat/app']")).to_be_attached()  # the server's own page
    for one in (window, theirs):
        expect(one.bodies).to_have_text(["before", "meanwhile", "first line", "second line"])
    expect(window.pending).to_have_count(0)


def test_what_was_written_offline_is_sent_from_any_page(eve: Person, ben: Person, way: Way) -> None:
    room = eve.make_room(ben)
    theirs = ben.enter(room)
    store_room(eve, room)
    way.cut()
    window = open_offline(eve, room.path)
    window.say("from the train")
    expect(window.pending).to_have_count(1)
    window.page.close()
    way.mend()
    eve.window().goto("/people/").is_live()
    expect(theirs.said("from the train")).to_be_visible()


@pytest.mark.development
def test_a_dashboard_opens_without_a_network(ada: Person, cast: Cast, options: dict[str, Any], way: Way) -> None:
    phone = cast.again(ada, **options)
    window = phone.window().goto("/dashboards/host/").is_live()
    panels = window.page.locator("#panels figure:visible")
    expect(panels.first.locator(".panel__value")).to_have_text(re.compile(r"\d"))
    wait_until_stored(window, "/dashboards/host/")
    title = window.page.get_by_role("heading", level=1).inner_text()
    window.page.close()
    way.cut()
    window = open_offline(phone, "/dashboards/host/")
    expect(window.page.get_by_role("heading", name=title, level=1)).to_be_visible()
    expect(window.page.locator("#panels figure:visible .panel__value").first).to_have_text(re.compile(r"\d"))
    expect(window.page.locator("#panels canvas").first).to_be_visible()
    is_as_of_before(window)


def test_a_page_that_is_not_stored_says_so_and_leads_to_what_is(eve: Person, way: Way) -> None:
    room, other = eve.make_room(), eve.make_room()
    store_room(eve, room, "hello")
    way.cut()
    window = open_offline(eve, room.path)
    window.line(other).click()
    expect(window.page.get_by_text("this page is not stored on this device")).to_be_visible()
    window.page.locator(".offline-copies").get_by_role("link", name=room.name).click()
    expect(window.said("hello")).to_be_visible()
    window.goto("/people/")
    expect(window.page.get_by_role("heading", name="Not stored")).to_be_visible()
    assert look.faults(window.page, "offline-not-stored-en") == []
    assert find_violations(window.page) == []
    way.mend()
    expect(window.page.get_by_role("heading", name="People")).to_be_visible()


def is_empty_offline(window: Window) -> None:
    expect(window.page.get_by_text("nothing is stored on this device")).to_be_visible()
    expect(window.page.locator("#rooms, #message-box")).to_have_count(0)
    assert look.faults(window.page, "offline-nobody-en") == []


def test_signing_out_deletes_what_is_stored(eve: Person, way: Way, watch: Watch) -> None:
    watch.allow(r"\b409\b.*/boards/pins/", r"/boards/pins/\d+/: 409")  # may come after its end
    room = eve.make_room()
    store_room(eve, room, "a secret")
    page = eve.window().goto("/").is_live().page
    page.locator("[popovertarget=me-menu]").first.click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    wait_until_nothing_is_stored(page)
    page.close()
    way.cut()
    window = open_offline(eve, room.path)
    is_empty_offline(window)
    assert "a secret" not in window.page.content()


def test_ending_the_session_elsewhere_deletes_what_is_stored(eve: Person, cast: Cast) -> None:
    room = eve.make_room()
    store_room(eve, room, "a secret")
    window = eve.window().goto("/people/").is_live()
    assert cast.again(eve).post("/profile/sign-out-elsewhere/").status == 302
    expect(window.page.get_by_role("heading", name="Sign in")).to_be_visible()
    wait_until_nothing_is_stored(window.page)


def test_another_user_of_the_browser_finds_nothing(eve: Person, newcomer: Any, way: Way) -> None:
    room = eve.make_room()
    store_room(eve, room, "a secret")
    eve.context.clear_cookies()
    mallory = newcomer("Mallory")
    window = eve.window().goto("/accounts/login/")
    sign_in(window, mallory)
    window.is_live()
    window.page.close()
    way.cut()
    window = open_offline(eve, room.path)
    expect(window.page.get_by_text("this page is not stored on this device")).to_be_visible()
    assert "a secret" not in window.page.content()


def test_another_epoch_begins_anew(eve: Person, way: Way) -> None:
    room = eve.make_room()
    store_room(eve, room, "of the old database")
    page = eve.window().goto("/people/").is_live().page
    epoch: str = page.evaluate("JSON.parse(document.querySelector('#page-config').textContent).epoch")
    way.replaced = (epoch.encode(), b"0" * len(epoch))  # a backup was restored
    page.goto("/people/")
    wait_until_nothing_is_stored(page)


def test_the_cache_holds_nothing_of_a_user(eve: Person) -> None:
    room = eve.make_room(name="Secret plans")
    store_room(eve, room, "a secret")
    page = eve.window().goto("/").is_live().page
    cached: dict[str, str] = page.evaluate("""async () => {
      const texts = {};
      for (const name of await caches.keys())
        for (const request of await (await caches.open(name)).keys())
          texts[new URL(request.url).pathname] = await (await caches.match(request)).text();
      return texts;
    }""")
    assert [path for path in cached if not path.startswith("/static/")] == ["/offline/"]
    for secret in ("Secret plans", "a secret", eve.email):
        assert [path for path, text in cached.items() if secret in text] == []


def test_a_new_release_takes_over_when_the_user_agrees(eve: Person, way: Way) -> None:
    window = eve.window().goto("/").is_live()
    window.page.evaluate("navigator.serviceWorker.ready")
    strip = window.page.locator("#update-strip")
    expect(strip).to_be_hidden()
    way.replaced = (b'const RELEASE = "0.', b'const RELEASE = "9.')
    window.page.evaluate("navigator.serviceWorker.getRegistration().then((one) => one.update())")
    expect(strip).to_contain_text("A new version is ready.")
    assert not has_cache(window.page, "offline 9.") or has_cache(window.page, "offline 0.")
    with window.page.expect_navigation():
        strip.get_by_role("button", name="Reload").click()
    wait_until(window.page, "async () => (await caches.keys()).every((name) => name.startsWith('offline 9.'))")


def has_cache(page: Page, prefix: str) -> bool:
    return bool(
        page.evaluate("async (prefix) => (await caches.keys()).some((name) => name.startsWith(prefix))", prefix)
    )
