"""What is new: counts, the line in the conversation, the days."""

import re
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Newcomer
from tests.browser.people import HOUSE, Cast, Person


@pytest.mark.development
def test_unread_counts_are_exact_in_the_sidebar_and_in_the_title(ada: Person, newcomer: Newcomer) -> None:
    eve = newcomer("Eve")
    one, two, elsewhere = ada.make_room(eve), ada.make_room(eve), ada.make_room(eve)
    theirs = eve.enter(elsewhere)
    for number in range(3):
        ada.send(one, f"number {number}")
    ada.send(two, "hello")
    eve.send(two, "my own does not count")
    expect(theirs.badge(one)).to_have_text("3")
    expect(theirs.badge(two)).to_have_text("1")
    expect(theirs.page).to_have_title(re.compile(rf"^\(4\) {elsewhere.name} ·"))
    theirs.line(one).click()
    expect(theirs.badge(one)).to_be_hidden()
    expect(theirs.page).to_have_title(re.compile(rf"^\(1\) {one.name} ·"))


def test_more_than_99_unread_messages_are_not_counted_exactly(ada: Person, newcomer: Newcomer) -> None:
    eve = newcomer("Eve")
    room, elsewhere = ada.make_room(eve), ada.make_room(eve)
    theirs = eve.window()
    send = theirs.intercept_events("me")
    theirs.enter(elsewhere)
    line = {"id": room.id, "name": room.name, "kind": "open", "head": 100}
    for count, text, words in ((99, "99", "99 unread messages"), (100, "99+", "99+ unread messages")):
        send("room", {**line, "unread": count})
        expect(theirs.badge(room)).to_have_text(text)
        expect(theirs.line(room).locator(".line__unread")).to_have_text(words)
        expect(theirs.page).to_have_title(f"({text}) {elsewhere.name} · {HOUSE}")
    send("room", {**line, "unread": 100, "mentions": 100})
    expect(theirs.line(room).locator(".line__unread")).to_have_text("99+ unread messages, 99+ for you")


def test_a_deleted_message_is_unread_no_more(ada: Person, newcomer: Newcomer) -> None:
    eve = newcomer("Eve")
    room, elsewhere = ada.make_room(eve), ada.make_room(eve)
    mine, theirs = ada.enter(room), eve.enter(elsewhere)
    mine.say("stays")
    message = mine.say("goes")
    expect(theirs.badge(room)).to_have_text("2")
    mine.act(message, "Delete")
    expect(theirs.badge(room)).to_have_text("1")


@pytest.mark.development
def test_reading_in_one_tab_clears_the_other(ada: Person, newcomer: Newcomer) -> None:
    eve = newcomer("Eve")
    room, elsewhere = ada.make_room(eve), ada.make_room(eve)
    one, other = eve.enter(elsewhere), eve.enter(elsewhere)
    ada.send(room, "read me")
    for tab in (one, other):
        expect(tab.badge(room)).to_have_text("1")
    one.line(room).click()
    expect(one.said("read me")).to_be_visible()
    expect(other.badge(room)).to_be_hidden()
    expect(other.page).not_to_have_title(re.compile(r"^\("))


def test_a_line_parts_what_is_new_from_what_was_read(ada: Person, ben: Person) -> None:
    room, elsewhere = ada.make_room(ben), ada.make_room(ben)
    theirs = ben.enter(room)
    ada.send(room, "read")
    expect(theirs.said("read")).to_be_visible()
    theirs.line(elsewhere).click()
    expect(theirs.page).to_have_title(re.compile(elsewhere.name))
    ada.send(room, "new")
    ada.send(room, "newer")
    expect(theirs.badge(room)).to_have_text("2")
    theirs.line(room).click()
    line = theirs.log.locator(".divider--fresh:visible")
    expect(line).to_have_text("New since you left")
    expect(line.locator("..").locator(".message__body")).to_have_text("new")


def test_a_line_marks_what_came_while_one_looked_away(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    theirs = ben.enter(room)
    ada.send(room, "watched")
    expect(theirs.said("watched")).to_be_visible()
    theirs.evaluate("document.hasFocus = () => false")
    ada.send(room, "missed")
    expect(theirs.log.locator(".divider--fresh:visible").locator("..").locator(".message__body")).to_have_text("missed")


def test_days_are_parted(cast: Cast, ada: Person) -> None:
    room = ada.make_room()
    ada.send(room, "said today")
    mine = ada.enter(room)
    expect(mine.log.locator(".divider--day:visible")).to_have_text("Today")
    later = cast.again(ada).window()  # the clock is that of the whole browser
    later.page.clock.set_fixed_time(datetime.now().astimezone() + timedelta(days=1))
    later.enter(room)
    expect(later.log.locator(".divider--day:visible")).to_have_text("Yesterday")
