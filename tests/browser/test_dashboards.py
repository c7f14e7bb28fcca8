"""Dashboards move by themselves, say so when they do not, and are seen by those whose room they belong to."""

import os
import re
import subprocess

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Newcomer
from tests.browser.people import Person
from tests.browser.site import ROOT
from tests.browser.watch import Watch
from tests.browser.window import Window

HOST = "/dashboards/host/"


def moves(window: Window) -> None:
    """A value has come that was not there before."""
    panels = window.page.locator("#panels")
    expect(panels).to_have_attribute("data-at", re.compile(r"\d+"))
    newest = panels.get_attribute("data-at") or ""
    expect(panels).not_to_have_attribute("data-at", newest)


@pytest.mark.development
def test_this_machine_moves_without_anything_set_up(ada: Person) -> None:
    window = ada.window().goto("/dashboards/")
    expect(window.page).to_have_url(re.compile(HOST))
    processor = window.page.get_by_role("figure", name=re.compile("^CPU( all cores)?$"))
    expect(processor.locator(".panel__value")).to_have_text(re.compile(r"^[\d.]+ %$"))
    expect(processor.locator("canvas")).to_be_visible()
    expect(window.page.get_by_role("table", name="CPU all cores")).to_contain_text("cpu.busy")
    window.is_live()
    moves(window)


def test_the_house_around_it_is_live_too(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    window = ada.window().goto(HOST).is_live()
    ben.send(room, "Look here")
    expect(window.line(room)).to_contain_text("1 unread message")
    window.line(room).click()
    expect(window.said("Look here")).to_be_visible()
    window.page.get_by_role("link", name="Dashboards").click()
    moves(window)


@pytest.mark.development
def test_a_dashboard_is_seen_by_the_members_of_its_room(ada: Person, newcomer: Newcomer) -> None:
    eve = newcomer("Eve")
    room = ada.make_room(eve)
    theirs = eve.window().goto("/dashboards/")
    expect(theirs.page.get_by_text("You have no dashboards yet.")).to_be_visible()
    mine = ada.window().goto(HOST)
    for label in (f"#{room.name}", "Only for admins"):
        mine.page.get_by_role("button", name="Who sees this dashboard").click()
        mine.page.get_by_label("Who sees this dashboard").last.select_option(label=label)
        mine.page.get_by_role("button", name="Save").click()
        expect(mine.page.locator(".bar__topic")).to_have_text(label)
        if label == f"#{room.name}":
            moves(theirs.goto(HOST))
            expect(theirs.page.get_by_role("button", name="Who sees this dashboard")).to_be_hidden()
    theirs.watch.allow(r"\b404\b|inline style")  # the second: Django's own page for developers
    theirs.goto(HOST)
    expect(theirs.page.get_by_text(re.compile("Page not found")).first).to_be_visible()


HIDE = """(state) => {
    Object.defineProperty(document, "visibilityState", {configurable: true, get: () => state});
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def sent(page: Page) -> list[str]:
    """The frames that the page sends from now on."""
    frames: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: frames.append(str(frame))))
    return frames


def test_a_tab_that_nobody_sees_follows_nothing(ada: Person) -> None:
    window = ada.window()
    frames = sent(window.page)
    window.goto(HOST)
    moves(window)
    window.page.evaluate(HIDE, "hidden")
    expect(window.page.locator("#panels")).to_have_attribute("data-at", re.compile(r"\d+"))
    window.page.wait_for_function("() => true")
    assert any("unsubscribe" in frame and "dashboard.host" in frame for frame in frames)
    window.page.evaluate(HIDE, "visible")
    moves(window)


@pytest.mark.skipif("MYWEB_STACK_DIR" not in os.environ, reason="needs a stack: bin/test browser")
def test_old_values_are_shown_as_old_until_there_are_new_ones(ada: Person, watch: Watch) -> None:
    def stack(*arguments: str) -> None:
        subprocess.run(["bin/stack", *arguments], cwd=ROOT, check=True, capture_output=True)

    window = ada.window().goto(HOST)
    moves(window)
    try:
        stack("kill", "collector")
        said = re.compile(r"No values since \d\d:\d\d:\d\d")
        expect(window.page.locator("#stale-warning")).to_have_text(said, timeout=40_000)
        expect(window.page.locator("body")).to_have_attribute("data-stale", "")
    finally:
        stack("start", "collector")
    moves(window)
    expect(window.page.locator("#stale-warning")).to_have_text("")


CUT = """() => [...document.querySelectorAll("figure.panel")].filter((panel) => {
    const [title, value] = [".panel__title", ".panel__value"].map((name) => panel.querySelector(name));
    const cut = title.scrollWidth > title.clientWidth && title.clientWidth < 80;
    return panel.offsetWidth && (cut || value.getBoundingClientRect().right > panel.getBoundingClientRect().right - 8);
}).map((panel) => panel.querySelector(".panel__title").textContent)"""


def test_values_leave_their_panel_its_title(ada: Person) -> None:
    window = ada.window().goto("/dashboards/host/")
    expect(window.page.locator(".panel__value").first).not_to_be_empty()
    for width in (1280, 360):
        window.page.set_viewport_size({"width": width, "height": 800})
        window.page.wait_for_function(f"() => !({CUT})().length")
