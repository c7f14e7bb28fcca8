"""The same house in Chinese."""

import re

from playwright.sync_api import expect

from tests.browser.chinese import chinese
from tests.browser.conftest import Newcomer
from tests.browser.people import Person


def test_the_whole_room_page_is_chinese(ada: Person, newcomer: Newcomer) -> None:
    na = newcomer("李娜", locale="zh-CN")
    room = ada.make_room(na)
    theirs = na.enter(room)
    expect(theirs.page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(theirs.page.locator("#connection")).to_contain_text(chinese("Live"))
    expect(theirs.page.get_by_role("button", name=chinese("People in this room"))).to_be_visible()
    expect(theirs.log).to_have_attribute("aria-label", chinese("Conversation in {room}").replace("{room}", room.name))
    theirs.say("你好")
    expect(theirs.log.locator(".divider--day:visible")).to_have_text("今天")


def test_the_language_is_chosen_in_the_menu_and_stays(newcomer: Newcomer) -> None:
    eve = newcomer("Eve")
    theirs = eve.window().goto("/").is_live()
    theirs.page.get_by_role("button", name="Eve", exact=True).click()
    theirs.page.get_by_role("button", name="简体中文").click()
    expect(theirs.page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(theirs.page).to_have_url(re.compile("/rooms/"))
    theirs.goto("/people/")
    expect(theirs.page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(theirs.page.get_by_role("heading", name=chinese("People"), exact=True)).to_be_visible()
