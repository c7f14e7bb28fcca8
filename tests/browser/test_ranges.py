"""Any range of a dashboard: chosen, zoomed into, left again, and told to who does not see charts."""

import re

from playwright.sync_api import Page, expect

from tests.browser.people import Person
from tests.browser.watch import Watch
from tests.browser.window import Window

HOST = "/dashboards/host/"


def choose(window: Window, label: str) -> None:
    window.page.get_by_role("group", name="Range").get_by_role("link", name=label, exact=True).click()


def shown(window: Window, range_: str = r"\d+-\d+") -> None:
    """The charts hold a range that came by HTTP."""
    expect(window.page.locator("#panels")).to_have_attribute("data-shown", re.compile(f"^{range_}$"))


def drag(page: Page) -> None:
    place = page.locator(".panel .u-over").first
    box = place.bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.9, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.99, middle, steps=4)
    page.mouse.up()


def live(person: Person, query: str = "") -> Window:
    window = person.window().goto(f"{HOST}{query}")
    expect(window.page.locator(".panel canvas").first).to_be_visible()
    return window


def test_a_range_is_chosen_kept_in_the_address_and_told_in_a_table(ada: Person) -> None:
    window = live(ada)
    for label, part in (("1 h", "1h"), ("1 d", "1d"), ("2 y", "2y"), ("5 min", "5m")):
        choose(window, label)
        expect(window.page).to_have_url(re.compile(rf"\?range={part}$"))
        if part != "5m":
            shown(window)
        table = window.page.get_by_role("table", name="CPU all cores")
        expect(table.get_by_role("row", name="cpu.busy")).to_contain_text(re.compile(r"\d %.*\d %.*\d %"))
    window.page.go_back()
    expect(window.page.get_by_role("link", name="2 y")).to_have_attribute("aria-current", "true")
    window.page.reload()
    shown(window)


def test_what_is_dragged_over_in_one_panel_is_zoomed_in_all_and_back_leads_out(ada: Person) -> None:
    window = live(ada)
    choose(window, "1 h")
    shown(window)
    drag(window.page)
    expect(window.page).to_have_url(re.compile(r"\?from=\d+&to=\d+$"))
    query = re.search(r"from=(\d+)&to=(\d+)", window.page.url)
    assert query
    shown(window, f"{query[1]}-{query[2]}")
    assert 250 <= int(query[2]) - int(query[1]) <= 400
    window.page.get_by_role("button", name="Back").click()
    expect(window.page).to_have_url(re.compile(r"\?range=1h$"))
    expect(window.page.get_by_role("button", name="Back")).to_be_hidden()


def test_the_keyboard_finds_a_moment_in_all_panels_and_zooms_there(ada: Person) -> None:
    window = live(ada, "?range=1h")
    shown(window)
    processor = window.page.get_by_role("figure", name=re.compile("^CPU (?!steal)"))
    processor.focus()
    window.page.keyboard.press("ArrowLeft")
    for figure in (processor, window.page.get_by_role("figure").filter(has_text="Memory").first):
        expect(figure.locator(".panel__note")).to_have_text(re.compile(r"\d+:\d\d:\d\d"))
    window.page.keyboard.press("Enter")
    expect(window.page).to_have_url(re.compile(r"\?from=\d+&to=\d+$"))
    window.page.get_by_role("button", name="Earlier").press("Enter")
    shown(window)


def test_an_hour_that_nobody_measured_says_so_and_a_lost_connection_too(ada: Person, watch: Watch) -> None:
    window = live(ada, "?from=1000000000&to=1000003600")
    said = window.page.locator("#range-message")
    expect(said).to_contain_text("No data in this period.")
    watch.allow("history", "ERR_FAILED")
    window.page.route("**/history/**", lambda route: route.abort())
    choose(window, "1 d")
    expect(said).to_contain_text("The values could not be loaded: there is no connection.")
    window.page.unroute("**/history/**")
    said.get_by_role("button", name="Try again").click()
    expect(said).to_be_hidden()
    shown(window)


def test_a_narrow_page_has_all_of_it(ada: Person) -> None:
    window = live(ada, "?range=7d")
    window.page.set_viewport_size({"width": 360, "height": 740})
    window.page.get_by_role("button", name="Zoom in").click()
    expect(window.page.get_by_role("button", name="Back")).to_be_in_viewport()
    expect(window.page.get_by_role("link", name="2 y")).to_be_in_viewport()
    assert window.page.evaluate("document.documentElement.scrollWidth") == 360
