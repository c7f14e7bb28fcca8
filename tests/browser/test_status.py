"""The status page: everybody sees it without an account, it changes by itself, and says when its server is away."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser import look
from tests.browser.axe import list_violations
from tests.browser.people import Cast, Person
from tests.browser.watch import Watch
from tests.browser.window import Window

ASK = """async ([room, clientId, text]) => {
    const socket = new WebSocket(`${location.origin.replace("http", "ws")}/ws/`);
    await new Promise((done) => { socket.onopen = done; });
    const answer = new Promise((done) => { socket.onmessage = ({ data }) => {
        const frame = JSON.parse(data);
        if (frame.re === 1) done(frame);
    }; });
    socket.send(JSON.stringify({ id: 1, do: "slash.run", room, client_id: clientId, text }));
    const frame = await answer;
    socket.close();
    return frame;
}"""
HASTE = "() => document.dispatchEvent(new Event('visibilitychange'))"  # asks now, not in some seconds


@pytest.fixture
def published(ada: Person) -> str:
    """The name of a part that the page shows."""
    part = f"Shop {uuid4().hex[:6]}"
    page = ada.get("/status/edit/").text()
    known = len(re.findall(r'name="part-\d+-id" value="\d+"', page))
    fields = {"title": "Harbour status", "published": "on", "part-TOTAL_FORMS": "1", "part-INITIAL_FORMS": "0"}
    answer = ada.post("/status/edit/", **fields, **{"part-0-title": part, "part-0-order": str(known)})
    assert answer.status == 302, answer.text()
    return part


def until_said(page: Page, text: str) -> None:
    """The page asks every fifteen seconds; a test asks it to look now."""
    page.evaluate(HASTE)
    expect(page.locator("#now")).to_contain_text(text, timeout=30_000)


def check_incident_card(window: Window, title: str) -> None:
    """In the form of an alert's; a button changes the state for everybody in the room."""
    card = window.log.locator(".incident-card")
    expect(card.locator(".card__head")).to_contain_text(f"Investigating{title}Incident")
    expect(card.locator(".incident-card__update").first).to_contain_text("We look into it.")
    expect(card.locator(".card__foot .card__button")).to_have_text(["Publish", "Identified", "Resolved", "Edit"])
    assert not look.faults(window.page, "room-incident-en")
    assert not list_violations(window, ["phone"])
    look.resize(window.page, "wide")
    card.get_by_role("button", name="Identified").click()
    expect(card.locator(".card__state")).to_have_text("Identified")
    expect(card.get_by_role("button", name="Fixed, monitoring")).to_be_visible()


def test_the_world_sees_an_incident_that_began_in_a_room(cast: Cast, ada: Person, published: str) -> None:
    visitor = cast.visitor().goto("/status/")
    world = visitor.page
    expect(world.get_by_role("heading", name=published)).to_be_visible()
    expect(world.locator("#contact")).to_have_text("Live")
    assert not world.context.cookies()
    room, title = ada.make_room(), f"Slow {uuid4().hex[:6]}"
    window = ada.enter(room)
    mine = window.page
    said = mine.evaluate(ASK, [room.id, str(uuid4()), f"/incident {title}"])
    assert not said["ok"].get("say")  # its card says all
    mine.evaluate(ASK, [room.id, str(uuid4()), "/update We look into it."])
    check_incident_card(window, title)
    mine.goto("/status/edit/")
    assert not look.faults(mine, "status-edit-en")
    mine.get_by_role("link", name=title).click()
    mine.get_by_role("button", name="Publish", exact=True).click()
    until_said(world, title)
    expect(world.locator("#now")).to_contain_text("We look into it.")
    expect(world.get_by_role("heading", level=1)).to_have_text("There is an open incident.")
    assert not look.faults(world, "status-en")
    assert not list_violations(visitor)
    world.goto("/status/zh-hans/")
    assert not look.faults(world, "status-zh-hans")
    assert not list_violations(visitor, ["phone"])
    world.goto("/status/")
    assert not look.faults(mine, "incident-en")
    assert not list_violations(window, ["phone"])
    mine.get_by_label("Update text").fill("It was a *cable*.")
    mine.get_by_label("State").select_option("resolved")
    mine.get_by_role("button", name="Post update").click()
    until_said(world, "It was a cable.")
    expect(world.locator(".past").get_by_role("heading", name=title)).to_be_visible()


