"""Unsent text outlives rooms, reloads, replies and other tabs; keys do what they seem to do."""

import re
from datetime import datetime, timedelta

from playwright.sync_api import expect

from tests.browser.conftest import Newcomer
from tests.browser.people import Cast, Person
from tests.browser.window import Window

EDITING = "Editing your message"


def begin_edit(window: Window, text: str, changed: str) -> None:
    window.act(window.said(text), "Edit")
    expect(window.box).to_have_value(text)
    window.box.fill(changed)


def test_an_unsaved_edit_survives_another_room_a_reload_and_a_reply(ada: Person) -> None:
    room, other = ada.make_room(), ada.make_room()
    mine = ada.enter(room)
    mine.say("as it was")
    expect(mine.say("to be answered")).to_be_visible()
    begin_edit(mine, "as it was", "as it shall be")
    mine.line(other).click()
    expect(mine.page.get_by_text(EDITING)).to_be_hidden()
    expect(mine.box).to_have_value("")
    mine.line(room).click()
    expect(mine.page.get_by_text(EDITING)).to_be_visible()
    expect(mine.box).to_have_value("as it shall be")
    mine.page.reload()
    expect(mine.box).to_have_value("as it shall be")
    mine.act(mine.said("to be answered"), "Reply")
    expect(mine.box).to_have_value("")
    mine.say("the answer")
    expect(mine.box).to_have_value("as it shall be")
    mine.box.press("Enter")
    expect(mine.bodies).to_have_text(["as it shall be", "to be answered", "the answer"])
    expect(mine.box).to_have_value("")
    mine.page.reload()
    mine.is_live()
    expect(mine.page.get_by_text(EDITING)).to_be_hidden()


def test_a_draft_is_there_again_after_an_edit_and_an_edit_after_another_one(ada: Person) -> None:
    mine = ada.enter(ada.make_room())
    mine.say("one")
    expect(mine.say("two")).to_be_visible()
    mine.box.fill("a draft")
    begin_edit(mine, "one", "one, changed")
    begin_edit(mine, "two", "two, changed")
    mine.box.press("Enter")
    expect(mine.box).to_have_value("one, changed")
    mine.box.press("Escape")
    expect(mine.box).to_have_value("a draft")
    expect(mine.bodies).to_have_text(["one", "two, changed"])


def test_a_tab_removes_only_the_draft_that_it_has_sent(ada: Person) -> None:
    room = ada.make_room()
    one, two = ada.enter(room), ada.enter(room)
    two.box.fill("of the second tab")
    one.box.fill("of the first tab")
    two.box.press("Enter")
    expect(two.said("of the second tab")).to_be_visible()
    expect(one.box).to_have_value("of the first tab")
    one.page.reload()
    expect(one.box).to_have_value("of the first tab")
    expect(ada.enter(room).box).to_have_value("of the first tab")
    one.box.press("Enter")
    expect(two.bodies).to_have_text(["of the second tab", "of the first tab"])
    expect(ada.enter(room).box).to_have_value("")


def test_a_draft_that_another_tab_typed_over_is_kept_when_that_one_is_sent(ada: Person) -> None:
    room = ada.make_room()
    one, two = ada.enter(room), ada.enter(room)
    one.box.fill("of the first tab")
    two.box.fill("of the second tab")
    two.box.press("Enter")
    expect(one.said("of the second tab")).to_be_visible()
    expect(ada.enter(room).box).to_have_value("of the first tab")


def test_arrow_up_right_after_enter_edits_the_message_just_sent(ada: Person) -> None:
    mine = ada.enter(ada.make_room())
    expect(mine.say("the one before")).to_be_visible()
    mine.box.fill("just sent")
    mine.page.evaluate(
        """() => {
            const box = document.getElementById("message-box");
            const options = {bubbles: true, cancelable: true};
            const press = (key) => box.dispatchEvent(new KeyboardEvent("keydown", {key, ...options}));
            press("Enter");
            press("ArrowUp");
        }"""
    )
    expect(mine.page.get_by_text(EDITING)).to_be_visible()
    expect(mine.box).to_have_value("just sent")
    mine.box.fill("just changed")
    mine.box.press("Enter")
    expect(mine.bodies).to_have_text(["the one before", "just changed"])


