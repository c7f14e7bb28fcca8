"""Ctrl K from anywhere: go to anything, or do it, by keys alone; and the rooms that are favourites."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Newcomer
from tests.browser.people import Person
from tests.browser.window import Window


def opened(window: Window) -> Locator:
    window.page.keyboard.press("Control+k")
    field = window.page.get_by_role("combobox", name="Go to or do")
    expect(field).to_be_focused()
    return field


def options(window: Window) -> Locator:
    return window.page.locator("#palette").get_by_role("option")


def until_answered(window: Window) -> None:
    """The server has said what else there is."""
    expect(options(window).filter(has_text="New room")).to_be_visible()


def active(window: Window) -> Locator:
    """The option that the field names to a screen reader."""
    field = window.page.locator("#palette input")
    expect(field).to_have_attribute("aria-activedescendant", re.compile("palette-"))
    return window.page.locator(f"#{field.get_attribute('aria-activedescendant')}")


def make_check(ada: Person, name: str) -> str:
    answer = ada.post("/checks/new/?kind=tcp", name=name, target="127.0.0.1:9", interval="30", timeout="5", retries="1")
    assert answer.status == 302, answer.text()
    return answer.headers["location"]


@pytest.mark.parametrize("path", ["/alerts/", "/profile/", "/dashboards/"])
def test_it_opens_on_every_page_and_goes_to_a_check(ada: Person, path: str) -> None:
    check = make_check(ada, f"Shop checkout {path.strip('/')}")
    mine = ada.window().goto(path).is_live()
    opened(mine)
    mine.page.keyboard.type(f"{path.strip('/')} shop")  # in any order
    expect(active(mine)).to_have_text(re.compile("Shop checkout .* Check$"))
    mine.page.keyboard.press("Enter")
    expect(mine.page).to_have_url(re.compile(f"{check}$"))
    expect(mine.page.locator("#palette")).to_be_hidden()
    expect(mine.page.get_by_role("heading", level=1)).to_be_focused()


def test_arrows_choose_and_escape_gives_the_focus_back(ada: Person) -> None:
    mine = ada.enter(ada.make_room())
    opened(mine)
    until_answered(mine)
    first = active(mine).inner_text()
    mine.page.keyboard.press("ArrowDown")
    expect(active(mine)).to_have_attribute("aria-selected", "true")
    assert active(mine).inner_text() != first
    mine.page.keyboard.press("ArrowUp")
    assert active(mine).inner_text() == first
    mine.page.keyboard.press("ArrowUp")
    expect(options(mine).last).to_have_attribute("aria-selected", "true")
    mine.page.keyboard.press("Escape")
    expect(mine.page.locator("#palette")).to_be_hidden()
    expect(mine.box).to_be_focused()


def test_the_number_of_results_is_told(ada: Person) -> None:
    ada.make_room(name="submarine one")
    mine = ada.enter(ada.make_room(name="submarine two"))
    field = opened(mine)
    until_answered(mine)
    field.fill("submarine")
    expect(mine.page.locator("#palette [role=status]")).to_have_text(f"{options(mine).count()} results")
    assert options(mine).count() > 2


def test_what_was_opened_last_comes_first(ada: Person) -> None:
    one, two = ada.make_room(), ada.make_room()
    mine = ada.enter(one)
    mine.line(two).click()
    expect(mine.page.get_by_role("heading", name=two.name, level=1)).to_be_visible()
    opened(mine)
    recent = mine.page.locator("#palette").get_by_role("group", name="Recent").get_by_role("option")
    expect(recent.first).to_have_text(re.compile(f"^{one.name} "))
    mine.page.keyboard.press("Enter")
    expect(mine.page.get_by_role("heading", name=one.name, level=1)).to_be_visible()


def test_an_action_is_done(ada: Person) -> None:
    mine = ada.enter(ada.make_room())
    opened(mine).fill("new room")
    expect(active(mine)).to_have_text(re.compile("New room .*Action$"))
    mine.page.keyboard.press("Enter")
    expect(mine.page).to_have_url(re.compile("/rooms/new/$"))
    opened(mine).fill("switch dark")
    mine.page.keyboard.press("Enter")
    expect(mine.page.locator("html")).to_have_attribute("data-theme", "dark")
    opened(mine).fill("switch light")
    mine.page.keyboard.press("Enter")
    expect(mine.page.locator("html")).to_have_attribute("data-theme", "light")


def test_a_post_is_made_with_the_proof_that_it_comes_from_the_page(ada: Person, ben: Person) -> None:
    room = ada.make_room(name="open harbour")
    mine = ben.enter(ben.make_room())
    opened(mine).fill("join open harbour")
    expect(active(mine)).to_contain_text("Join open harbour")
    mine.page.keyboard.press("Enter")
    expect(mine.page).to_have_url(re.compile(f"{room.path}$"))


def test_a_person_with_a_chinese_name_is_found_by_pinyin(ada: Person, newcomer: Newcomer) -> None:
    newcomer("欧阳雪")
    mine = ada.enter(ada.make_room())
    field = opened(mine)
    for typed in ("oyx", "ouyangxue", "欧阳"):
        field.fill(typed)
        expect(options(mine).first).to_contain_text("欧阳雪")
    mine.page.keyboard.press("Enter")
    expect(mine.page.get_by_role("heading", name="欧阳雪", level=1)).to_be_visible()


def test_a_member_is_offered_nothing_of_admins(ben: Person) -> None:
    mine = ben.enter(ben.make_room())
    field = opened(mine)
    expect(options(mine).filter(has_text="Silence alerts…")).to_be_visible()
    for text in ("New check", "Invite people", "Notification channels", "Workspace"):
        field.fill(text)
        expect(options(mine)).to_have_count(1)
        expect(options(mine)).to_contain_text("Search messages for")


def test_without_an_answer_of_the_server_rooms_are_found(ada: Person) -> None:
    mine = ada.enter(ada.make_room(name="lighthouse"))
    mine.watch.allow("503")
    mine.page.route("**/palette/", lambda route: route.fulfill(status=503, body="busy"))
    opened(mine).fill("lighth")
    expect(options(mine).first).to_contain_text("lighthouse")
    expect(mine.page.locator(".palette__note")).to_contain_text("Only rooms are found now")


def test_on_a_phone_it_is_a_sheet_and_the_bar_at_the_bottom_opens_it(ada: Person) -> None:
    mine = ada.window()
    mine.page.set_viewport_size({"width": 360, "height": 740})
    mine.goto("/alerts/")
    bar = mine.page.get_by_role("navigation", name="Places")
    assert bar.locator("> *").count() == 5
    bar.get_by_role("button", name="Search").click()
    sheet = mine.page.locator("#palette")
    until_answered(mine)
    box = sheet.evaluate(
        "part => (Promise.all(part.getAnimations().map((each) => each.finished))).then(() => "
        "(({x, width, bottom}) => [x, width, bottom])(part.getBoundingClientRect()))"
    )
    assert box == [0, 360, 740]
    assert options(mine).first.evaluate("part => part.offsetHeight") >= 44
    sheet.get_by_role("button", name="Close").click()
    expect(sheet).to_be_hidden()


def test_a_favourite_is_listed_first_in_all_tabs(ada: Person) -> None:
    room, _other = ada.make_room(name="zz favourite"), ada.make_room(name="aa other")
    mine, second = ada.enter(room), ada.enter(room)
    star = mine.page.get_by_role("button", name="Favourite")
    expect(star).to_have_attribute("aria-pressed", "false")
    star.click()
    for window in (mine, second):
        favourites = window.page.locator("[data-group=favourites] a")
        expect(favourites).to_have_text(re.compile(room.name))
        expect(window.page.get_by_role("button", name="Favourite")).to_have_attribute("aria-pressed", "true")
    expect(mine.page.get_by_role("heading", name="Favourites")).to_be_visible()
    second.page.reload()
    second.is_live()
    expect(second.page.locator("[data-group=favourites] a")).to_have_text(re.compile(room.name))
    opened(second).fill("remove favourites")
    second.page.keyboard.press("Enter")
    for window in (mine, second):
        expect(window.page.locator("[data-group=favourites] a")).to_have_count(0)
        expect(window.page.get_by_role("heading", name="Favourites")).to_be_hidden()
        expect(window.page.locator("[data-group=rooms] a", has_text=room.name)).to_be_visible()
