"""An alert comes into the room, is acknowledged there for all to see, and resolves in the same message."""

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, expect

from tests.browser import look
from tests.browser.people import Person
from tests.browser.window import Room, Window


class Memory:
    """A rule that fires while its threshold is below what every machine uses."""

    def __init__(self, by: Person, room: Room) -> None:
        self.by, self.room, self.path = by, room, "/alerts/rules/new/"
        self.title = f"Memory of {room.name}"
        self.fields = {"title": self.title, "source": "host", "series": "memory.share", "room": str(room.id)}
        self.save(threshold="0.1")
        found = re.search(rf'href="(/alerts/rules/\d+/)"[^>]*>{self.title}<', by.get("/alerts/rules/").text())
        assert found, "the rule is not in the list"
        self.path = found[1]

    def save(self, threshold: str) -> None:
        terms = {"comparison": ">", "threshold": threshold, "severity": "critical", "no_data": "keep", "enabled": "on"}
        answer = self.by.post(self.path, **self.fields, **terms)
        assert answer.status == 302, answer.text()


@pytest.fixture
def memory(ada: Person, ben: Person) -> Iterator[Memory]:
    rule = Memory(ada, ada.make_room(ben))
    yield rule
    assert ada.post(f"{rule.path}remove/").status == 302


def card(window: Window, state: str) -> Locator:
    shown = window.log.locator(".alert")
    expect(shown).to_have_attribute("data-state", state)
    return shown


def test_an_alert_is_acknowledged_by_a_button_and_by_a_reply_and_resolves(
    ada: Person, ben: Person, memory: Memory
) -> None:
    mine, theirs = ada.enter(memory.room), ben.enter(memory.room)
    shown = card(mine, "firing")
    expect(shown).to_contain_text(memory.title)
    expect(shown).to_contain_text(re.compile(r"host memory\.share is [\d.]+ %, above 0.1 %"))
    shown.get_by_role("button", name="Acknowledge").click()
    expect(shown.get_by_label("Reason, in a few words")).to_be_focused()
    mine.page.keyboard.type("buying more")
    shown.get_by_role("button", name="15 min").click()
    expect(card(theirs, "acknowledged")).to_contain_text(re.compile(r"Ada Lovelace until .*“buying more”"))
    card(theirs, "acknowledged").get_by_role("button", name="Unacknowledge").click()
    card(mine, "firing")
    seq = int(mine.log.locator(".row", has=mine.page.locator(".alert")).get_attribute("data-seq") or 0)
    said = {"client_id": str(uuid4()), "body": "ack 2h on it", "reply": seq}
    assert ben.ask(f"{memory.room.path}messages/", data=said).ok
    expect(card(mine, "acknowledged")).to_contain_text("Ben until")
    memory.save(threshold="99.9")
    expect(card(mine, "resolved")).to_contain_text("It lasted")
    expect(mine.log.locator(".alert").get_by_role("button")).to_have_count(0)
    expect(mine.messages).to_have_count(2)  # the card and the reply


def test_a_form_stays_while_the_card_changes_under_it(ada: Person, ben: Person, memory: Memory) -> None:
    mine = ada.enter(memory.room)
    shown = card(mine, "firing")
    shown.get_by_role("button", name="Silence").click()
    expect(shown.get_by_label("Reason, in a few words")).to_be_focused()
    mine.page.keyboard.type("while we")
    theirs = ben.enter(memory.room)
    theirs.log.locator(".alert").get_by_role("button", name="Acknowledge").click()
    theirs.log.locator(".alert").get_by_role("button", name="1 h", exact=True).click()
    card(mine, "acknowledged")
    mine.page.keyboard.type(" move")
    expect(shown.get_by_label("Reason, in a few words")).to_have_value("while we move")
    mine.page.keyboard.press("Enter")
    expect(card(theirs, "silenced")).to_contain_text("“while we move”")


def test_a_card_fits_and_can_be_read_wide_and_narrow_light_and_dark(ada: Person, memory: Memory) -> None:
    window = ada.enter(memory.room)
    card(window, "firing").get_by_role("button", name="Acknowledge").click()
    assert look.faults(window.page, "alert-firing") == []
    card(window, "firing").get_by_role("button", name="1 h", exact=True).click()
    card(window, "acknowledged")
    assert look.faults(window.page, "alert-acknowledged") == []


def test_a_rule_says_beforehand_how_often_it_would_have_fired(ada: Person, memory: Memory) -> None:
    card(ada.enter(memory.room), "firing")
    window = ada.window().goto("/alerts/rules/new/")
    for label, text in {"Source": "host", "Series": "memory.share", "Threshold": "0.1"}.items():
        window.page.get_by_label(label, exact=True).fill(text)
    preview = window.page.locator("#rule-preview")
    expect(preview).to_contain_text("It would have fired once in the last")
    window.page.get_by_label("Threshold").fill("99.9")
    expect(preview).to_contain_text("It would not have fired")


def test_what_is_wrong_stands_at_its_field_while_it_is_typed(ada: Person, memory: Memory) -> None:
    mine = ada.window()
    mine.watch.allow(r"\b400\b")
    mine.goto(memory.path)
    hold = mine.page.locator(".field", has=mine.page.locator("[name=hold]"))
    hold.locator("input").fill("soon")
    expect(hold.locator(".errorlist")).to_have_text("Enter a duration such as 30 s, 5 min or 1 h.")
    expect(hold.locator("input")).to_be_focused()
    hold.locator("input").fill("30 s")
    expect(hold.locator(".errorlist")).to_have_count(0)


def test_the_page_of_alerts_follows_by_itself(ada: Person, ben: Person, memory: Memory) -> None:
    window = ben.window().goto("/alerts/")
    line = window.page.get_by_role("listitem").filter(has_text=memory.title)
    expect(line.get_by_role("button", name="Acknowledge")).to_be_visible()
    memory.save(threshold="99.9")
    expect(line).to_contain_text("lasted")
