"""Without a mouse, and for screen readers."""

import re
import socket
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Newcomer
from tests.browser.people import Cast, Person
from tests.browser.test_alerts import Memory
from tests.browser.test_checks import DOWN, UP
from tests.browser.window import Window
from tests.support.cast import PASSWORD

UNNAMED = """() => {
    const kinds = "button, a[href], input:not([type=hidden]), select, textarea, [role=listbox], dialog";
    const text = (id) => document.getElementById(id)?.textContent;
    const name = (part) => [
        part.getAttribute("aria-label"),
        ...(part.getAttribute("aria-labelledby") ?? "").split(" ").map(text),
        ...[...(part.labels ?? [])].map((label) => label.textContent),
        part.textContent,
        ...[...part.querySelectorAll("img[alt]")].map((image) => image.alt),
    ].join("").trim();
    return [...document.querySelectorAll(kinds)]
        .filter((part) => part.checkVisibility({visibilityProperty: true}) && !part.closest("[inert]") && !name(part))
        .map((part) => part.outerHTML.slice(0, 160));
}"""
RINGED = """part => {
    const look = getComputedStyle(part);
    return (look.outlineStyle !== "none" && parseFloat(look.outlineWidth) > 0) || look.boxShadow !== "none";
}"""
PAGES = ["/", "/rooms/", "/rooms/new/", "/rooms/direct/", "/people/", "/people/invitations/", "/profile/", "/search/"]


def is_ringed(part: Locator) -> bool:
    return bool(part.evaluate(RINGED))


def from_the_top(window: Window) -> None:
    """As if the page had just been opened, though the composer takes the focus then."""
    window.evaluate("document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex')")


def test_the_conversation_is_a_named_log(ada: Person) -> None:
    room = ada.make_room()
    mine = ada.enter(room)
    expect(mine.page.get_by_role("log", name=f"Conversation in {room.name}")).to_have_count(1)
    expect(mine.page.get_by_role("textbox", name=f"Message #{room.name}").or_(mine.box)).to_have_attribute(
        "aria-label", f"Message #{room.name}"
    )


def test_tab_reaches_the_composer_and_the_focus_is_seen_on_its_way(newcomer: Newcomer) -> None:
    eve = newcomer("Eve")
    mine = eve.enter(eve.make_room())
    from_the_top(mine)
    focused = mine.page.locator(":focus")
    for _step in range(40):
        mine.page.keyboard.press("Tab")
        if focused.get_attribute("id") == "message-box":
            break
        assert is_ringed(focused), focused.evaluate("part => part.outerHTML")
    expect(mine.box).to_be_focused()


def test_the_skip_link_leads_to_the_composer(ada: Person) -> None:
    mine = ada.enter(ada.make_room())
    from_the_top(mine)
    mine.page.keyboard.press("Tab")
    skip = mine.page.get_by_role("link", name="Skip to the message box")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    mine.page.keyboard.press("Enter")
    expect(mine.box).to_be_focused()


def test_control_k_goes_to_a_room_by_a_few_letters(ada: Person) -> None:
    target = ada.make_room(name="zebra crossing")
    mine = ada.enter(ada.make_room())
    mine.page.keyboard.press("Control+k")
    palette = mine.page.get_by_role("dialog", name="Go to or search")
    expect(palette.get_by_role("combobox")).to_be_focused()
    mine.page.keyboard.type("ebra c")
    expect(palette.get_by_role("option").first).to_contain_text(target.name)
    mine.page.keyboard.press("Enter")
    expect(mine.page.get_by_role("heading", name=target.name, level=1)).to_be_visible()
    expect(mine.box).to_be_focused()


def test_control_k_searches_for_anything_else(ada: Person) -> None:
    mine = ada.enter(ada.make_room())
    mine.page.keyboard.press("Control+k")
    mine.page.keyboard.type("no such place")
    expect(mine.page.get_by_role("option")).to_have_text(re.compile("^Search messages for “no such place”"))
    mine.page.keyboard.press("Enter")
    expect(mine.page).to_have_url(re.compile(r"/search/\?q=no"))


def test_alt_and_the_arrows_step_through_the_rooms(ada: Person) -> None:
    mine = ada.enter(ada.make_room())
    lines = mine.page.locator("#rooms a[data-room]")
    names = lines.locator(".line__name").all_inner_texts()
    here = names.index(mine.page.get_by_role("heading", level=1).inner_text())
    mine.page.keyboard.press("Alt+ArrowDown")
    expect(mine.page.get_by_role("heading", name=names[(here + 1) % len(names)], level=1)).to_be_visible()
    mine.page.keyboard.press("Alt+ArrowUp")
    expect(mine.page.get_by_role("heading", name=names[here], level=1)).to_be_visible()


def test_a_message_is_reached_and_acted_on_by_keys(ada: Person) -> None:
    mine = ada.enter(ada.make_room())
    expect(mine.say("one")).to_be_visible()
    expect(mine.say("two")).to_be_visible()
    mine.said("two").focus()
    mine.page.keyboard.press("ArrowUp")
    expect(mine.said("one")).to_be_focused()
    mine.page.keyboard.press("Enter")
    toolbar = mine.said("one").get_by_role("toolbar")
    first, last = (toolbar.get_by_role("button").nth(place) for place in (0, -1))
    expect(first).to_be_focused()
    for key, focused in {"ArrowLeft": last, "ArrowRight": first, "End": last, "Home": first}.items():
        mine.page.keyboard.press(key)
        expect(focused).to_be_focused()
        expect(toolbar.locator("[tabindex='0']")).to_have_count(1)
    mine.page.keyboard.press("Escape")
    expect(mine.said("one")).to_be_focused()
    for _time in range(2):
        mine.page.keyboard.press("Enter")
    expect(mine.said("one").locator(".reaction").first).to_have_text(re.compile(r"👍\s*1"))


