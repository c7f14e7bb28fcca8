"""Messages pinned to the time axis of charts are seen there, and lead back to the conversation."""

import re

from playwright.sync_api import Locator, expect

from tests.browser.people import Person
from tests.browser.window import Window

ROLLING = "Rolling web to 4.2"


def mark_in(window: Window, text: str) -> Locator:
    """What the keyboard and readers find; its place in the charts follows it."""
    return window.page.get_by_role("list", name="Pinned messages and alerts").get_by_role("link", name=text)


def test_a_pinned_message_stands_in_the_charts_of_its_room(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    board = ada.window().goto("/dashboards/host/").is_live()
    expect(board.page.locator("#panels")).to_have_attribute("data-shown", re.compile(r"\d"))
    mine = ada.window().goto(f"{room.path}?dock=host").is_live()
    expect(mine.page.locator(".dock canvas").first).to_be_visible()
    said = mine.say(ROLLING)
    expect(mine.pending).to_have_count(0)
    mine.act(said, "Pin to charts")
    expect(mine.page.locator(".dock .mark").first).to_be_attached()
    expect(mark_in(mine, ROLLING)).to_have_count(1)
    board.page.bring_to_front()
    expect(mark_in(board, f"Ada Lovelace: {ROLLING}")).to_have_count(1)
    mark_in(board, ROLLING).focus()
    expect(board.page.locator(".mark-note")).to_contain_text(ROLLING)
    expect(board.page.locator(".mark[data-current]")).to_be_visible()
    board.page.keyboard.press("Enter")
    expect(board.page).to_have_url(re.compile(rf"{room.path}\?at=\d+$"))
    expect(board.said(ROLLING)).to_be_visible()


def test_it_can_be_taken_off_by_others(ada: Person, ben: Person) -> None:
    room, words = ada.make_room(ben), "The drain is on"
    ben.send(room, words)
    mine = ada.window().goto(f"{room.path}?dock=host").is_live()
    expect(mine.page.locator(".dock canvas").first).to_be_visible()
    mine.act(mine.said(words), "Pin to charts")
    expect(mark_in(mine, words)).to_have_count(1)
    theirs = ben.enter(room)
    theirs.act(theirs.said(words), "Unpin from charts")
    mine.page.bring_to_front()
    expect(mark_in(mine, words)).to_have_count(0)
