"""A tab belongs to one user. What was written on it is sent by them or not at all."""

import json
import re

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser import look
from tests.browser.axe import list_violations
from tests.browser.conftest import Newcomer
from tests.browser.people import Cast, Person, sign_in
from tests.browser.site import Site
from tests.browser.watch import Watch
from tests.browser.window import Room, Window
from tests.support.proxy import Proxy


def sign_out(window: Window, user: Person) -> None:
    window.page.get_by_role("button", name=user.name, exact=True).click()
    window.page.get_by_role("button", name="Sign out").click()
    expect(window.page).to_have_url(re.compile("/accounts/login/"))


def be(window: Window, user: Person) -> None:
    sign_in(window, user)
    expect(window.page).not_to_have_url(re.compile("/accounts/login/"))


def authors(reader: Person, room: Room) -> list[tuple[int, str]]:
    messages = reader.get(f"{room.path}history/?after=0").json()["messages"]
    return [(message["author"], re.sub("<[^>]+>", "", message["html"]).strip()) for message in messages]


@pytest.fixture
def shared(cast: Cast, site: Site, proxy: Proxy, watch: Watch) -> BrowserContext:
    """A browser that two users sign in to; its way to the sockets leads through the proxy."""
    watch.allow("WebSocket connection to .* failed", "ERR_INTERNET_DISCONNECTED", r"\b(403|409)\b")
    return cast.context(base_url=site.alias)


def test_what_ada_wrote_offline_is_sent_by_ada_alone_and_once(
    ada: Person, newcomer: Newcomer, cast: Cast, shared: BrowserContext, proxy: Proxy
) -> None:
    eve, ben = newcomer("Eve"), newcomer("Benno")
    room = ada.make_room(eve, ben)
    mine, other = Window(shared.new_page(), cast.watch), Window(shared.new_page(), cast.watch)
    be(mine.goto("/accounts/login/"), eve)
    mine.enter(room)
    other.enter(room)
    proxy.cut()
    expect(mine.page.locator("#connection")).to_have_attribute("data-state", "offline")
    mine.say("Eve wrote this offline")
    expect(mine.pending).to_have_count(1)

    sign_out(other, eve)
    be(other, ben)
    proxy.mend()
    strip = mine.page.locator("#connection-strip")
    expect(strip).to_contain_text("You are now signed in as Benno in another tab.")
    mine.say("And this after that")
    expect(mine.pending).to_have_count(2)
    other.enter(room).say("Benno speaks for himself")
    expect(other.bodies).to_have_text(["Benno speaks for himself"])
    assert authors(ada, room) == [(ben.id, "Benno speaks for himself")]

    strip.get_by_role("button", name="Reload").click()
    mine.is_live()
    expect(mine.pending).to_have_count(0)
    sign_out(other, ben)
    be(other, eve)
    other.enter(room)
    said = [(ben.id, "Benno speaks for himself"), (eve.id, "Eve wrote this offline"), (eve.id, "And this after that")]
    expect(other.bodies).to_have_text([text for _author, text in said])
    expect(other.pending).to_have_count(0)
    assert authors(ada, room) == said


def test_a_form_of_an_open_page_is_not_sent_as_the_next_user(
    ada: Person, newcomer: Newcomer, cast: Cast, shared: BrowserContext
) -> None:
    eve, ben = newcomer("Eve"), newcomer("Benno")
    ben.get("/")  # makes him a member of the first room, where signing in leads
    mine, other = Window(shared.new_page(), cast.watch), Window(shared.new_page(), cast.watch)
    be(mine.goto("/accounts/login/"), eve)
    mine.goto("/rooms/new/")
    mine.page.locator("[name=name]").fill("room of Eve alone")
    sign_out(other.goto("/").is_live(), eve)
    be(other, ben)
    mine.page.locator("[name=name]").press("Enter")
    expect(mine.page.get_by_text("You are now signed in as Benno.")).to_be_visible()
    expect(mine.page.get_by_role("textbox", name="Your input").first).to_have_value("room of Eve alone")
    expect(mine.page.get_by_role("button", name="Submit again")).to_have_count(0)


