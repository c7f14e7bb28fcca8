"""Custom dashboards: made from an automatic one, put in order, seen at once by all viewers, shown on a wall."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import list_violations
from tests.browser.people import Cast, Person
from tests.browser.test_dashboards import moves
from tests.browser.watch import Watch
from tests.browser.window import Window, close

MADE = re.compile(r"/dashboards/[-\w]+-[0-9a-f]{6}/$")


PANELS = [("CPU", "host.cpu.busy", 100), ("Memory", "host.memory.used", None), ("Network", "host.net.*", None)]


@pytest.fixture
def made(ada: Person) -> Iterator[Window]:
    """Ada's own, with three panels, open in her window."""
    panels = [{"title": title, "series": [series], "top": top} for title, series, top in PANELS]
    answer = ada.ask("/boards/new/", data={"spec": {"title": "Quay", "panels": panels}})
    assert answer.ok, answer.text()
    address = answer.json()["url"]
    window = ada.window().goto(address)
    yield window
    remove(ada, window, address)


def remove(ada: Person, window: Window, address: str) -> None:
    """Nobody looks at it any more: a page that is open would go on asking for its pins, rightly in vain."""
    close(window.page)
    ada.post(f"{address}delete/")


def save(window: Window) -> None:
    window.page.get_by_role("button", name="Save", exact=True).click()
    expect(window.page).to_have_url(MADE)


def edit(window: Window) -> Page:
    window.goto(f"{window.page.url}edit/")
    expect(window.page.locator(".panel canvas").first).to_be_visible()
    return window.page


def titles(page: Page) -> Locator:
    return page.locator("#panels .panel__title")


@pytest.mark.development
def test_one_is_made_from_an_automatic_one_and_moves(ada: Person) -> None:
    window = ada.window().goto("/dashboards/host/")
    page = window.page
    page.get_by_role("button", name="Edit or copy this dashboard").click()
    page.get_by_role("link", name="Create your own from this").click()
    expect(page.get_by_label("Title", exact=True).first).to_have_value("Copy of This machine")
    expect(titles(page).nth(1)).to_have_text("Memory")
    page.locator(".panel").nth(1).hover()
    page.locator(".panel").nth(1).get_by_role("button", name="Remove", exact=True).click()
    expect(titles(page).nth(1)).to_have_text("Network")
    save(window)
    window.is_live()
    expect(page.get_by_role("link", name="Copy of This machine")).to_have_attribute("aria-current", "page")
    expect(titles(page).nth(1)).to_have_text("Network")
    moves(window)
    processor = page.get_by_role("figure", name=re.compile("^CPU( all cores)?$"))
    expect(processor.locator(".panel__value")).to_have_text(re.compile(r"^[\d.]+ %$"))
    window.goto(f"{page.url}versions/")
    page.get_by_text("Delete this dashboard").click()
    page.get_by_role("button", name="Yes, delete it").click()
    expect(page).to_have_url(re.compile("/dashboards/host/$"))
    expect(page.get_by_role("link", name="Copy of This machine")).to_be_hidden()


def test_panels_are_put_in_order_by_pointer_and_by_keys(made: Window) -> None:
    page = edit(made)
    first = page.locator(".panel").first
    first.hover()
    first.get_by_role("button", name="Move: drag, or the up and down keys").hover()
    page.mouse.down()
    page.locator(".panel").nth(1).locator(".panel__chart").hover()
    page.mouse.up()
    expect(titles(page)).to_have_text(["Memory", "CPU", "Network"])
    page.locator(".panel").nth(2).get_by_role("button", name="Move: drag, or the up and down keys").press("ArrowUp")
    expect(titles(page)).to_have_text(["Memory", "Network", "CPU"])
    expect(page.locator("#announcer")).to_have_text("Network: position 2 of 3")
    tools = page.locator(".panel").nth(1).get_by_role("toolbar").get_by_role("button")
    for key, place in (("ArrowRight", 1), ("End", 5), ("ArrowRight", 0), ("ArrowLeft", 5), ("Home", 0)):
        page.keyboard.press(key)
        expect(tools.nth(place)).to_be_focused()
    expect(titles(page)).to_have_text(["Memory", "Network", "CPU"])
    page.locator(".panel").first.hover()
    page.locator(".panel").first.get_by_role("button", name="Move later").click()
    save(made)
    expect(titles(page)).to_have_text(["Network", "Memory", "CPU"])
    moves(made)


