"""Pages change inside the shell: the socket, the sidebar and the room stay. Each address opens by itself too."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.conftest import Newcomer
from tests.browser.people import Person
from tests.browser.test_dashboards import moves
from tests.browser.test_palette import make_check
from tests.browser.window import Window

PATHS = [
    "/rooms/",
    "/rooms/new/",
    "/rooms/direct/",
    "/search/?q=harbour",
    "/dashboards/host/",
    "/alerts/",
    "/alerts/rules/",
    "/alerts/rules/new/",
    "/alerts/silences/",
    "/alerts/routes/",
    "/alerts/integrations/",
    "/checks/",
    "/checks/new/?kind=tcp",
    "{check}",
    "{check}edit/",
    "/commands/",
    "/commands/new/",
    "/runs/",
    "/watching/sources/",
    "/watching/sources/push/new/",
    "/watching/sources/scrape/new/",
    "/watching/beats/new/",
    "/walls/",
    "/status/edit/",
    "/status/edit/publishers/",
    "{incident}",
    "/oncall/",
    "/oncall/new/",
    "/oncall/contact/",
    "/people/",
    "/people/members/",
    "/people/invitations/",
    "/people/{person}/",
    "/profile/",
    "/accounts/password/change/",
    "/settings/",
    "/settings/notifications/",
    "/settings/files/",
    "/settings/storage/",
    "/settings/tasks/",
    "/settings/link-previews/",
    "/workspace/",
]
FORWARD = 12  # pages that are also gone forward to
FOLLOW = """(path) => {
    const link = Object.assign(document.createElement("a"), { href: path });
    document.body.append(link);
    link.click();
    link.remove();
}"""
SHOWN = """() => ({
    title: document.title.replace(/^\\(\\d+\\+?\\) /, ""),
    heading: document.querySelector("#view h1")?.textContent.trim(),
    place: document.querySelector("#rooms [data-place][aria-current]")?.dataset.place ?? null,
    buttons: [...document.querySelectorAll("#content .actions")].map((part) => getComputedStyle(part).position),
})"""


def follow(window: Window, path: str) -> None:
    """Clicks a link to this page."""
    window.page.evaluate(FOLLOW, path)
    expect(window.page).to_have_url(re.compile(re.escape(path) + "$"))


def read_shown(window: Window) -> Any:
    """The page that the shell shows, also whether its buttons stand where its own style sheets put them."""
    return window.evaluate(SHOWN)


def until_shown(window: Window, shown: Any) -> None:
    text = json.dumps(shown, separators=(",", ":"), ensure_ascii=False)
    window.page.wait_for_function(f"(text) => JSON.stringify(({SHOWN})()) === text", arg=text)


def count_sockets(page: Page) -> list[str]:
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    return sockets


def list_frames(page: Page) -> list[str]:
    frames: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: frames.append(str(frame))))
    return frames


@pytest.fixture
def paths(ada: Person, ben: Person) -> Iterator[list[str]]:
    """Also of what was made."""
    check = make_check(ada, "Lighthouse")
    incident = ada.post("/status/edit/incidents/", title="Fog", impact="minor").headers["location"]
    yield [path.format(check=check, incident=incident, person=ben.id) for path in PATHS]
    ada.post(f"{check}delete/")


def test_every_page_comes_into_the_shell_and_goes_back_and_forward_and_opens_by_its_address(
    ada: Person, paths: list[str]
) -> None:
    window = ada.window()
    sockets = count_sockets(window.page)
    window.enter(ada.make_room())
    window.evaluate("document.querySelector('#rooms').dataset.kept = 'yes'")
    shown = {}
    for path in paths:
        follow(window, path)
        shown[path] = read_shown(window)
        assert shown[path]["heading"], path
        expect(window.page.locator("#connection")).to_have_attribute("data-state", "live")
    for path in reversed(paths[:-1]):
        window.page.go_back()
        until_shown(window, shown[path])
    window.page.go_back()
    expect(window.box).to_be_visible()
    expect(window.page.locator("#rooms")).to_have_attribute("data-kept", "yes")
    for path in paths[:FORWARD]:
        window.page.go_forward()
        until_shown(window, shown[path])
    assert len(sockets) == 1
    for path in paths:
        window.goto(path)
        assert read_shown(window) == shown[path], path


def test_a_room_that_was_left_is_as_it_was_on_return(ada: Person, newcomer: Newcomer) -> None:
    eve = newcomer("Eve")
    room = ada.make_room(eve)
    for number in range(40):
        ada.send(room, f"number {number}")
    theirs = eve.enter(room)
    theirs.page.keyboard.press("Shift+Escape")
    expect(theirs.badge(room)).to_be_hidden()
    theirs.write("half a thought")
    theirs.messages.nth(5).scroll_into_view_if_needed()
    theirs.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    scrolled = theirs.evaluate("document.querySelector('.timeline').scrollTop")
    follow(theirs, "/alerts/")
    expect(theirs.page.get_by_role("heading", level=1, name="Alerts")).to_be_focused()
    ada.send(room, "meanwhile")
    expect(theirs.badge(room)).to_have_text("1")
    expect(theirs.page).to_have_title(re.compile(r"^\(1\) "))
    theirs.page.go_back()
    expect(theirs.box).to_have_value("half a thought")
    assert abs(theirs.evaluate("document.querySelector('.timeline').scrollTop") - scrolled) < 2
    expect(theirs.badge(room)).to_have_text("1")
    theirs.page.locator(".latest").click()
    expect(theirs.said("meanwhile")).to_be_in_viewport()
    expect(theirs.badge(room)).to_be_hidden()
    theirs.box.press("Enter")
    expect(theirs.said("half a thought")).to_be_visible()


def test_what_was_typed_is_there_on_return(ada: Person) -> None:
    window = ada.enter(ada.make_room())
    follow(window, "/checks/new/?kind=tcp")
    window.page.get_by_label("Name", exact=True).fill("Half a check")
    window.page.locator("[name=notify_room]").uncheck()
    follow(window, "/alerts/")
    window.page.go_back()
    expect(window.page.get_by_label("Name", exact=True)).to_have_value("Half a check")
    expect(window.page.locator("[name=notify_room]")).not_to_be_checked()


NOTIFICATIONS = "/settings/notifications/"


def list_posts(page: Page) -> list[str]:
    """The paths that are posted to from now on."""
    posts: list[str] = []
    page.on("request", lambda request: posts.append(urlsplit(request.url).path) if request.method == "POST" else None)
    return posts


def is_post(request: Request) -> bool:
    return request.method == "POST"


def test_coming_back_to_settings_that_nobody_changed_saves_nothing(newcomer: Newcomer) -> None:
    window = newcomer("Eve").window()
    window.goto(NOTIFICATIONS)
    follow(window, "/alerts/")
    posts = list_posts(window.page)
    window.page.go_back()
    expect(window.page.get_by_role("heading", level=1, name="Notifications")).to_be_visible()
    window.page.locator("[name=quiet_0]").check()
    expect(window.page.locator(".setting__saved")).to_have_text("Saved")
    follow(window, "/alerts/")
    window.page.go_back()
    expect(window.page.locator("[name=quiet_0]")).to_be_checked()
    window.page.locator("[name=quiet_1]").check()
    expect(window.page.locator(".setting__saved")).to_have_text("Saved")
    assert posts == [NOTIFICATIONS] * 2  # saved in their order: anything else would have been before


def test_a_setting_is_saved_where_it_belongs_while_another_page_is_shown(newcomer: Newcomer) -> None:
    window = newcomer("Eve").window()
    window.goto(NOTIFICATIONS)
    page = window.page
    posts = list_posts(page)
    held: list[Route] = []

    def hold_first(route: Route) -> None:
        if held or not is_post(route.request):
            route.continue_()
        else:
            held.append(route)

    page.route(f"**{NOTIFICATIONS}", hold_first)
    with page.expect_request(is_post):
        page.locator("[name=quiet_0]").check()
    page.locator("[name=quiet_1]").check()  # waits for the first
    follow(window, "/profile/")
    expect(page.get_by_role("heading", level=1, name="Profile")).to_be_visible()
    held_post = held[0].request
    with page.expect_response(lambda answer: is_post(answer.request) and answer.request != held_post):
        held[0].continue_()
    assert posts == [NOTIFICATIONS] * 2
    page.go_back()
    expect(page.locator("[name=quiet_1]")).to_be_checked()


SHOW_FIRST_PANELS_LATER = """async () => {
  const draw = () => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
  const panels = document.getElementById("panels");
  const first = [...panels.querySelectorAll("figure:not([hidden])")].slice(0, 6);
  for (const figure of first) figure.hidden = true;
  panels.scrollTop = 150;
  await draw();
  for (const figure of first) figure.hidden = false;
  await draw();
  return panels.scrollTop;
}"""


def test_a_page_that_was_left_ends_what_it_followed_and_comes_back_scrolled(ada: Person) -> None:
    window = ada.window()
    frames = list_frames(window.page)
    window.page.set_viewport_size({"width": 1000, "height": 400})
    window.goto("/dashboards/host/").is_live()
    expect(window.page.locator("#panels")).to_have_attribute("data-at", re.compile(r"\d+"))
    follow(window, "/alerts/rules/new/")
    assert [frame for frame in frames if "unsubscribe" in frame and "dashboard.host" in frame]
    window.evaluate("document.getElementById('content').scrollTop = 120")
    follow(window, "/dashboards/host/")
    expect(window.page.locator("figure.panel canvas").first).to_be_visible()
    window.evaluate("document.getElementById('panels').scrollTop = 150")
    scrolled = window.evaluate("document.getElementById('panels').scrollTop")
    follow(window, "/checks/")
    window.page.go_back()
    expect(window.page.locator("#panels")).to_have_attribute("data-at", re.compile(r"\d+"))
    expect(window.page.locator("figure.panel canvas").first).to_be_visible()
    assert window.evaluate("document.getElementById('panels').scrollTop") == scrolled
    assert window.evaluate(SHOW_FIRST_PANELS_LATER) == 150
    window.page.go_back()
    expect(window.page.get_by_label("Threshold")).to_be_visible()
    assert window.evaluate("document.getElementById('content').scrollTop") == 120
    window.page.go_forward()
    expect(window.page.locator("#panels")).to_have_attribute("data-at", re.compile(r"\d+"))


@pytest.mark.development
def test_a_dashboard_draws_in_place_and_back_leaves_its_range_and_the_editor(ada: Person) -> None:
    window = ada.window()
    sockets = count_sockets(window.page)
    window.enter(ada.make_room())
    follow(window, "/dashboards/host/")
    expect(window.page.locator("figure.panel canvas").first).to_be_visible()
    window.page.get_by_role("link", name="1 h", exact=True).click()
    expect(window.page).to_have_url(re.compile("range=1h"))
    window.page.go_back()
    expect(window.page).to_have_url(re.compile("/dashboards/host/$"))
    moves(window)
    assert len(sockets) == 1
    window.page.evaluate(FOLLOW, "/boards/new/?from=host")
    expect(window.page.locator("#board-title")).to_be_visible()
    window.page.go_back()
    moves(window)
    window.page.go_back()
    expect(window.box).to_be_visible()


def test_what_fires_and_what_is_down_is_counted_in_red_beside_every_page(ada: Person) -> None:
    window = ada.window()
    send = window.intercept_events("watching")
    icon = window.page.locator("link[rel=icon]")
    window.goto("/people/").is_live()
    send("counts", {"firing": 2, "critical": 1, "down": 100})
    for place in ("#rooms", ".tabbar"):
        expect(window.page.locator(f"{place} [data-count=firing]")).to_have_text("2 2 alerts are firing")
        expect(window.page.locator(f"{place} [data-count=down]")).to_have_text("99+ 100 checks are down")
        expect(window.page.locator(f"{place} [data-count=down]")).not_to_have_attribute("hidden", "")
    expect(window.page.locator("#rooms [data-count=firing]")).to_be_visible()
    expect(icon).to_have_attribute("href", re.compile("mark-critical"))
    send("counts", {"firing": 1})
    expect(window.page.locator("#rooms [data-count=firing]")).to_have_text("1 1 alert is firing")
    expect(window.page.locator("#rooms [data-count=down]")).to_be_hidden()
    expect(icon).not_to_have_attribute("href", re.compile("mark-critical"))
    send("counts", {})
    expect(window.page.locator("#rooms [data-count=firing]")).to_be_hidden()


def test_a_menu_closes_when_another_page_comes(ada: Person) -> None:
    window = ada.enter(ada.make_room())
    window.page.locator("[popovertarget=me-menu]").first.click()
    window.page.locator("#me-menu").get_by_role("link", name="Profile").click()
    expect(window.page.get_by_role("heading", level=1, name="Profile")).to_be_focused()
    expect(window.page.locator("#me-menu")).to_be_hidden()