def test_a_second_sign_in_tab_leads_on(newcomer: Newcomer, cast: Cast, shared: BrowserContext) -> None:
    eve = newcomer("Eve")
    one, two = Window(shared.new_page(), cast.watch), Window(shared.new_page(), cast.watch)
    one.goto("/accounts/login/")
    be(two.goto("/accounts/login/?next=/profile/"), eve)
    be(one, eve)
    one.is_live()


def test_a_form_sent_after_signing_in_again_is_offered_again(
    newcomer: Newcomer, cast: Cast, shared: BrowserContext
) -> None:
    eve = newcomer("Eve")
    mine, other = Window(shared.new_page(), cast.watch), Window(shared.new_page(), cast.watch)
    be(mine.goto("/accounts/login/"), eve)
    mine.goto("/profile/")
    mine.page.locator("[name=name]").fill("Eve again")
    sign_out(other.goto("/").is_live(), eve)
    be(other, eve)
    mine.page.locator("[name=name]").press("Enter")
    mine.page.get_by_role("button", name="Submit again").click()
    expect(mine.page.locator("[name=name]")).to_have_value("Eve again")


@pytest.mark.development
def test_signing_out_and_in_as_another_user_reaches_a_dashboard_too(
    ada: Person, newcomer: Newcomer, cast: Cast, shared: BrowserContext, proxy: Proxy
) -> None:
    eve = newcomer("Eve")
    eve.get("/")
    mine, other = Window(shared.new_page(), cast.watch), Window(shared.new_page(), cast.watch)
    be(mine.goto("/accounts/login/"), ada)
    mine.goto("/dashboards/").is_live()
    other.goto("/").is_live()
    proxy.cut()
    sign_out(other, ada)
    be(other, eve)
    proxy.mend()
    expect(mine.page.locator("#connection-strip")).to_contain_text("You are now signed in as Eve in another tab.")


def stale(window: Window, **fields: str) -> Window:
    """As if the form on the page had been opened before something else happened."""
    window.page.evaluate(
        """(fields) => {
            for (const [name, value] of Object.entries(fields)) {
                for (const field of document.getElementsByName(name)) field.value = value;
            }
        }""",
        {"csrfmiddlewaretoken": "0" * 64, **fields},
    )
    window.page.locator("[name=name]").press("Enter")
    expect(window.page.locator(".error-page")).to_be_visible()
    return window


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_the_pages_that_give_words_back_look_right(newcomer: Newcomer, watch: Watch, locale: str) -> None:
    watch.allow(r"\b(403|409)\b")
    eve = newcomer("Eve", locale=locale)
    again = stale(eve.window().goto("/profile/"), name="Eve again")
    assert look.faults(again.page, f"stale-form-again-{locale[:2]}") == []
    assert list_violations(again, ["phone"]) == []
    other = stale(eve.window().goto("/profile/"), name="Eve in other words", page_user="1")
    assert look.faults(other.page, f"stale-form-of-another-{locale[:2]}") == []
    assert list_violations(other, ["phone"]) == []


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_the_strip_that_names_the_other_user_looks_right(newcomer: Newcomer, locale: str) -> None:
    eve = newcomer("Eve", locale=locale)
    window = eve.window()
    told = {"stream": "socket", "rev": 0, "type": "other_user", "data": {"user": 1, "name": "Benno Brandt"}}
    window.page.route_web_socket("**/ws/**", lambda route: route.send(json.dumps([told])))
    window.goto("/")
    expect(window.page.locator("#connection-strip")).to_contain_text("Benno Brandt")
    assert look.faults(window.page, f"other-user-{locale[:2]}") == []


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_the_note_of_a_page_that_did_not_start_looks_right(newcomer: Newcomer, watch: Watch, locale: str) -> None:
    watch.allow("404", "Failed to load")
    window = newcomer("Eve", locale=locale).window()
    window.page.route("**/chat/app*.js", lambda route: route.fulfill(status=404))
    window.goto("/")
    expect(window.page.locator(".start-failed")).to_be_visible()
    assert look.faults(window.page, f"not-started-{locale[:2]}") == []
