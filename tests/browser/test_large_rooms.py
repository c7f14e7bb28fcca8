"""A room of thousands: the list of people, its search, completion, and names of people whom the page did not know."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.browser import database
from tests.browser.axe import find_violations
from tests.browser.people import OWNER, Cast, Person
from tests.browser.site import Site
from tests.browser.test_narrow import PHONE, fits
from tests.browser.window import Room, Window

MANY = 5_000


@pytest.fixture(scope="module")
def large(site: Site, ada: Person) -> Iterator[Room]:
    if not site.has_database:
        pytest.skip("needs the database of the site")
    room = Room(*database.make_large_room(OWNER, MANY))
    yield room
    database.remove_crowd(room.id)


def find_list(window: Window) -> tuple[Locator, Locator]:
    """The lines of the list, and the field of its search."""
    people = window.page.locator("aside.people")
    return people.locator("[data-group=away] li"), people.get_by_role("searchbox", name="Search members")


def test_the_list_of_people_comes_by_page(ada: Person, large: Room) -> None:
    mine = ada.enter(large).is_live()
    mine.show_people()
    lines, _search = find_list(mine)
    expect(lines).to_have_count(50)
    expect(lines.first).to_contain_text("Ada Lovelace")
    expect(mine.page.get_by_role("heading", name="Members 5,001")).to_be_visible()
    expect(mine.page.locator("[data-group=here] li")).to_have_count(1)
    expect(lines.first.locator("[data-here]")).to_have_count(1)
    lines.last.scroll_into_view_if_needed()
    expect(lines).to_have_count(100)
    expect(lines.nth(99)).to_contain_text("Member 00098")


def test_the_search_finds_a_member_by_the_beginning_of_a_name(ada: Person, large: Room) -> None:
    mine = ada.enter(large).is_live()
    mine.show_people()
    lines, search = find_list(mine)
    for text, numbers in (("04321", [4321]), ("@member499", [499, *range(4990, 5000)])):
        search.fill(text)
        expect(lines.locator(".line__name")).to_have_text([f"Member {number:05}" for number in numbers])
    search.fill("nobody is called so")
    expect(mine.page.get_by_text("No member has a name that begins with")).to_be_visible()
    expect(lines).to_have_count(0)
    search.fill("")
    expect(lines).to_have_count(50)
    assert find_violations(mine.page) == []


def test_completion_finds_a_member_whom_the_page_does_not_know(ada: Person, large: Room) -> None:
    mine = ada.enter(large).is_live()
    assert "Member 03210" not in mine.page.content()
    mine.write("Ask @member321")
    option = mine.page.get_by_role("option", name="Member 03210")
    option.click()
    expect(mine.box).to_have_value("Ask @member3210 ")
    mine.page.keyboard.press("Enter")
    expect(mine.said("Ask @Member 03210").locator(".mention")).to_have_count(1)


def test_a_message_of_somebody_unknown_has_their_name(ada: Person, large: Room) -> None:
    mine = ada.enter(large).is_live()
    database.say(large.id, "member2468", "I have been quiet so far")
    message = mine.said("I have been quiet so far")
    expect(message.locator(".message__author")).to_have_text("Member 02468")
    mine.page.reload()
    expect(message.locator(".message__author")).to_have_text("Member 02468")


def test_somebody_who_joins_while_online_is_seen_at_once(ada: Person, ben: Person, large: Room) -> None:
    mine, theirs = ada.enter(large).is_live(), ben.window().goto("/")
    theirs.is_live()
    mine.show_people()
    database.join(large.id, ben.id)
    expect(mine.page.locator("[data-group=here] li")).to_have_text([re.compile("Ada Lovelace"), re.compile("Ben")])
    theirs.line(large).click()
    theirs.is_live().write("x")
    expect(mine.page.locator("#typing")).to_have_text("Ben is typing…")
    ben.post(f"{large.path}leave/")
    expect(mine.page.locator("[data-group=here] li")).to_have_count(1)


def test_the_list_and_its_search_fit_a_phone(cast: Cast, ada: Person, large: Room) -> None:
    mine = cast.again(ada, viewport=PHONE, has_touch=True).enter(large).is_live()
    mine.page.locator("[data-toggles=people]").click()
    lines, search = find_list(mine)
    expect(lines).to_have_count(50)
    expect(search).to_be_in_viewport()
    search.fill("00042")
    expect(lines).to_have_count(1)
    expect(lines.get_by_text("Member 00042")).to_be_in_viewport()
    assert fits(mine.page)
    box = search.bounding_box()
    assert box
    assert box["height"] >= 44
