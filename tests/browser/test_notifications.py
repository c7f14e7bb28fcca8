"""Notifications of the browser, and what a user chooses. The browser shows none here: they are recorded."""

import re
from typing import Any

from playwright.sync_api import expect

from tests.browser import look
from tests.browser.conftest import Newcomer
from tests.browser.people import Person
from tests.browser.site import Site
from tests.browser.window import Window

RECORDER = """
  window.popups = [];
  window.Notification = class {
    constructor(title, options) {
      Object.assign(this, { title, ...options });
      popups.push(this);
      setTimeout(() => this.onshow?.());
    }
    close() { this.isClosed = true; }
    static get permission() { return localStorage.getItem("permission") ?? "DEFAULT"; }
    static async requestPermission() { localStorage.setItem("permission", "granted"); return "granted"; }
  };
"""
MAIL = {"Unread mentions and direct messages": "60", "Contents": "yes", "Daily summary": "7"}


def record(person: Person, *, allowed: bool = True) -> None:
    person.context.add_init_script(RECORDER.replace("DEFAULT", "granted" if allowed else "default"))


def popups(*windows: Window) -> list[Any]:
    """(title, text) in all tabs."""
    return [each for window in windows for each in window.evaluate("popups.map(({ title, body }) => [title, body])")]


def wait_for_popup(*windows: Window) -> None:
    """In one of the tabs."""
    page = windows[0].page
    while not popups(*windows):
        page.wait_for_timeout(50)


def test_one_tab_shows_a_mention_and_a_click_leads_to_it(ada: Person, newcomer: Newcomer) -> None:
    eve = newcomer("Eve")
    record(eve)
    room, elsewhere = ada.make_room(eve), ada.make_room(eve)
    tabs = eve.enter(elsewhere), eve.window().goto("/people/").is_live()
    ada.send(room, "nothing for anybody")
    seq = ada.send(room, f"@{eve.me['handle']} look at **this**")
    wait_for_popup(*tabs)
    expect(tabs[0].badge(room)).to_have_text("2")
    assert popups(*tabs) == [[f"{ada.name} in {room.name}", "@Eve look at this"]]
    (tab,) = [window for window in tabs if popups(window)]
    tab.page.evaluate("popups[0].onclick()")
    expect(tab.page).to_have_url(re.compile(rf"{room.path}\?at={seq}$"))
    expect(tab.said("@Eve look at this")).to_be_visible()
    assert tab.evaluate("popups[0].isClosed")


def test_a_room_that_is_visible_in_a_tab_shows_none(ada: Person, newcomer: Newcomer) -> None:
    eve = newcomer("Eve")
    record(eve)
    room, other = ada.make_room(eve), ada.make_room(eve)
    elsewhere = eve.window().goto("/people/").is_live()
    theirs = eve.enter(room)
    theirs.page.bring_to_front()
    ada.send(room, f"@{eve.me['handle']} you see me")
    expect(theirs.said("@Eve you see me")).to_be_visible()
    ada.send(other, f"@{eve.me['handle']} later")
    wait_for_popup(theirs, elsewhere)
    assert [text for _title, text in popups(theirs, elsewhere)] == ["@Eve later"]


def test_what_is_read_elsewhere_closes_its_notification(ada: Person, newcomer: Newcomer) -> None:
    eve = newcomer("Eve")
    record(eve)
    room = ada.make_room(eve)
    tab = eve.window().goto("/people/").is_live()
    ada.send(room, f"@{eve.me['handle']} once")
    wait_for_popup(tab)
    other = eve.enter(room)
    other.page.bring_to_front()
    tab.page.wait_for_function("() => popups[0].isClosed")


def test_the_browser_is_asked_at_the_first_mention_and_not_again_after_not_now(ada: Person, newcomer: Newcomer) -> None:
    eve = newcomer("Eve")
    record(eve, allowed=False)
    room = ada.make_room(eve)
    theirs = eve.window().goto("/people/").is_live()
    strip = theirs.page.get_by_role("region", name="Notifications")
    ada.send(room, f"@{eve.me['handle']} hello")
    expect(strip).to_contain_text(f"{ada.name} mentioned you.")
    strip.get_by_role("button", name="Not now").click()
    expect(strip).to_be_hidden()
    theirs.page.reload()
    theirs.is_live()
    expect(theirs.badge(room)).to_have_text("1")
    expect(strip).to_be_hidden()