@pytest.mark.parametrize("path", PAGES)
def test_everything_that_can_be_used_has_a_name(ada: Person, path: str) -> None:
    page = ada.window().goto(path).page
    assert page.evaluate(UNNAMED) == []
    assert page.evaluate("[...document.images].filter((image) => !image.hasAttribute('alt')).length") == 0
    expect(page.get_by_role("main")).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)


def test_a_message_of_someone_else_is_announced(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    mine = ada.enter(room)
    ben.send(room, "the **news**")
    expect(mine.page.locator("#announcer")).to_have_text("Ben: the news")


def tab_to(window: Window, part: Locator, key: str = "Tab") -> None:
    """Press the key until this part has the focus."""
    expect(part).to_be_visible()
    for _step in range(80):
        if part.evaluate("part => part === document.activeElement"):
            return
        window.page.keyboard.press(key)
    raise AssertionError(f"{key} does not reach {part}")


def go_to_place(window: Window, name: str) -> None:
    """The places are the last part of the sidebar: back from the page."""
    tab_to(window, window.page.locator("#rooms").get_by_role("link", name=name), "Shift+Tab")
    window.page.keyboard.press("Enter")
    expect(window.page.get_by_role("heading", level=1)).to_be_focused()


def type_into(window: Window, label: str, text: str) -> None:
    tab_to(window, window.page.get_by_label(label, exact=True))
    window.page.keyboard.press("Control+A")
    window.page.keyboard.type(text)


def follow(window: Window, name: str) -> None:
    tab_to(window, window.page.get_by_role("link", name=name, exact=True))
    window.page.keyboard.press("Enter")


def press(window: Window, name: str) -> None:
    tab_to(window, window.page.locator("main").get_by_role("button", name=name, exact=True))
    window.page.keyboard.press("Enter")


def sign_in_by_keys(cast: Cast, person: Person) -> Window:
    window = cast.visitor().goto("/")
    type_into(window, "Email", person.email)
    type_into(window, "Password", PASSWORD)
    window.page.keyboard.press("Enter")
    return window.is_live()


def test_a_check_is_made_and_broken_by_keyboard_alone(cast: Cast, ada: Person) -> None:
    name = f"Gate {uuid4().hex[:6]}"
    room = ada.make_room(name=name)
    mine = sign_in_by_keys(cast, ada)
    mine.page.keyboard.press("Control+k")
    mine.page.keyboard.type(room.name)
    mine.page.keyboard.press("Enter")
    expect(mine.page.get_by_role("heading", level=1, name=room.name)).to_be_visible()
    expect(mine.box).to_be_focused()
    mine.page.keyboard.type("Watch the gate")
    mine.page.keyboard.press("Enter")
    expect(mine.said("Watch the gate")).to_be_visible()
    with socket.create_server(("127.0.0.1", 0)) as gate:
        go_to_place(mine, "Checks")
        follow(mine, "New check")
        expect(mine.page.get_by_role("heading", level=1, name="New check")).to_be_focused()
        follow(mine, "TCP port")
        expect(mine.page.get_by_role("link", name="TCP port")).to_have_attribute("aria-current", "page")
        type_into(mine, "Name", name)
        type_into(mine, "Host and port", f"127.0.0.1:{gate.getsockname()[1]}")
        type_into(mine, "Interval in seconds", "5")
        tab_to(mine, mine.page.locator("select[name=room]"))
        mine.page.keyboard.type(room.name)
        press(mine, "Save")
        expect(mine.page.locator("#checks")).to_contain_text(UP)
    expect(mine.page.locator("#checks")).to_contain_text(DOWN, timeout=30_000)
    card = ada.enter(room).log.locator(".check-card--outage")
    expect(card).to_contain_text(f"{name} is down")


def test_an_alert_is_acknowledged_and_silenced_by_keyboard_alone(ada: Person) -> None:
    rule = Memory(ada, ada.make_room())
    mine = ada.enter(rule.room)
    card = mine.log.locator(".alert")
    for button, answer, state in (("Acknowledge", "15 min", "acknowledged"), ("Silence", "1 h", "silenced")):
        tab_to(mine, card.get_by_role("button", name=button), "Shift+Tab")
        mine.page.keyboard.press("Enter")
        expect(card.get_by_label("Reason, in a few words")).to_be_focused()
        mine.page.keyboard.type("moving house")
        tab_to(mine, card.get_by_role("button", name=answer, exact=True))
        mine.page.keyboard.press("Enter")
        expect(card).to_have_attribute("data-state", state)
        mine.box.focus()
    assert ada.post(f"{rule.path}remove/").status == 302


def test_an_incident_is_published_by_keyboard_alone(ada: Person) -> None:
    mine, title = ada.enter(ada.make_room()), f"Slow {uuid4().hex[:6]}"
    go_to_place(mine, "Status page")
    tab_to(mine, mine.page.get_by_placeholder("What is wrong?"))
    mine.page.keyboard.type(title)
    mine.page.keyboard.press("Enter")
    expect(mine.page.get_by_role("heading", level=1, name=title)).to_be_visible()
    mine.page.keyboard.press("Tab")
    expect(mine.page.get_by_role("link", name="Skip to content")).to_be_focused()
    mine.page.keyboard.press("Enter")
    press(mine, "Publish")
    expect(mine.page.locator(".badge", has_text=re.compile("^Published$"))).to_be_visible()
