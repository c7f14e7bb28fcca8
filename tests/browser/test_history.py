"""What was said long ago: scrolling up, permalinks, search."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.people import Person
from tests.browser.site import Site
from tests.browser.window import Room, Window

COUNT = 220


@pytest.fixture(scope="module")
def long(site: Site, ada: Person, ben: Person) -> Room:
    """A room with a long past; its tests only read there."""
    room = ada.make_room(ben)
    site.manage("flood", "--room", str(room.id), "--count", str(COUNT), "--rate", "500")
    return room


# Scrolls near to the start of what is held and tells the oldest message held and where a visible one stands.
SCROLL_UP = """box => {
    box.scrollTop = 300;
    const rows = [...box.querySelectorAll("[role=log] article")];
    const seen = rows.find((row) => row.getBoundingClientRect().top > box.getBoundingClientRect().top);
    const text = (row) => row.querySelector(".message__body").textContent.trim();
    return {oldest: text(rows[0]), seen: text(seen), top: seen.getBoundingClientRect().top};
}"""


def numbers(window: Window) -> list[int]:
    return [int(text.split()[1]) for text in window.bodies.all_inner_texts()]


def test_scrolling_up_loads_what_is_older_and_keeps_the_place(ada: Person, long: Room) -> None:
    mine = ada.enter(long)
    expect(mine.said(f"Flood {COUNT}")).to_be_in_viewport()
    assert mine.messages.count() < COUNT
    while numbers(mine)[0] > 1:
        place = mine.page.locator(".timeline").evaluate(SCROLL_UP)
        expect(mine.bodies.first).not_to_have_text(place["oldest"])
        box = mine.said(place["seen"]).bounding_box()
        assert box
        assert abs(box["y"] - place["top"]) < 3
    assert numbers(mine) == [*range(1, numbers(mine)[-1] + 1)]


def test_a_permalink_opens_around_an_old_message_and_the_latest_is_one_click_away(ada: Person, long: Room) -> None:
    mine = ada.enter(long, at=60)
    expect(mine.said("Flood 60")).to_be_in_viewport()
    expect(mine.said("Flood 60")).to_have_class(re.compile("message--target"))
    assert numbers(mine)[0] > 1
    expect(mine.said(f"Flood {COUNT}")).to_have_count(0)
    mine.page.get_by_role("button", name="Jump to the latest").click()
    expect(mine.said(f"Flood {COUNT}")).to_be_in_viewport()
    expect(mine.page.get_by_role("button", name="Jump to the latest")).to_be_hidden()


def test_what_is_new_waits_below_while_one_reads_above(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    for number in range(40):
        ben.send(room, f"line {number}")
    theirs = ben.enter(room)
    expect(theirs.said("line 39")).to_be_in_viewport()
    theirs.said("line 0").scroll_into_view_if_needed()
    ada.send(room, "down here")
    new = theirs.page.get_by_role("button", name="1 new message")
    expect(new).to_be_visible()
    expect(theirs.said("line 0")).to_be_in_viewport()
    new.click()
    expect(theirs.said("down here")).to_be_in_viewport()


def test_going_on_from_an_old_message_reaches_the_newest_without_a_hole(ada: Person, long: Room) -> None:
    mine = ada.enter(long, at=60)
    expect(mine.said("Flood 60")).to_be_visible()
    while (held := numbers(mine)[-1]) < COUNT:
        mine.page.locator(".timeline").evaluate("box => { box.scrollTop = box.scrollHeight }")
        expect(mine.bodies.last).not_to_have_text(f"Flood {held}")
    assert numbers(mine) == [*range(numbers(mine)[0], COUNT + 1)]


@pytest.mark.parametrize(("said", "asked"), [("the Lighthouse keeps watch", "lighth"), ("灯塔今晚值班", "今晚")])
def test_search_finds_beginnings_of_words_and_its_hit_opens_at_the_message(ada: Person, said: str, asked: str) -> None:
    room = ada.make_room()
    ada.send(room, said)
    for number in range(30):
        ada.send(room, f"after that {number}")
    page = ada.window().goto("/search/").page
    page.get_by_role("combobox").fill(asked)
    page.get_by_role("button", name="Search", exact=True).click()
    hit = page.locator(".hit").filter(has_text=said).first
    expect(hit).to_contain_text("Ada Lovelace")
    hit.click()
    window = Window(page, ada.watch)
    expect(page).to_have_url(re.compile(rf"{room.path}\?at=1$"))
    expect(window.said(said)).to_be_in_viewport()


def test_a_link_to_a_message_moves_within_the_page(ada: Person, long: Room, site: Site) -> None:
    room = ada.make_room()
    mine = ada.enter(room)
    mine.evaluate("window.kept = true")
    link = f"{site.url}{long.path}?at=30"
    mine.say(link).get_by_role("link", name=link).click()
    expect(mine.said("Flood 30")).to_be_in_viewport()
    assert mine.evaluate("window.kept") is True
    mine.page.go_back()
    expect(mine.page.get_by_role("heading", name=room.name)).to_be_visible()
    expect(mine.messages).to_have_count(1)


# Fills a room with messages of 60 KB of HTML each. The first line tells them apart.
FILL = """
from uuid import uuid4
from chat.message_validation import parse_incoming
from chat.models import Membership
from chat.store import store_messages
author = Membership.objects.filter(room={room}).first().user_id
text = chr(34) * 9_900
store_messages([parse_incoming({room}, author, str(uuid4()), f"Long {{number}}\\n" + text) for number in range(1, 51)])
"""


def test_a_room_of_fifty_messages_of_60_kb_opens_and_is_read_back_to_the_first(
    site: Site, ada: Person, ben: Person
) -> None:
    room = ada.make_room(ben)
    site.manage("shell", "-c", FILL.format(room=room.id))
    mine = ada.enter(room)
    expect(mine.bodies.last).to_contain_text("Long 50")
    while (held := numbers_at_first(mine)[0]) > 1:
        mine.page.locator(".timeline").evaluate("box => { box.scrollTop = 300 }")
        expect(mine.bodies.first).not_to_contain_text(re.compile(rf"^Long {held}\b"))
    assert numbers_at_first(mine) == [*range(1, 51)]
    mine = ada.enter(room, at=20)
    expect(mine.bodies.filter(has_text=re.compile(r"^Long 20\b"))).to_be_in_viewport()


def numbers_at_first(window: Window) -> list[int]:
    """Without the layout, which takes its time with so much text."""
    return [int(text.split()[1]) for text in window.bodies.all_text_contents()]


def test_what_does_not_fill_the_window_is_joined_by_what_is_older(ada: Person, long: Room) -> None:
    """There is nothing to scroll by, so nobody could ask for it."""
    mine = ada.enter(long)
    mine.page.set_viewport_size({"width": 800, "height": 12_000})
    mine.enter(long)
    expect(mine.bodies.first).to_have_text("Flood 1")
    assert numbers(mine) == [*range(1, COUNT + 1)]
