"""A dashboard stands beside a conversation and moves while people talk."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.people import Cast, Person
from tests.browser.window import Window

LABEL = "Dashboard beside the conversation"


def toggle(window: Window) -> Locator:
    return window.page.locator("#dock-toggle")


def dock(window: Window) -> Locator:
    return window.page.get_by_role("complementary", name=LABEL)


def choose(window: Window, title: str) -> None:
    toggle(window).click()
    window.page.get_by_role("dialog", name=LABEL).get_by_role("button", name=title).click()


def moves(window: Window) -> None:
    root = dock(window).locator(".dock")
    expect(root).to_have_attribute("data-at", re.compile(r"\d+"))
    newest = root.get_attribute("data-at") or ""
    expect(root).not_to_have_attribute("data-at", newest)


def test_it_moves_while_people_talk_and_is_there_again(ada: Person, ben: Person) -> None:
    room, other = ada.make_room(ben), ada.make_room(ben)  # who is alone sees no list of people
    mine = ada.enter(room)
    choose(mine, "This machine")
    expect(mine.page.locator("aside.people")).to_be_hidden()
    expect(dock(mine).get_by_role("figure", name=re.compile("^CPU( all cores)?$")).locator("canvas")).to_be_visible()
    expect(dock(mine).locator(".tile").filter(has_text="Memory")).to_contain_text(re.compile(r"\d"))
    mine.say("Look at the memory")
    ben.send(room, "I see it")
    expect(mine.said("I see it")).to_be_visible()
    moves(mine)
    mine.line(other).click()
    expect(dock(mine)).to_be_hidden()
    expect(mine.page.locator("aside.people")).to_be_visible()
    mine.line(room).click()
    moves(mine)
    mine.enter(room)
    moves(mine)


def test_it_closes_by_keyboard_and_for_the_people(ada: Person) -> None:
    mine = ada.enter(ada.make_room())
    choose(mine, "This machine")
    dock(mine).get_by_role("button", name="Close dashboard").press("Escape")
    expect(dock(mine)).to_be_hidden()
    expect(toggle(mine)).to_be_focused()
    toggle(mine).press("Enter")
    moves(mine)
    expect(toggle(mine)).to_have_attribute("aria-expanded", "true")
    mine.page.locator("[data-toggles=people]").click()
    expect(dock(mine)).to_be_hidden()
    expect(mine.page.locator("aside.people")).to_be_visible()
    mine.page.reload()
    expect(mine.is_live().page.locator("aside.people")).to_be_visible()


def test_what_is_undocked_is_not_followed(ada: Person) -> None:
    mine = ada.window()
    frames: list[str] = []
    mine.page.on("websocket", lambda socket: socket.on("framesent", lambda frame: frames.append(str(frame))))
    mine.enter(ada.make_room())
    choose(mine, "This machine")
    moves(mine)
    dock(mine).get_by_role("button", name="Close dashboard").click()
    mine.say("That was all")
    expect(mine.pending).to_have_count(0)
    assert any("unsubscribe" in frame and "dashboard.host" in frame for frame in frames)


def test_an_address_opens_it(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    mine = ada.window().goto(f"{room.path}?dock=host").is_live()
    moves(mine)
    expect(mine.page).to_have_url(re.compile(f"{room.path}$"))
    theirs = ben.window()
    theirs.watch.allow(r"\b404\b")
    theirs.goto(f"{room.path}?dock=host").is_live()
    expect(theirs.toast).to_have_text("This dashboard no longer exists, or you don't have access.")
    expect(dock(theirs)).to_be_hidden()


@pytest.mark.parametrize("width", [360])
def test_on_a_phone_it_is_a_drawer(cast: Cast, ada: Person, width: int) -> None:
    mine = cast.again(ada, viewport={"width": width, "height": 740}, has_touch=True).enter(ada.make_room())
    choose(mine, "This machine")
    moves(mine)
    assert mine.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    mine.page.keyboard.press("Escape")
    expect(dock(mine)).to_be_hidden()
