"""On a phone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import look
from tests.browser.people import Cast, Person

PHONE = {"width": 360, "height": 740}
TEXT_WIDTH = """(box) => {
    const context = document.createElement("canvas").getContext("2d");
    const { font, paddingInlineStart, paddingInlineEnd } = getComputedStyle(box);
    context.font = font;
    return context.measureText(box.placeholder).width + parseFloat(paddingInlineStart) + parseFloat(paddingInlineEnd);
}"""


@pytest.fixture
def phone(cast: Cast, ada: Person) -> Person:
    return cast.again(ada, viewport=PHONE, has_touch=True)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"))


def test_the_rooms_are_a_drawer_that_opens_and_closes(phone: Person) -> None:
    room, other = phone.make_room(), phone.make_room()
    mine = phone.enter(room)
    drawer, button = mine.page.locator("#rooms"), mine.page.locator(".bar__menu")
    expect(drawer).not_to_be_in_viewport()
    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(mine.line(room)).to_be_in_viewport()
    mine.page.keyboard.press("Escape")
    expect(drawer).not_to_be_in_viewport()
    button.click()
    mine.line(other).click()
    expect(mine.page.get_by_role("heading", name=other.name, level=1)).to_be_visible()
    expect(drawer).not_to_be_in_viewport()


def test_the_people_are_a_drawer_too(phone: Person) -> None:
    mine = phone.enter(phone.make_room())
    drawer, button = mine.page.locator("aside.people"), mine.page.locator("[data-toggles=people]")
    expect(drawer).not_to_be_in_viewport()
    button.click()
    expect(drawer.get_by_text("Ada Lovelace")).to_be_in_viewport()
    drawer.get_by_role("button", name="Close").click()
    expect(drawer).not_to_be_in_viewport()


def test_long_words_and_code_do_not_widen_the_page(phone: Person) -> None:
    room = phone.make_room(name="a" * 60, description="b" * 200)
    phone.send(room, "w" * 400)
    phone.send(room, "```\n" + "x = 1; " * 60 + "\n```")
    phone.send(room, "https://example.com/" + "path/" * 60)
    mine = phone.enter(room)
    expect(mine.messages).to_have_count(3)
    assert fits(mine.page)
    expect(mine.box).to_be_in_viewport()
    mine.goto(f"{room.path}settings/")
    assert fits(mine.page)


def test_enter_on_a_touch_screen_begins_a_new_line_and_the_button_sends(phone: Person) -> None:
    mine = phone.enter(phone.make_room())
    mine.write("from the bus")
    mine.page.get_by_role("button", name="Send").click()
    expect(mine.said("from the bus")).to_be_visible()


def test_every_target_of_a_room_is_44_pixels_and_its_bar_fits(phone: Person) -> None:
    room = phone.make_room(name="operations of the harbour")
    mine = phone.enter(room)
    mine.write("look")
    mine.page.get_by_role("button", name="Send").click()
    mine.act(mine.said("look"), "React")
    mine.page.locator("#emoji-picker").get_by_role("button", name="rocket").click()
    expect(mine.said("look").locator(".reaction").first).to_be_visible()
    mine.said("look").focus()
    expect(mine.said("look").get_by_role("toolbar")).to_be_in_viewport()
    assert mine.evaluate(look.SMALL_TARGETS) == []
    assert mine.evaluate("document.querySelector('.bar').scrollWidth <= innerWidth")
    mine.page.locator(".bar__menu").click()
    expect(mine.line(room)).to_be_in_viewport()
    assert mine.evaluate(look.SMALL_TARGETS) == []


def test_the_bar_of_a_message_leaves_its_words_free(phone: Person) -> None:
    room = phone.make_room()
    for text in ("first of the room", "second"):
        phone.send(room, text)
    mine = phone.enter(room)
    for text in ("first of the room", "second"):
        mine.said(text).focus()
        bar = mine.said(text).get_by_role("toolbar").bounding_box()
        words = mine.said(text).locator(".message__body").bounding_box()
        assert bar
        assert words
        assert bar["y"] + bar["height"] <= words["y"] or words["y"] + words["height"] <= bar["y"], text


def test_what_the_empty_box_says_is_whole(phone: Person) -> None:
    mine = phone.enter(phone.make_room(name="operations", kind="private"))
    expect(mine.box).to_have_attribute("placeholder", "Message operations")
    assert mine.box.evaluate(TEXT_WIDTH) <= mine.box.evaluate("({clientWidth}) => clientWidth")


def test_the_menu_of_a_room_makes_it_a_favourite_and_the_name_is_whole(phone: Person, cast: Cast) -> None:
    room = phone.make_room(name="operations")
    mine, elsewhere = phone.enter(room), cast.again(phone).enter(room)
    name = mine.page.locator(".bar__title")
    assert name.evaluate("({scrollWidth, clientWidth}) => scrollWidth <= clientWidth")
    mine.page.get_by_role("button", name="Room menu").click()
    star = mine.page.get_by_role("button", name="Favourite")
    assert mine.evaluate(look.SMALL_TARGETS) == []
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    expect(elsewhere.page.get_by_role("button", name="Favourite")).to_have_attribute("aria-pressed", "true")
    expect(elsewhere.page.locator("[data-group=favourites] a")).to_have_count(1)
    star.click()
    expect(elsewhere.page.locator("[data-group=favourites] a")).to_have_count(0)
    mine.page.get_by_role("link", name="Room settings").click()
    expect(mine.page).to_have_url(re.compile(f"{room.path}settings/$"))