@pytest.mark.development
def test_an_edit_reaches_everybody_who_has_it_open(made: Window, ada: Person) -> None:
    other = ada.window().goto(made.page.url)
    moves(other)
    page = edit(made)
    page.get_by_role("button", name="Add a panel").click()
    page.get_by_role("textbox", name="Title").last.fill("All together")
    for name in ("live.memory", "host.memory.us"):
        page.get_by_label("Find a series").fill(name)
        page.get_by_label("Find a series").press("Enter")
    page.get_by_label("Title", exact=True).first.fill("The machine")
    new = page.get_by_role("figure").filter(has_text="All together")
    expect(new.locator(".panel__value")).to_have_text(re.compile(r"live.+B.*host.+B"))
    save(made)
    expect(titles(other.page)).to_have_text(["CPU", "Memory", "Network", "All together"])
    expect(other.page.get_by_role("heading", name="The machine")).to_be_visible()
    moves(other)


def test_who_saves_second_is_told_and_loses_nothing(made: Window, ada: Person, watch: Watch) -> None:
    watch.allow(r"\b409\b")
    address = made.page.url
    second = ada.window().goto(address)
    page, theirs = edit(made), edit(second)
    theirs.get_by_label("Title", exact=True).first.fill("Theirs")
    save(second)
    page.get_by_label("Title", exact=True).first.fill("Mine")
    page.get_by_role("button", name="Save", exact=True).click()
    dialog = page.get_by_role("dialog", name="Another user has saved in the meantime")
    expect(dialog).to_contain_text("Ada Lovelace saved version 2")
    dialog.get_by_role("button", name="Save mine").click()
    expect(page).to_have_url(address)
    expect(page.get_by_role("heading", name="Mine")).to_be_visible()
    made.goto(f"{address}versions/")
    assert list_violations(made, ["phone"]) == []
    expect(page.get_by_role("listitem").filter(has_text="Theirs")).to_be_visible()
    page.get_by_role("button", name="Restore version 2").click()
    made.goto(address)
    expect(page.get_by_role("heading", name="Theirs")).to_be_visible()


def test_what_is_wrong_with_code_is_said(made: Window, watch: Watch) -> None:
    watch.allow(r"\b40[03]\b")
    page = edit(made)
    page.get_by_role("button", name="JSON").click()
    code = page.get_by_role("dialog", name="Dashboard JSON")
    for text, said in (
        ('{"title": "X", "panels": [{"title": "P", "series": ["busy"]}]}', "Panel 1: “busy” is not a series"),
        ('{"title": "X", "panels": [{"title": "P", "series": ["none.x"]}]}', "no source none"),
    ):
        code.get_by_label("JSON").fill(text)
        code.get_by_role("button", name="Use this").click()
        expect(code.get_by_role("alert")).to_contain_text(said)
    code.get_by_label("JSON").fill('{"title": "X", "panels": [{"title": "P", "series": ["host.cpu.busy"]}]}')
    code.get_by_role("button", name="Use this").click()
    expect(titles(page)).to_have_text(["P"])
    save(made)