def test_notify_me_asks_the_browser_and_the_next_mention_is_shown(ada: Person, newcomer: Newcomer) -> None:
    eve = newcomer("Eve")
    record(eve, allowed=False)
    room = ada.make_room(eve)
    theirs = eve.window().goto("/people/").is_live()
    ada.send(room, f"@{eve.me['handle']} hello")
    theirs.page.get_by_role("button", name="Notify me").click()
    expect(theirs.page.locator("#notifications-strip")).to_be_hidden()
    ada.send(room, f"@{eve.me['handle']} again")
    wait_for_popup(theirs)
    assert [text for _title, text in popups(theirs)] == ["@Eve again"]


def test_a_room_is_muted_by_keyboard_and_shows_it_in_all_tabs(ada: Person, newcomer: Newcomer) -> None:
    eve = newcomer("Eve")
    record(eve)
    room, other = ada.make_room(eve), ada.make_room(eve)
    elsewhere = eve.window().goto("/people/").is_live()
    theirs = eve.enter(room)
    button = theirs.page.get_by_role("button", name="Notifications of this room")
    button.press("Enter")
    theirs.page.get_by_role("button", name="For 1 hour").press("Enter")
    expect(theirs.page.locator("[data-muted-text]")).to_contain_text("Muted until")
    for tab in (theirs, elsewhere):
        expect(tab.line(room)).to_contain_text("muted")
    theirs.line(other).click()
    ada.send(room, f"@{eve.me['handle']} unheard")
    theirs.line(room).wait_for()
    ada.send(other, f"@{eve.me['handle']} seen")
    expect(theirs.badge(room)).to_have_text("1")
    assert popups(theirs, elsewhere) == []
    theirs.line(room).click()
    button.press("Enter")
    theirs.page.get_by_role("button", name="Unmute").press("Enter")
    for tab in (theirs, elsewhere):
        expect(tab.line(room).locator(".line__muted")).to_be_hidden()


def test_the_level_of_a_room_is_chosen_and_kept(ada: Person, newcomer: Newcomer) -> None:
    eve = newcomer("Eve")
    record(eve)
    room = ada.make_room(eve)
    theirs = eve.enter(room)
    theirs.page.get_by_role("button", name="Notifications of this room").click()
    theirs.page.get_by_role("radio", name="All messages").check()
    other = eve.window().goto("/people/").is_live()
    theirs.page.close()
    ada.send(room, "for everybody")
    wait_for_popup(other)
    other.enter(room).page.get_by_role("button", name="Notifications of this room").click()
    expect(other.page.get_by_role("radio", name="All messages")).to_be_checked()


def test_the_settings_are_saved_as_they_change(ada: Person, newcomer: Newcomer, site: Site) -> None:
    eve = newcomer("Eve")
    record(eve, allowed=False)
    page = eve.window().goto("/settings/notifications/").is_live().page
    expect(page.get_by_label("Time zone")).not_to_have_value("")
    with page.expect_response(lambda response: response.request.method == "POST"):
        page.get_by_label("Saturday").check()
    with page.expect_response(lambda response: response.request.method == "POST"):
        page.get_by_role("combobox", name="Rooms").select_option("Nothing")
    mentions = page.get_by_role("group", name="Mentions of you")
    with page.expect_response(lambda response: response.request.method == "POST"):
        mentions.get_by_role("checkbox", name="Devices").uncheck()
    page.get_by_role("switch", name="Desktop notifications").check()
    expect(page.locator("#device-state")).to_have_text("While a tab of this site is open.")
    page.locator("#this-device").get_by_role("button", name="Send a test").click()
    expect(page.locator("#device-state")).to_have_text(re.compile(r"The test arrived in [\d.]+ m?s\."))
    page.get_by_role("switch", name="Sound of critical alerts").uncheck()
    mail = MAIL if site.has_mail else {}
    for label, value in mail.items():
        with page.expect_response(re.compile("/settings/mail/$")):
            page.get_by_label(label).select_option(value)
    assert look.faults(page, "notifications-en") == []
    page.reload()
    for label, value in mail.items():
        expect(page.get_by_label(label)).to_have_value(value)
    expect(page.get_by_label("Saturday")).to_be_checked()
    expect(page.get_by_label("Monday")).not_to_be_checked()
    expect(page.get_by_role("combobox", name="Rooms")).to_have_value("nothing")
    expect(mentions.get_by_role("checkbox", name="In the tab")).to_be_checked()
    expect(mentions.get_by_role("checkbox", name="Devices")).not_to_be_checked()
    expect(page.get_by_role("switch", name="Desktop notifications")).to_be_checked()
    expect(page.get_by_role("switch", name="Sound of critical alerts")).not_to_be_checked()
