"""Other ways of reading a page: on paper, with the reader's own colours, with more contrast, without scripts."""

import re

from playwright.sync_api import Page, expect

from tests.browser.people import Cast, Person
from tests.browser.watch import Watch

HIDDEN_ON_PAPER = (".side", "#message-box", ".bar__end", ".actions")


def pages_of(page: Page) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf()))


def style(page: Page, selector: str, pseudo: str = "", what: str = "backgroundColor") -> str:
    part = page.locator(selector).first
    return str(part.evaluate("(part, [pseudo, what]) => getComputedStyle(part, pseudo || null)[what]", [pseudo, what]))


def test_a_room_is_printed_whole(ada: Person) -> None:
    room = ada.make_room()
    for number in range(30):
        ada.send(room, f"line {number}\n\nand more")
    page = ada.enter(room).page
    page.emulate_media(media="print")
    for selector in HIDDEN_ON_PAPER:
        for part in page.locator(selector).all():
            expect(part).to_be_hidden()
    log = page.locator(".timeline")
    assert log.evaluate("log => log.scrollHeight - log.clientHeight") <= 1
    assert page.evaluate("document.documentElement.scrollHeight > innerHeight * 1.5")
    assert pages_of(page) > 1


def test_a_dashboard_is_printed_with_whole_panels(ada: Person) -> None:
    window = ada.window()
    window.page.set_viewport_size({"width": 400, "height": 300})  # before it opens: the last panel is never in sight
    page = window.goto("/dashboards/host/").page
    expect(page.locator("#panels")).to_have_attribute("data-shown", re.compile(r"\d"))
    drawn = """[...document.querySelectorAll(".panel:has(canvas)")].filter((panel) => panel.checkVisibility()).at(-1)
        .querySelector("canvas").toDataURL()"""
    before = page.evaluate(drawn)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(drawn) != before  # it lay out of sight
    widths = page.evaluate(
        """[...document.querySelectorAll(".panel:has(canvas)")].filter((panel) => panel.checkVisibility())
        .map((panel) => [panel.querySelector("canvas").getBoundingClientRect().width, panel.clientWidth])"""
    )
    assert widths
    assert all(abs(canvas - panel) < 40 for canvas, panel in widths)
    expect(page.locator(".tabs")).to_be_hidden()


def test_colours_of_the_reader_leave_the_dots_and_mark_what_is_chosen(ada: Person) -> None:
    page = ada.enter(ada.make_room()).page
    page.emulate_media(forced_colors="active")
    paper = style(page, "body")
    assert style(page, ".state", "::before") not in {paper, "rgba(0, 0, 0, 0)"}
    assert style(page, ".line[aria-current]", what="outlineStyle") == "solid"
    assert style(page, "body", what="color") != paper
    page.goto("/checks/")
    assert page.locator("body").is_visible()


def test_more_contrast_darkens_what_is_faint(ada: Person) -> None:
    page = ada.enter(ada.make_room()).page
    page.emulate_media(color_scheme="light", contrast="no-preference")
    faint, line = style(page, "h2", what="color"), style(page, ".bar", what="borderBlockEndColor")
    page.emulate_media(color_scheme="light", contrast="more")
    ink = style(page, "body", what="color")
    assert faint != ink
    assert style(page, "h2", what="color") == ink
    assert style(page, ".bar", what="borderBlockEndColor") != line


def test_without_scripts_nothing_claims_to_connect(cast: Cast, ada: Person, watch: Watch) -> None:
    room = ada.make_room()
    watch.allow(r": csp$")  # how Chromium tells that it loads no scripts
    reader = cast.again(ada, java_script_enabled=False)
    window = reader.window().goto(room.path)
    expect(window.page.locator(".noscript")).to_be_visible()
    expect(window.page.locator("#connection")).to_be_hidden()


def test_what_is_only_for_readers_is_no_part_of_a_table(ada: Person) -> None:
    """Firefox does not clip a caption with its table."""
    page = ada.window().goto("/dashboards/host/").page
    expect(page.locator(".panel").first).to_be_visible()
    clipped = "table, caption, thead, tbody, tfoot, tr, td, th, col, colgroup"
    assert page.evaluate(f"document.querySelectorAll('.sr:is({clipped})').length") == 0
    assert page.evaluate("document.querySelector('.sr table caption') !== null")


def test_names_and_boxes_turn_with_their_script(ada: Person) -> None:
    room = ada.make_room(name="תפעול", description="שרתים ורשתות")
    window = ada.enter(room)
    for selector in (".bar__title", ".bar__topic", ".line[aria-current] .line__name"):
        assert style(window.page, selector, what="direction") == "rtl"
    window.box.fill("שלום")
    assert style(window.page, "#message-box", what="direction") == "rtl"
    window.box.fill("hello")
    assert style(window.page, "#message-box", what="direction") == "ltr"
    window.goto("/rooms/new/")
    window.page.get_by_label("Name").fill("תפעול")
    assert style(window.page, "[name=name]", what="direction") == "rtl"
