"""Two windows talk: what one does, the other sees at once."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Newcomer
from tests.browser.people import Person
from tests.browser.window import close


@pytest.mark.smoke
def test_a_message_appears_in_both_windows(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    mine, theirs = ada.enter(room), ben.enter(room)
    mine.say("the first **word**")
    for window in (mine, theirs):
        expect(window.bodies).to_have_text(["the first word"])
        expect(window.bodies.locator("strong")).to_have_text("word")
    expect(mine.pending).to_have_count(0)
    theirs.say("and the second")
    expect(mine.bodies).to_have_text(["the first word", "and the second"])


def test_a_message_is_visibly_on_its_way_until_it_is_stored(ada: Person) -> None:
    room = ada.make_room()
    mine = ada.enter(room)
    mine.evaluate(
        """() => { window.seen = []; new MutationObserver(() => {
            const note = document.querySelector(".timeline__pending .message__note");
            if (note) window.seen.push(note.textContent);
        }).observe(document.querySelector(".timeline__pending"), {childList: true, subtree: true}) }"""
    )
    expect(mine.say("on its way")).to_be_visible()
    expect(mine.pending).to_have_count(0)
    assert "sending" in mine.evaluate("window.seen")


@pytest.mark.smoke
def test_typing_and_presence_are_shown_and_vanish(ada: Person, newcomer: Newcomer) -> None:
    eve = newcomer("Eve")
    room = ada.make_room(eve)
    mine = ada.enter(room)
    here, typing = mine.page.locator("[data-group=here]"), mine.page.locator("#typing")
    expect(here).to_contain_text("Ada Lovelace")
    expect(here).not_to_contain_text("Eve")
    theirs = eve.enter(room)
    expect(here).to_contain_text("Eve")
    theirs.write("hm")
    expect(typing).to_have_text("Eve is typing…")
    theirs.box.press("Enter")
    expect(typing).to_be_empty()
    theirs.write("I could say more")
    expect(typing).to_have_text("Eve is typing…")
    close(theirs.page)
    expect(typing).to_be_empty()  # worth some seconds only
    expect(here).not_to_contain_text("Eve", timeout=25_000)  # 15 s after the last tab has gone


@pytest.mark.development
def test_an_edit_is_seen_by_both_and_marked(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    mine, theirs = ada.enter(room), ben.enter(room)
    message = mine.say("a tpyo")
    mine.act(message, "Edit")
    expect(mine.box).to_have_value("a tpyo")
    mine.say("a typo")
    for window in (mine, theirs):
        expect(window.said("a typo").locator(".message__note")).to_have_text("edited")
        expect(window.messages).to_have_count(1)


def test_a_deleted_message_leaves_a_tombstone(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    mine, theirs = ada.enter(room), ben.enter(room)
    mine.act(mine.say("not meant for here"), "Delete")
    expect(mine.bodies).to_have_text(["This message was deleted."])
    expect(theirs.bodies).to_have_text(["not meant for here"])
    expect(theirs.bodies).to_have_text(["This message was deleted."], timeout=15_000)
    expect(mine.toast).to_be_hidden()


def test_a_deletion_is_undone_by_its_button_or_the_keyboard(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    mine, theirs = ada.enter(room), ben.enter(room)
    mine.act(mine.say("meant for here"), "Delete")
    mine.toast.get_by_role("button", name="Undo").click()
    expect(mine.bodies).to_have_text(["meant for here"])
    mine.said("meant for here").focus()
    mine.page.keyboard.press("Enter")
    mine.page.keyboard.press("End")
    mine.page.keyboard.press("Enter")  # Delete is the last action
    expect(mine.toast.get_by_role("button", name="Undo")).to_be_focused()
    mine.page.keyboard.press("Enter")
    expect(mine.said("meant for here")).to_be_focused()
    expect(mine.toast).to_be_hidden()
    expect(theirs.bodies).to_have_text(["meant for here"])


def test_a_deletion_is_sent_at_the_latest_when_the_page_goes(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    mine, theirs = ada.enter(room), ben.enter(room)
    mine.act(mine.say("soon gone"), "Delete")
    expect(mine.bodies).to_have_text(["This message was deleted."])
    mine.page.reload()
    for window in (mine, theirs):
        expect(window.bodies).to_have_text(["This message was deleted."])


def test_only_ones_own_messages_can_be_edited(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    theirs = ben.enter(room)
    ada.send(room, "mine alone")
    message = theirs.said("mine alone")
    message.hover()
    expect(message.get_by_role("button", name="React", exact=True)).to_be_visible()
    expect(message.get_by_role("button", name="Edit")).to_be_hidden()
    expect(message.get_by_role("button", name="Delete")).to_be_hidden()


def test_a_reaction_is_added_and_taken_back(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    mine, theirs = ada.enter(room), ben.enter(room)
    message = mine.say("done?")
    mine.act(message, "React")
    mine.page.locator("#emoji-picker").get_by_role("button", name="rocket").click()
    seen = theirs.said("done?").locator(".reaction").first
    expect(seen).to_have_text(re.compile(r"🚀\s*1"))
    seen.click()
    expect(message.locator(".reaction").first).to_have_text(re.compile(r"🚀\s*2"))
    expect(seen).to_have_attribute("aria-pressed", "true")
    seen.click()
    expect(message.locator(".reaction").first).to_have_text(re.compile(r"🚀\s*1"))
    message.locator(".reaction").first.click()
    for window in (mine, theirs):
        expect(window.page.locator(".reaction")).to_have_count(0)


def test_an_emoji_is_found_by_words_by_groups_and_by_arrows(ada: Person, newcomer: Newcomer) -> None:
    eve = newcomer("Eve")
    mine = eve.enter(eve.make_room())
    picker, opener = mine.page.locator("#emoji-picker"), mine.page.locator(".composer__emoji")
    search, groups = picker.get_by_role("searchbox", name="Search emoji"), picker.get_by_role("group")
    tabs, emoji = picker.get_by_role("toolbar", name="Groups").get_by_role("button"), picker.locator(".picker__emoji")
    opener.click()
    expect(search).to_be_focused()
    expect(tabs.last).to_be_visible()
    assert tabs.count() == groups.count() > 5
    tabs.last.click()
    expect(groups.last.get_by_role("button").first).to_be_in_viewport()
    expect(groups.first.get_by_role("button").first).not_to_be_in_viewport()
    search.fill("no such sign")
    expect(picker).to_contain_text("No emoji is called “no such sign”.")
    search.fill("rocket")
    expect(emoji.first).to_have_attribute("aria-label", "rocket")
    expect(tabs.first).to_be_hidden()
    search.press("Enter")
    expect(picker).to_be_hidden()
    expect(mine.box).to_have_value("🚀")
    opener.click()
    expect(groups.first).to_have_attribute("aria-label", "Recent")
    expect(groups.first.get_by_role("button")).to_have_text(["🚀"])
    rows = [groups.nth(place).get_by_role("button") for place in (0, 1)]
    steps = [("ArrowDown", rows[0].first), ("ArrowDown", rows[1].first), ("ArrowRight", rows[1].nth(1))]
    for key, focused in [*steps, ("ArrowLeft", rows[1].first), ("ArrowUp", rows[0].first), ("ArrowUp", search)]:
        mine.page.keyboard.press(key)
        expect(focused).to_be_focused()
    mine.page.keyboard.press("Escape")
    expect(picker).to_be_hidden()


def test_a_chinese_name_is_completed_by_keyboard_and_its_bearer_is_told(ada: Person, ben: Person, wei: Person) -> None:
    room, elsewhere = ada.make_room(ben, wei), ada.make_room(wei)
    mine, theirs = ada.enter(room), wei.enter(elsewhere)
    mine.write("@张")
    suggestions = mine.page.get_by_role("listbox", name="Suggestions").first
    expect(suggestions.get_by_role("option")).to_contain_text(["张伟"])
    mine.box.press("Enter")
    expect(mine.box).to_have_value(re.compile(r"^@张伟\S* $"))
    mine.write("look here")
    mine.box.press("Enter")
    expect(mine.bodies.locator(".mention")).to_have_text(re.compile("张伟"))
    expect(theirs.badge(room)).to_have_text("1")
    expect(theirs.badge(room)).to_have_class(re.compile("line__badge--me"))
    expect(theirs.line(room).locator(".line__unread")).to_have_text("1 unread message, 1 for you")
    theirs.line(room).click()
    expect(theirs.bodies.locator(".mention--me")).to_be_visible()
    expect(theirs.badge(room)).to_be_hidden()


def test_names_are_chosen_with_the_arrows_and_escape_closes_the_list(ada: Person, ben: Person, wei: Person) -> None:
    mine = ada.enter(ada.make_room(ben, wei))
    options = mine.page.get_by_role("listbox", name="Suggestions").first.get_by_role("option")
    mine.write("@")
    expect(options).to_have_count(3)
    mine.box.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    expect(mine.box).to_have_attribute("aria-activedescendant", options.nth(1).get_attribute("id") or "")
    mine.box.press("Escape")
    expect(options).to_have_count(0)
    expect(mine.box).to_have_value("@")


def test_a_long_number_of_a_list_stands_within_its_message_in_both_directions(ada: Person) -> None:
    window = ada.enter(ada.make_room())
    for word in ("number", "مرحبا"):
        window.box.fill(f"999999999. {word}")
        window.box.press("Enter")
        expect(window.pending).to_have_count(0)
    for item in window.bodies.locator("ol > li").all():
        padding = item.locator("..").evaluate("list => parseFloat(getComputedStyle(list).paddingInlineStart)")
        needed = item.evaluate("""item => {
            const ruler = Object.assign(document.createElement("span"), { textContent: "999999999. " });
            item.append(ruler);
            const { width } = ruler.getBoundingClientRect();
            ruler.remove();
            return width;
        }""")
        assert padding >= needed


def test_piled_accents_are_not_painted_over_other_messages(ada: Person) -> None:
    window = ada.enter(ada.make_room())
    window.box.fill("above")
    window.box.press("Enter")
    expect(window.pending).to_have_count(0)
    above = window.bodies.first
    before = above.screenshot(animations="disabled")
    window.box.fill("a" + "\u0301" * 3_000)
    window.box.press("Enter")
    expect(window.pending).to_have_count(0)
    expect(window.bodies).to_have_count(2)
    assert above.screenshot(animations="disabled") == before


def test_the_head_of_a_pasted_table_stands_above_its_columns(ada: Person) -> None:
    window = ada.enter(ada.make_room())
    text = "               total        used\nMem:           7.6Gi       1.2Gi"
    window.box.fill(text)
    window.box.press("Enter")
    expect(window.pending).to_have_count(0)
    expect(window.bodies.locator(".columns")).to_have_text(text, use_inner_text=False)
    assert window.bodies.locator(".columns").text_content() == text
