"""Where people write: nothing that was typed gets lost."""

from playwright.sync_api import expect

from tests.browser.people import Person
from tests.browser.window import Window


def test_a_block_of_code_is_coloured(ada: Person) -> None:
    mine = ada.enter(ada.make_room())
    mine.box.fill("```python\ndef answer():\n    return 42\n```")
    mine.box.press("Enter")
    block = mine.bodies.locator("pre")
    expect(block).to_contain_text("def answer():")
    expect(block.locator("[class^=hljs]").first).to_be_visible()
    colours = block.evaluate(
        "pre => [...new Set([...pre.querySelectorAll('*')].map((part) => getComputedStyle(part).color))]"
    )
    assert len(colours) >= 3


def test_ten_thousand_characters_are_sent_and_one_more_is_refused_with_the_text_kept(ada: Person) -> None:
    mine = ada.enter(ada.make_room())
    mine.box.fill("字" * 10_001)
    mine.box.press("Enter")
    expect(mine.page.get_by_role("alert")).to_have_text(
        "The message has 10,001 characters; the limit is 10,000. Shorten it or send it in parts."
    )
    expect(mine.box).to_have_value("字" * 10_001)
    expect(mine.messages).to_have_count(0)
    mine.box.press("Backspace")
    expect(mine.page.get_by_role("alert")).to_be_hidden()
    mine.box.press("Enter")
    expect(mine.bodies).to_have_text(["字" * 10_000])


def test_a_draft_survives_a_reload_and_another_room(ada: Person) -> None:
    room, other = ada.make_room(), ada.make_room()
    mine = ada.enter(room)
    mine.write("half a thou")
    mine.page.reload()
    expect(mine.box).to_have_value("half a thou")
    mine.line(other).click()
    expect(mine.box).to_have_value("")
    mine.line(room).click()
    expect(mine.box).to_have_value("half a thou")


def test_shift_enter_begins_a_new_line(ada: Person) -> None:
    mine = ada.enter(ada.make_room())
    mine.write("one")
    mine.box.press("Shift+Enter")
    mine.write("two")
    expect(mine.box).to_have_value("one\ntwo")
    expect(mine.messages).to_have_count(0)
    mine.box.press("Enter")
    expect(mine.messages).to_have_count(1)
    expect(mine.bodies).to_contain_text(["one"])
    expect(mine.bodies).to_contain_text(["two"])


def test_arrow_up_edits_the_last_message_and_escape_cancels(ada: Person) -> None:
    mine = ada.enter(ada.make_room())
    expect(mine.say("first")).to_be_visible()
    expect(mine.say("last")).to_be_visible()
    mine.box.press("ArrowUp")
    expect(mine.box).to_have_value("last")
    expect(mine.page.get_by_text("Editing your message")).to_be_visible()
    mine.write(" never said")
    mine.box.press("Escape")
    expect(mine.page.get_by_text("Editing your message")).to_be_hidden()
    expect(mine.box).to_have_value("")
    expect(mine.bodies).to_have_text(["first", "last"])


def test_an_input_methods_enter_sends_nothing(ada: Person) -> None:
    mine = ada.enter(ada.make_room())
    mine.box.fill("nihao")
    mine.box.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "keyCode": 229, "bubbles": True})
    expect(mine.box).to_have_value("nihao")
    expect(mine.messages).to_have_count(0)


def test_markup_is_shown_as_text_or_made_harmless(ada: Person) -> None:
    mine = ada.enter(ada.make_room())
    mine.say("<img src=x onerror=alert(1)> [x](javascript:alert(1)) https://example.com/a")
    body = mine.bodies.first
    expect(body).to_contain_text("<img src=x onerror=alert(1)>")
    expect(body.locator("img, script")).to_have_count(0)
    expect(body.locator("a")).to_have_count(1)
    expect(body.locator("a")).to_have_attribute("rel", "noopener noreferrer")


def emoji(window: Window) -> None:
    window.write(":rocke")
    window.box.press("Enter")


def test_emoji_are_completed_by_their_name(ada: Person) -> None:
    mine = ada.enter(ada.make_room())
    emoji(mine)
    expect(mine.box).to_have_value("🚀 ")
    mine.box.press("Enter")
    expect(mine.bodies).to_have_text(["🚀"])
