"""A direct message that finds quiet hours: the sender sees it, and notifies the recipient all the same."""

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from tests.browser.conftest import Newcomer
from tests.browser.people import Person
from tests.browser.test_notifications import popups, record, wait_for_popup
from tests.browser.window import Room


def choose_quiet_hours(person: Person) -> None:
    """From an hour ago to three hours from now."""
    now = datetime.now(UTC)
    begin, end = now - timedelta(hours=1), now + timedelta(hours=3)
    fields = {"direct_level": "all", "room_level": "mentions", "zone": "UTC", f"quiet_{begin.weekday()}": "on"}
    for day in range(7):
        fields |= {f"begin_{day}": f"{begin:%H}:00", f"end_{day}": f"{end:%H}:00"}
    assert person.post("/settings/notifications/", **fields).status == 302


def test_notify_anyway_reaches_who_has_quiet_hours_and_only_in_their_conversation(
    ada: Person, newcomer: Newcomer
) -> None:
    eve = newcomer("Eve")
    record(eve)
    choose_quiet_hours(eve)
    room = ada.make_room(eve)
    location = ada.post("/rooms/direct/", people=str(eve.id)).headers["location"]
    direct = Room(int(location.strip("/").rpartition("/")[2]), "Eve")
    elsewhere = eve.enter(room)
    mine = ada.enter(direct)
    strip = mine.page.locator(".strip--recipient")
    button = strip.get_by_role("button", name="Notify anyway")
    expect(strip).to_have_text(re.compile(r"Eve has quiet hours until \d\d:00\."))
    expect(button).to_be_hidden()
    mine.say("the site is down")
    expect(button).to_be_visible()
    expect(elsewhere.badge(direct)).to_have_text("1")
    assert popups(elsewhere) == []
    mine.box.press("Shift+Tab")
    mine.page.keyboard.press("Shift+Tab")  # past the button that adds files
    expect(button).to_be_focused()
    button.press("Enter")
    expect(mine.said("the site is down")).to_contain_text("Urgent")
    expect(button).to_be_hidden()
    expect(mine.page.locator("#toast")).to_have_text("Sent as urgent.")
    expect(mine.box).to_be_focused()
    wait_for_popup(elsewhere)
    assert popups(elsewhere) == [["Urgent: Ada Lovelace", "the site is down"]]
    elsewhere.line(direct).click()
    expect(elsewhere.said("the site is down")).to_contain_text("Urgent")
    expect(elsewhere.page.locator(".strip--recipient")).to_be_hidden()
    mine.line(room).click()
    expect(strip).to_be_hidden()
