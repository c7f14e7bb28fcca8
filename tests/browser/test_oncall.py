"""A schedule is made, a shift is taken over on the page, and another is offered and taken in the room."""

from uuid import uuid4

from playwright.sync_api import expect

from tests.browser import look
from tests.browser.axe import find_violations, list_violations
from tests.browser.people import Person
from tests.browser.watch import Watch
from tests.browser.window import Room, Window

AXE = ("Applying inline style",)  # what it adds for a moment


def read_handle(person: Person) -> str:
    return f"@{person.me['handle']}"


def make_schedule(ada: Person, ben: Person) -> tuple[str, Room, Window]:
    """A week each, Ada first; its name, its room, and her window on its page."""
    room, name = ada.make_room(ben), f"Primary {uuid4().hex[:6]}"
    window = ada.window().goto("/oncall/")
    window.page.get_by_role("main").get_by_role("link", name="New schedule").first.click()
    form = window.page.locator("form.rule")
    form.get_by_label("Name").fill(name)
    form.get_by_label("members of").select_option(value=str(room.id))
    form.get_by_label("in this order").fill(f"{read_handle(ada)} {read_handle(ben)}")
    expect(form.get_by_label("in the time zone")).not_to_have_value("")  # the browser's
    assert look.faults(window.page, "oncall-new-en") == []
    form.get_by_role("button", name="Save").click()
    expect(window.page.get_by_role("heading", name=name)).to_be_visible()
    return name, room, window


def test_a_member_takes_over_and_the_page_says_so(ada: Person, ben: Person, watch: Watch) -> None:
    watch.allow(*AXE)
    name, _room, window = make_schedule(ada, ben)
    now = window.page.locator(".card").first
    expect(now).to_contain_text("On call now")
    expect(now).to_contain_text(ada.me["name"])
    expect(window.page.locator(".oncall__calendar td")).to_have_count(28)
    window.page.reload()  # without the message that it was saved
    expect(now).to_be_visible()
    assert look.faults(window.page, "oncall-schedule-en") == []
    assert find_violations(window.page) == []
    theirs = ben.window().goto("/oncall/")
    theirs.page.get_by_role("link", name=name).click()
    theirs.page.locator(".card").first.get_by_role("button", name="Take over").click()
    expect(theirs.page.locator(".notes__note--success")).to_contain_text("You are on call until")
    expect(theirs.page.locator(".card").first).to_contain_text(ben.me["name"])
    window.goto("/oncall/")
    expect(window.page.get_by_role("listitem").filter(has_text=name)).to_contain_text(ben.me["name"])
    assert look.faults(window.page, "oncall-en") == []


def test_an_offered_shift_is_taken_from_its_card(ada: Person, ben: Person) -> None:
    name, room, window = make_schedule(ada, ben)
    window.page.get_by_role("button", name="Offer this shift").click()
    expect(window.page.get_by_role("heading", name="On offer")).to_be_visible()
    theirs = ben.enter(room)
    theirs.write("@onc")
    expect(theirs.page.get_by_role("option")).to_have_text(f"On call: {ada.me['name']}@oncall")
    theirs.box.press("Tab")
    expect(theirs.box).to_have_value("@oncall ")
    theirs.box.fill("")
    card = theirs.log.locator(".card").filter(has_text=name)
    expect(card).to_contain_text("offers a shift")
    assert look.faults(theirs.page, "oncall-card-en") == []
    assert list_violations(theirs, ["phone"]) == []
    card.get_by_role("button", name="Take this shift").click()
    expect(card).to_contain_text("took the shift")
    expect(card.get_by_role("button")).to_have_count(0)
    window.page.reload()
    expect(window.page.locator(".card").first).to_contain_text(ben.me["name"])
