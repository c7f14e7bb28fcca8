"""A chart in the conversation: posted with values that stay, made live by users who may see them."""

import re

import pytest
from playwright.sync_api import Locator, WebSocketRoute, expect

from tests.browser import look
from tests.browser.axe import list_violations
from tests.browser.people import Person
from tests.browser.window import Room, Window, close

HOST = "/dashboards/host/"


@pytest.fixture
def room(ada: Person, ben: Person) -> Room:
    """Where this machine has been measured already."""
    window = ada.window().goto(HOST)
    expect(window.page.locator("#panels")).to_have_attribute("data-at", re.compile(r"\d+"))
    close(window.page)
    return ada.make_room(ben)


def chart(window: Window) -> Locator:
    shown = window.log.locator(".chart-card")
    expect(shown).to_contain_text("CPU")
    return shown


def post(window: Window, text: str = "/chart cpu 5m") -> Locator:
    window.box.fill(text)
    window.box.press("Enter")
    return chart(window)


def moves(shown: Locator) -> None:
    """A value has come that was not there before."""
    expect(shown).to_have_attribute("data-at", re.compile(r"\d+"))
    expect(shown).not_to_have_attribute("data-at", shown.get_attribute("data-at") or "")


def test_a_chart_is_posted_made_live_and_frozen_again(ada: Person, room: Room) -> None:
    window = ada.enter(room)
    shown = post(window)
    expect(shown).to_contain_text(re.compile(r"5 min · at \d\d:\d\d"))
    expect(shown.get_by_role("img", name=re.compile(r"^CPU, .*cpu\.busy [\d.]+ %"))).to_be_visible()
    before = shown.inner_text()
    live = shown.get_by_role("button", name="Live")
    live.click()
    moves(shown)
    expect(live).to_have_attribute("aria-pressed", "true")
    live.click()
    expect(shown).not_to_have_attribute("data-live", "")
    assert shown.inner_text() == before
    shown.get_by_role("link", name="Open").click()
    expect(window.page).to_have_url(re.compile(rf"{HOST}\?from=\d+&to=\d+"))


def test_another_member_sees_it_as_it_was_and_is_told_that_it_is_not_theirs_to_follow(
    ada: Person, ben: Person, room: Room
) -> None:
    theirs = ben.enter(room)
    values = post(ada.enter(room)).locator(".card__value").inner_text()
    shown = chart(theirs)
    expect(shown.locator(".card__value")).to_have_text(values)
    shown.get_by_role("button", name="Live").click()
    expect(theirs.toast).to_contain_text("You can't follow this chart live")
    expect(shown.get_by_role("button", name="Live")).to_have_attribute("aria-pressed", "false")
    expect(shown.locator(".card__value")).to_have_text(values)


def test_a_live_chart_that_is_not_on_the_screen_follows_nothing(ada: Person, ben: Person, room: Room) -> None:
    window = ada.window()
    with window.page.expect_websocket() as opened:
        window.enter(room)
    shown = post(window)
    shown.get_by_role("button", name="Live").click()
    moves(shown)

    def left(frame: str | bytes) -> bool:
        return "unsubscribe" in str(frame) and "dashboard.host" in str(frame)

    with opened.value.expect_event("framesent", left):
        for number in range(12):
            ben.send(room, f"{number}\n\nand\n\nso on")
    shown.scroll_into_view_if_needed()
    moves(shown)


def test_two_live_charts_share_a_stream_until_the_last_is_frozen(ada: Person, room: Room) -> None:
    window = ada.window()
    frames: list[str] = []
    window.page.on("websocket", lambda socket: socket.on("framesent", lambda frame: frames.append(str(frame))))
    window.enter(room)
    post(window)
    window.box.fill("/chart memory.used 5m")
    window.box.press("Enter")
    charts = window.log.locator(".chart-card")
    expect(charts).to_have_count(2)
    for shown in charts.all():
        shown.get_by_role("button", name="Live").click()
        moves(shown)
    charts.first.get_by_role("button", name="Live").click()
    moves(charts.last)
    assert not [frame for frame in frames if "unsubscribe" in frame]
    charts.last.get_by_role("button", name="Live").click()
    expect(charts.last.get_by_role("button", name="Live")).to_have_attribute("aria-pressed", "false")
    # Not the subscribes: a late tick or a new layout asks for the stream once more.
    assert len([frame for frame in frames if "unsubscribe" in frame and "dashboard.host" in frame]) == 1


def test_what_cannot_be_meant_is_said_under_the_box(ada: Person, room: Room) -> None:
    window = ada.enter(room)
    window.box.fill("/chart cpu.bussy")
    window.box.press("Enter")
    expect(window.page.get_by_text("“cpu.bussy” was not found. Available: host.cpu.busy")).to_be_visible()
    expect(window.box).to_have_value("/chart cpu.bussy")


@pytest.mark.development
def test_a_panel_is_posted_from_its_dashboard(ada: Person, ben: Person, room: Room) -> None:
    theirs = ben.enter(room)
    window = ada.window().goto(f"{HOST}?range=1h")
    expect(window.page.locator(".panel", has_text="CPU").first).to_be_visible()  # the form offers what is shown
    window.page.get_by_role("button", name="Post to a room").click()
    window.page.get_by_label("Panel", exact=True).select_option(label="CPU")
    window.page.get_by_label("Room", exact=True).select_option(label=f"#{room.name}")
    window.page.get_by_role("button", name="Post", exact=True).click()
    expect(chart(window)).to_contain_text("1 h · at")
    expect(chart(theirs)).to_contain_text("1 h · at")


def test_the_form_offers_the_panels_as_soon_as_they_have_values(ada: Person) -> None:
    window, held = ada.window(), list[tuple[WebSocketRoute, str | bytes]]()
    is_held = True

    def hold(socket: WebSocketRoute) -> None:
        def pass_on(frame: str | bytes) -> None:
            if is_held:
                held.append((socket, frame))
            else:
                socket.send(frame)

        socket.connect_to_server().on_message(pass_on)

    window.page.route_web_socket(re.compile("/ws/"), hold)
    window.goto(HOST)
    window.page.get_by_role("button", name="Post to a room").click()
    expect(window.page.get_by_role("alert")).to_have_text("Waiting for the first values…")
    is_held = False
    for socket, frame in held:
        socket.send(frame)
    expect(window.page.get_by_label("Panel", exact=True)).to_contain_text("CPU")
    expect(window.page.get_by_role("alert")).to_be_hidden()


def test_a_chart_fits_and_can_be_read_wide_and_narrow_light_and_dark(ada: Person, room: Room) -> None:
    window = ada.enter(room)
    post(window)
    assert look.faults(window.page, "chart") == []
    window.log.get_by_role("button", name="Live").click()
    moves(chart(window))
    assert look.faults(window.page, "chart-live") == []
    assert list_violations(window, ["phone"]) == []
