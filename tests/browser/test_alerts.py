"""An alert comes into the room, is acknowledged there for all to see, and resolves in the same message."""

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import look
from tests.browser.axe import find_violations, list_violations
from tests.browser.people import Cast, Person
from tests.browser.test_palette import active, opened
from tests.browser.watch import Watch
from tests.browser.window import Room, Window

AXE = ("Applying inline style",)  # what it adds for a moment


class Memory:
    """A rule that fires while its threshold is below what every machine uses."""

    def __init__(self, by: Person, room: Room, title: str = "") -> None:
        self.by, self.room, self.path = by, room, "/alerts/rules/new/"
        self.title = title or f"Memory of {room.name}"
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
    assert list_violations(window, ["phone"]) == []
    card(window, "firing").get_by_role("button", name="1 h", exact=True).click()
    card(window, "acknowledged")
    assert look.faults(window.page, "alert-acknowledged") == []
    assert list_violations(window, ["phone"]) == []


def test_a_rule_says_beforehand_how_often_it_would_have_fired(ada: Person, memory: Memory, watch: Watch) -> None:
    card(ada.enter(memory.room), "firing")
    page = ada.window().goto("/alerts/rules/new/").page
    page.locator("[name=source]").click()
    page.get_by_role("option", name="host", exact=False).first.click()
    series = page.locator("[name=series]")
    series.press_sequentially("memory sh")
    expect(page.locator(".choice-list:visible li")).to_have_text([re.compile("memory.share")])  # of this source alone
    series.press("ArrowDown")
    series.press("Enter")
    expect(series).to_have_value("memory.share")
    page.get_by_label("Threshold").fill("0.1")
    preview = page.locator("#rule-preview")
    expect(preview).to_contain_text("It would have fired once in the last")
    expect(preview).to_contain_text("Nearest to firing now")
    expect(page.locator("#rule-unit")).to_have_text("%")
    expect(page.get_by_label("Threshold")).to_be_focused()
    watch.allow(*AXE)
    assert find_violations(page) == []
    page.get_by_label("Threshold").fill("99.9")
    expect(preview).to_contain_text("It would not have fired")


def test_what_is_wrong_stands_at_its_field_while_it_is_typed(ada: Person, memory: Memory, watch: Watch) -> None:
    watch.allow(r"\b400\b")
    mine = ada.window().goto(memory.path)
    hold = mine.page.locator(".field", has=mine.page.locator("[name=hold]"))
    hold.locator("input").fill("soon")
    expect(hold.locator(".errorlist")).to_have_text("Enter a duration such as 30 s, 5 min or 1 h.")
    expect(hold.locator("input")).to_be_focused()
    expect(hold.locator("input")).to_have_attribute("aria-invalid", "true")
    hold.locator("input").fill("30 s")
    expect(hold.locator(".errorlist")).to_have_count(0)
    expect(hold.locator("input")).not_to_have_attribute("aria-invalid", "true")


def test_an_error_of_the_server_leaves_with_its_cause(ada: Person, memory: Memory) -> None:
    page = ada.window().goto(memory.path).page
    people = page.locator(".field", has=page.locator("[name=step_0_to]"))
    page.locator("[name=step_0_after]").fill("5 min")
    people.locator("input").fill("@nobody")
    page.get_by_role("button", name="Save").click()
    expect(people.locator(".errorlist")).to_contain_text("@nobody")
    people.locator("input").fill("")
    expect(people.locator(".errorlist")).to_have_count(0)


def row(page: Page, title: str) -> Locator:
    return page.get_by_role("listitem").filter(has_text=title)


def test_the_page_of_alerts_follows_by_itself_and_the_palette_acknowledges(
    ada: Person, ben: Person, memory: Memory
) -> None:
    window = ben.window().goto("/alerts/")
    line = row(window.page, memory.title)
    line.hover()
    expect(line.get_by_role("button", name="Acknowledge")).to_be_visible()
    window.page.mouse.move(0, 0)
    opened(window).fill(f"acknowledge {memory.title}")
    expect(active(window)).to_contain_text(f"Acknowledge {memory.title}")
    window.page.keyboard.press("Enter")
    expect(line).to_contain_text("Ben has it until")
    memory.save(threshold="99.9")
    expect(line).to_contain_text("Lasted")


