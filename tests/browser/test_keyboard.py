"""Without a mouse, and for screen readers."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Newcomer
from tests.browser.people import Person
from tests.browser.window import Window

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
    expect(mine.said("one").get_by_role("toolbar").get_by_role("button").first).to_be_focused()
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