def test_a_message_that_waits_for_the_connection_can_be_changed(ada: Person) -> None:
    mine = ada.window()
    mine.page.route_web_socket("**/ws/**", lambda route: None)  # opens, and says nothing
    room = ada.make_room()
    mine.goto(room.path)
    mine.say("typed offline")
    expect(mine.pending).to_have_count(1)
    mine.box.press("ArrowUp")
    expect(mine.box).to_have_value("typed offline")
    mine.box.fill("changed offline")
    mine.box.press("Enter")
    expect(mine.pending.locator(".message__body")).to_have_text(["changed offline"])
    expect(ada.enter(room).bodies).to_have_text(["changed offline"])


def test_the_exact_handle_comes_first(ada: Person, newcomer: Newcomer) -> None:
    people = [newcomer(name) for name in ("Zoe Abel", "Zoe", "Zoe2")]
    mine = ada.enter(ada.make_room(*people))
    handle = people[1].me["handle"]
    mine.write(f"@{handle}")
    mine.box.press("Enter")
    expect(mine.box).to_have_value(f"@{handle} ")


def test_the_exact_room_comes_first_in_the_palette(ada: Person) -> None:
    for name in ("zulu archive", "a zulu", "zulu"):
        room = ada.make_room(name=name)
    mine = ada.enter(ada.make_room())
    mine.page.keyboard.press("Control+k")
    mine.page.locator("#palette input").fill("Zulu")
    mine.page.keyboard.press("Enter")
    expect(mine.page).to_have_url(re.compile(f"{room.path}$"))


COMPOSING = {
    "composing": {"isComposing": True, "keyCode": 229},
    "Safari": {"isComposing": False, "keyCode": 229},
}


def test_keys_of_an_input_method_move_nothing(ada: Person) -> None:
    ada.make_room(name="kilo one")
    mine = ada.enter(ada.make_room(name="kilo two"))
    url = mine.page.url
    for more in COMPOSING.values():
        mine.page.keyboard.press("Control+k")
        field = mine.page.locator("#palette input")
        field.fill("kilo one")
        field.dispatch_event("keydown", {"key": "Enter", "bubbles": True, **more})
        expect(mine.page.locator("#palette")).to_be_visible()
        mine.page.keyboard.press("Escape")
        mine.box.dispatch_event("keydown", {"key": "ArrowDown", "altKey": True, "bubbles": True, **more})
        mine.box.dispatch_event("keydown", {"key": "k", "ctrlKey": True, "bubbles": True, **more})
        expect(mine.page.locator("#palette")).to_be_hidden()
    assert mine.page.url == url


def test_today_becomes_yesterday_at_midnight(cast: Cast, ada: Person) -> None:
    mine = cast.again(ada).window()  # the clock is that of the whole browser
    mine.page.clock.install()
    mine.enter(ada.make_room())
    expect(mine.say("of this day")).to_be_visible()
    day = mine.page.locator(".divider--day").first
    expect(day).to_have_text("Today")
    now = datetime.fromisoformat(mine.evaluate("new Date().toISOString()"))
    zone = timedelta(minutes=mine.evaluate("new Date().getTimezoneOffset()"))
    local = now - zone
    midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    for _hour in range(25):  # browsers hold timers of a day back to an hour
        local += timedelta(hours=1)
        mine.page.clock.fast_forward(3_601_000)
        if local > midnight:
            break
    expect(day).to_have_text("Yesterday")


def test_the_bar_leaves_a_message_that_was_deleted_under_it(ada: Person) -> None:
    mine = ada.enter(ada.make_room())
    expect(mine.say("soon gone")).to_be_visible()
    expect(mine.say("stays")).to_be_visible()
    # as WebKit has it: the focus that comes back to the button counts as the keyboard's
    mine.evaluate(
        """() => {
            const query = Element.prototype.querySelector;
            Element.prototype.querySelector = function (selector) {
                return query.call(this, selector.replace(":focus-visible", ":focus"));
            };
        }"""
    )
    mine.act(mine.said("soon gone"), "Delete")
    gone = mine.messages.first
    expect(gone).to_contain_text("This message was deleted.")
    expect(gone.get_by_role("toolbar")).to_have_count(0)
    mine.said("stays").hover()
    expect(mine.said("stays").get_by_role("toolbar")).to_be_visible()