def test_an_alert_opens_beside_the_list_and_is_answered_there(ben: Person, memory: Memory, watch: Watch) -> None:
    page = ben.window().goto("/alerts/").is_live().page
    line = row(page, memory.title)
    line.get_by_role("link", name=memory.title, exact=True).click()
    panel = page.get_by_role("complementary", name="Alert")
    expect(panel.get_by_role("heading", name=memory.title)).to_be_visible()
    expect(line).to_be_visible()
    expect(panel.locator(".alert-plot svg")).to_be_visible()
    expect(panel).to_contain_text("Fired")
    watch.allow(*AXE)
    assert find_violations(page) == []
    panel.get_by_role("button", name="Acknowledge").click()
    expect(panel).to_contain_text("Ben acknowledged it")
    expect(line).to_contain_text("Ben has it until")
    page.keyboard.press("s")
    expect(panel.get_by_label("Reason, in a few words")).to_be_focused()
    page.keyboard.type("as planned, all of it")  # a and s are letters here
    panel.get_by_role("button", name="4 h").click()
    expect(line).to_contain_text("“as planned, all of it”")
    expect(panel).to_contain_text("Ben silenced it")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(line.get_by_role("link", name=memory.title, exact=True)).to_be_focused()
    page.get_by_label("Severity").select_option("Info")
    expect(line).to_have_count(0)
    expect(page).to_have_url(re.compile("severity=info"))


def test_alerts_are_answered_by_keys_alone(ada: Person, ben: Person, memory: Memory) -> None:
    other = Memory(ada, memory.room, f"Again, {memory.title}")
    page = ben.window().goto("/alerts/").is_live().page
    expect(page.locator("[data-group=firing] .alert-row", has_text=memory.title)).to_have_count(2)
    first, second = (page.locator(".alert-row__title").nth(place) for place in (0, 1))
    first.focus()
    page.keyboard.press("ArrowDown")
    expect(second).to_be_focused()
    expect(first).to_have_attribute("tabindex", "-1")
    chosen = page.locator(".alert-row", has=page.locator(":focus")).get_attribute("data-alert")
    page.keyboard.press("a")
    expect(page.locator(f"[data-group=handled] [data-alert='{chosen}']")).to_be_visible()
    assert ada.post(f"{other.path}remove/").status == 302


def test_rows_stay_where_they_are_under_the_pointer(ada: Person, ben: Person, memory: Memory) -> None:
    page = ben.window().goto("/alerts/").is_live().page
    line = page.locator("[data-group=firing]").get_by_role("listitem").filter(has_text=memory.title)
    line.hover()
    alert = line.get_attribute("data-alert")
    assert ada.post(f"/alerts/{alert}/answer/", do="acknowledge", minutes="60").status == 302
    expect(line).to_contain_text("Ada Lovelace has it until")  # brought up to date, and still in its place
    page.mouse.move(0, 0)
    expect(page.locator("[data-group=handled]").get_by_role("listitem").filter(has_text=memory.title)).to_be_visible()


def test_an_alert_is_a_page_on_phones_and_without_scripts(
    cast: Cast, ada: Person, ben: Person, memory: Memory, watch: Watch
) -> None:
    card(ada.enter(memory.room), "firing")
    phone = cast.again(ben, viewport={"width": 360, "height": 740}).window().goto("/alerts/").is_live()
    phone.page.get_by_role("link", name=memory.title, exact=True).click()
    expect(phone.page).to_have_url(re.compile(r"/alerts/\d+/$"))
    assert look.faults(phone.page, "alert") == []
    watch.allow(*AXE, r": csp$")  # how Chromium tells that it loads no scripts
    assert find_violations(phone.page) == []
    bare = cast.again(ben, java_script_enabled=False).window().goto("/alerts/").page
    row(bare, memory.title).hover()
    row(bare, memory.title).get_by_role("link", name="Silence").click()
    bare.get_by_label("Reason, in a few words").fill("by hand")
    bare.get_by_role("button", name="1 h", exact=True).click()
    expect(bare.locator("#alert")).to_contain_text("“by hand”")


def test_a_rule_is_found_and_switched_in_the_list(ada: Person, memory: Memory, watch: Watch) -> None:
    page = ada.window().goto("/alerts/rules/").page
    page.get_by_label("Find a rule").fill(memory.title)
    expect(page.locator(".rule-row:not(.rule-head)")).to_have_count(1)
    switch = page.get_by_role("switch", name=memory.title)
    expect(switch).to_have_attribute("aria-checked", "true")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    expect(switch).to_be_focused()
    watch.allow(*AXE)
    assert find_violations(page) == []