def test_a_wall_shows_it_to_everybody_with_the_link_until_that_is_revoked(made: Window, cast: Cast) -> None:
    key = made.page.url.rstrip("/").rpartition("/")[2]
    page = made.goto(f"/walls/?board={key}").page
    page.get_by_label("Name", exact=True).fill("Kitchen")
    page.get_by_role("button", name="Create link").click()
    link = page.locator("input[readonly]").first.input_value()
    screen = cast.visitor(viewport={"width": 1920, "height": 1080}).goto(link)
    expect(screen.page).to_have_url(re.compile(r"/wall/\d+/$"))
    expect(screen.page.get_by_role("heading", name="Quay")).to_be_visible()
    board = screen.page.locator(".wall__board")
    expect(board).to_have_attribute("data-at", re.compile(r"\d+"))
    newest = board.get_attribute("data-at") or ""
    expect(board).not_to_have_attribute("data-at", newest)
    expect(board.locator(".panel__value").first).to_have_text(re.compile(r"^[\d.]+ %$"))
    assert screen.page.evaluate("document.cookie.includes('guest')") is False
    assert list_violations(screen) == []
    made.goto("/walls/")
    expect(page.get_by_text("Last viewed").first).to_be_visible()
    page.get_by_role("button", name="Revoke Kitchen").first.click()
    expect(screen.page.get_by_role("alert")).to_contain_text("This link is no longer valid. Ask for a new one.")
    screen.goto(screen.page.url)
    expect(screen.page.get_by_role("heading", name="A screen for dashboards")).to_be_visible()
    screen.watch.allow(r"\b410\b")
    screen.goto(link)
    expect(screen.page.get_by_role("heading", name="This link is no longer valid")).to_be_visible()


@pytest.mark.development
def test_a_wall_goes_on_by_itself_when_the_connection_is_back(made: Window, cast: Cast, watch: Watch) -> None:
    key = made.page.url.rstrip("/").rpartition("/")[2]
    page = made.goto(f"/walls/?board={key}").page
    page.get_by_label("Name", exact=True).fill("Hall")
    page.get_by_role("button", name="Create link").click()
    screen = cast.visitor().goto(page.locator("input[readonly]").first.input_value())
    board = screen.page.locator(".wall__board")
    expect(board).to_have_attribute("data-at", re.compile(r"\d+"))
    watch.allow("ERR_INTERNET_DISCONNECTED")
    screen.page.context.set_offline(True)
    screen.page.evaluate("dispatchEvent(new Event('offline'))")
    expect(screen.page.get_by_role("alert")).to_contain_text("No connection since")
    screen.page.context.set_offline(False)
    expect(screen.page.locator("#banner")).to_be_hidden()
    newest = board.get_attribute("data-at") or ""
    expect(board).not_to_have_attribute("data-at", newest)
    page.get_by_role("button", name="Revoke Hall").first.click()


def test_a_new_one_is_saved_only_when_somebody_said_who_sees_it(ada: Person) -> None:
    ada.make_room(name="quayside")
    ada.make_room(name="offices")
    window = ada.window().goto("/boards/new/")
    page = window.page
    page.get_by_role("button", name="Add a panel").click()
    with page.expect_response("**/boards/preview/"):  # its empty answer leaves the sentence where it is
        page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#edit-problem")).to_have_text("Choose who sees it first.")
    expect(page.get_by_label("Visible to")).to_be_focused()
    page.get_by_label("Visible to").select_option(label="#quayside")
    expect(page.locator("#edit-problem")).to_have_text("")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#edit-problem")).to_contain_text("“New panel” has no series")
    save(window)
    expect(page.locator(".panel__chart")).to_have_attribute("data-words", "No series chosen")
    expect(page.get_by_role("figure")).to_be_visible()
    expect(page.locator("#waiting")).to_be_hidden()
    window.goto(f"{page.url}edit/")
    page.get_by_role("figure").click()
    page.get_by_label("Find a series").fill("cpu")
    first = page.locator(".chooser__line[data-marked] input").get_attribute("value") or ""
    page.get_by_label("Find a series").press("Enter")
    expect(page.locator(".chooser__chosen")).to_have_text(first)
    save(window)
    expect(page.locator(".panel__value")).not_to_be_empty()
    remove(ada, window, page.url)
