"""The end of a session reaches every tab of it, and nobody else's."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Newcomer
from tests.browser.people import Cast, Person
from tests.browser.watch import Watch
from tests.browser.window import Window


def sign_out(window: Window, name: str) -> None:
    window.page.get_by_role("button", name=name, exact=True).click()
    window.page.get_by_role("button", name="Sign out").click()


def test_signing_out_in_one_tab_sends_the_other_to_sign_in(newcomer: Newcomer, cast: Cast, watch: Watch) -> None:
    watch.allow(r"\b409\b")  # a request of a page that signs out may come after the end of its session
    eve = newcomer("Eve")
    phone = cast.again(eve).window().goto("/").is_live()
    one, other = eve.window().goto("/").is_live(), eve.window().goto("/").is_live()
    sign_out(one, "Eve")
    for tab in (one, other):
        expect(tab.page).to_have_url(re.compile("/accounts/login/"))
    phone.say("I am on another device")
    expect(phone.pending).to_have_count(0)
    expect(phone.said("I am on another device")).to_have_count(1)


def test_deactivating_someone_closes_their_page_and_their_door(ada: Person, newcomer: Newcomer) -> None:
    eve = newcomer("Eve")
    theirs = eve.window().goto("/").is_live()
    page = ada.window().goto(f"/people/{eve.id}/").page
    page.get_by_text("Deactivate…").click()
    page.get_by_role("button", name="Deactivate Eve").click()
    strip = theirs.page.locator("#connection-strip")
    expect(strip).to_be_visible()
    expect(strip).to_contain_text(re.compile(r"\w.*\."))
    expect(theirs.page.locator("#connection")).to_have_attribute("data-state", "stopped")
    strip.get_by_role("button", name="Reload").click()
    expect(theirs.page).to_have_url(re.compile("/accounts/login/"))
    theirs.page.get_by_label("Email").fill(eve.email)
    theirs.page.get_by_label("Password", exact=True).fill("correct horse battery")
    theirs.page.get_by_role("button", name="Sign in").click()
    expect(theirs.page.get_by_text(re.compile("deactivated")).first).to_be_visible()
