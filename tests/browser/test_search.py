"""The search: what it offers while somebody types, what it finds, and the way to a hit and back."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.people import Person

pytestmark = pytest.mark.development


def test_filters_are_completed_by_keys_and_kept_in_the_address(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    ben.send(room, "The Kraken sleeps on web-7")
    ada.send(room, "Wake the Kraken")
    page = ada.window().goto("/search/").page
    box, options = page.get_by_role("combobox"), page.get_by_role("option")
    box.press_sequentially("kraken fro")
    expect(options).to_have_text([re.compile("from:")])
    expect(box).to_have_attribute("aria-expanded", "true")
    box.press("Enter")
    expect(options.first).to_contain_text("me")
    box.press("Enter")
    expect(box).to_have_value("kraken from:me ")
    expect(options).to_have_count(0)
    box.press("Enter")
    expect(page).to_have_url(re.compile(r"/search/\?q=kraken(\+|%20)from(:|%3A)me"))
    hits = page.locator(".hit")
    expect(hits).to_have_text([re.compile("Wake the Kraken")])
    expect(hits.locator("mark")).to_have_text("Kraken")
    hits.first.click()
    expect(page).to_have_url(re.compile(rf"{room.path}\?at=2"))
    page.go_back()
    expect(page.get_by_role("combobox")).to_have_value(re.compile("kraken from:me"))
    expect(page.locator(".hit")).to_have_count(1)


def test_rooms_and_people_are_found_by_their_names(ada: Person, ben: Person) -> None:
    page = ada.window().goto(f"/search/?q={ben.name}").page
    expect(page.get_by_role("heading", name="Person", exact=True)).to_be_visible()
    expect(page.get_by_role("listitem").get_by_role("link", name=ben.name, exact=True)).to_be_visible()


def test_a_filter_that_means_nothing_keeps_what_was_typed(ada: Person) -> None:
    page = ada.window().goto("/search/?q=disk+from:nobody-at-all").page
    expect(page.get_by_text("Nobody is called “nobody-at-all”.")).to_be_visible()
    expect(page.get_by_role("combobox")).to_have_value("disk from:nobody-at-all")