def test_the_preview_follows_what_is_typed(ada: Person, published: str) -> None:
    page = ada.window().goto("/status/edit/").page
    titles = page.locator(".status-preview .part__title")
    page.locator("[data-new]").get_by_label("Title").fill("Pier lights")
    expect(titles.last).to_have_text("Pier lights")
    part = page.locator("#parts-edit > .part-edit", has_text=published).first
    part.get_by_text("Change").click()
    part.get_by_label("Remove").check()
    expect(titles.filter(has_text=published)).to_have_count(0)
    expect(titles.last).to_have_text("Pier lights")


def test_parts_are_put_into_order_with_the_keyboard_and_with_the_pointer(ada: Person, published: str) -> None:
    page = ada.window().goto("/status/edit/").page
    page.locator("[data-new]").get_by_label("Title").fill("Second")
    page.get_by_role("button", name="Save").click()
    names = page.locator(".part-edit__name b")
    expect(names.last).to_have_text("Second")
    count = names.count()
    grip = page.get_by_role("button", name="Move Second")
    grip.focus()
    for key in ("Space", "ArrowUp", "Escape"):
        page.keyboard.press(key)
    expect(names.last).to_have_text("Second")
    for key in ("Space", "ArrowUp", "Space"):
        page.keyboard.press(key)
    expect(names.nth(count - 2)).to_have_text("Second")
    expect(grip).to_be_focused()
    page.get_by_role("button", name="Save").click()
    expect(names.last).to_have_text(published)
    page.get_by_role("button", name=f"Move {published}").hover()
    page.mouse.down()
    box = grip.bounding_box()
    assert box
    page.mouse.move(box["x"] + 5, box["y"], steps=8)
    page.mouse.up()
    expect(names.last).to_have_text("Second")
    assert not look.faults(page, "status-edit-parts-en")
    page.locator("#parts-edit > .part-edit").last.get_by_text("Change").click()
    page.locator("#parts-edit > .part-edit").last.get_by_label("Remove").check()
    page.get_by_role("button", name="Save").click()
    expect(names.last).to_have_text(published)


@pytest.mark.usefixtures("published")
def test_it_says_when_its_server_is_away(cast: Cast, watch: Watch) -> None:
    world = cast.visitor().goto("/status/").page
    expect(world.locator("#contact")).to_have_text("Live")
    watch.allow(r"ERR_|Failed to load|offline")
    world.context.set_offline(True)
    expect(world.locator("#contact")).to_have_text(re.compile(r"Unable to reach the server since \d\d:\d\d"))
    assert not look.faults(world, "status-lost")
    world.context.set_offline(False)
    expect(world.locator("#contact")).to_have_text("Live")


def test_it_is_whole_without_javascript(cast: Cast, published: str) -> None:
    context = cast.context(java_script_enabled=False)
    page = context.new_page()
    page.goto("/status/")
    expect(page.get_by_role("heading", name=published)).to_be_visible()
    expect(page.locator(".part__days i").first).to_be_visible()
    page.get_by_role("link", name="简体中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")


ADVICE = [
    ("advice_room", {"busy": 20, "queue": 0, "cpu": 10, "harakiri": 0}),
    ("advice_busy", {"busy": 85, "queue": 0, "cpu": 60, "harakiri": 0}),
    ("advice_waiting", {"busy": 85, "queue": 0, "cpu": 10, "harakiri": 0}),
    ("advice_workers", {"busy": 100, "queue": 3, "cpu": 60, "harakiri": 0}),
    ("advice_waits", {"busy": 100, "queue": 3, "cpu": 10, "harakiri": 0}),
    ("advice_machine", {"busy": 100, "queue": 3, "cpu": 97, "harakiri": 0}),
    ("advice_slow", {"busy": 20, "queue": 0, "harakiri": 0.1}),
    (None, {"queue": 0}),
]


def test_the_dashboard_says_what_holds_the_pages_up(ada: Person) -> None:
    page = ada.window().goto("/dashboards/host/").page
    script = "async (values) => (await import('/static/dashboards/worker_advice.js')).chooseAdvice(values)"
    assert [page.evaluate(script, values) for _key, values in ADVICE] == [key for key, _values in ADVICE]


def test_this_machine_shows_its_busiest_programs(ada: Person) -> None:
    page = ada.window().goto("/dashboards/host/").page
    table = page.locator(".processes table")
    expect(table).to_contain_text("Process", timeout=40_000)
    expect(table.get_by_role("row").nth(1)).to_contain_text("%")
