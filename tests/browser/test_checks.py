"""Checks are tried and kept; what is asked and run from a room is seen there as it goes."""

import re
import time
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser import look
from tests.browser.axe import list_violations
from tests.browser.people import Person
from tests.browser.site import Site
from tests.browser.window import Room, Window

UP, DOWN = re.compile("Up (for|just now)"), re.compile("Down (for|just now)")


def offer(ada: Person, room: Room, script: str) -> str:
    """A command that the members of the room may run; its name."""
    name = f"job-{uuid4().hex[:8]}"
    fields = {"name": name, "argv": f"sh\n-c\n{script}", "timeout": "30", "room": str(room.id), "who": "members"}
    assert ada.post("/commands/new/", **fields).status == 302
    return name


def order(window: Window, text: str) -> Locator:
    """Says a command; the newest card in the room."""
    window.box.fill(text)
    window.box.press("Enter")
    expect(window.box).to_have_value("")
    return window.log.locator(".check-card").last


def test_a_check_is_tried_kept_and_found_up(ada: Person, site: Site) -> None:
    window = ada.window().goto("/checks/")
    window.page.get_by_role("main").get_by_role("link", name="New check").click()
    window.page.get_by_role("link", name="TCP port").click()
    expect(window.page.get_by_label("Host and port")).to_be_visible()
    name = f"Site {uuid4().hex[:6]}"
    window.page.get_by_label("Name", exact=True).fill(name)
    window.page.get_by_label("Host and port").fill("{}:{}".format(*site.address))
    window.page.get_by_label("Interval in seconds").fill("5")
    window.page.get_by_role("button", name="Test now").click()
    expect(window.page.get_by_role("status").filter(has_text="Connected in")).to_be_visible()
    assert look.faults(window.page, "check-new-en") == []
    window.page.get_by_role("button", name="Save").click()
    expect(window.page.get_by_role("heading", name=name)).to_be_visible()
    expect(window.page.locator("#checks .tone").first).to_contain_text(UP, timeout=30_000)  # without being reloaded
    expect(window.page.locator("#checks")).to_contain_text("Connected in")
    expect(window.page.locator(".check-chart__area svg, .check-chart__plot .empty")).to_be_visible()
    assert look.faults(window.page, "check-en") == []
    assert list_violations(window) == []
    window.goto("/checks/")
    line = window.page.get_by_role("listitem").filter(has_text=name)
    expect(line).to_contain_text(UP)
    assert look.faults(window.page, "checks-en") == []
    assert list_violations(window) == []
    window.page.get_by_label("Find a check").fill("no such check")
    expect(line).to_have_count(0)
    window.page.get_by_label("Find a check").fill(name)
    expect(line).to_contain_text(UP)


def make_check(ada: Person, site: Site) -> tuple[str, str]:
    """Its name and the path of its page."""
    name = f"Port {uuid4().hex[:6]}"
    fields = {"name": name, "target": "{}:{}".format(*site.address), "interval": "5", "timeout": "2", "retries": "0"}
    answer = ada.post("/checks/new/?kind=tcp", **fields)
    assert answer.status == 302, answer.text()
    return name, answer.headers["location"]


def test_a_check_is_paused_from_the_list_and_undo_takes_it_back(ada: Person, site: Site) -> None:
    name, _path = make_check(ada, site)
    page = ada.window().goto("/checks/").page
    page.keyboard.press("/")
    expect(page.get_by_label("Find a check")).to_be_focused()
    page.keyboard.type(name)
    line = page.get_by_role("listitem").filter(has_text=name)
    expect(line).to_contain_text(UP)
    line.get_by_label(f"Pause {name}").click()
    expect(page.get_by_role("button", name="for 20 min")).to_be_focused()
    page.keyboard.press("Enter")
    expect(line).to_contain_text("20 min left")
    toast = page.get_by_role("status").filter(has_text=f"{name} is paused for 20 min.")
    toast.get_by_role("button", name="Undo").click()
    expect(line).to_contain_text(UP)
    line.get_by_label(f"Pause {name}").click()
    page.get_by_role("button", name="until resumed").click()
    line.get_by_role("button", name=f"Resume {name}").click()
    expect(line).to_contain_text(UP)


def test_p_pauses_the_check_of_the_page(ada: Person, site: Site) -> None:
    name, path = make_check(ada, site)
    page = ada.window().goto(path).page
    expect(page.locator("#checks .tone").first).to_contain_text(UP)
    page.keyboard.press("p")
    expect(page.get_by_role("button", name="for 20 min")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="for 20 min")).to_be_hidden()
    page.keyboard.press("p")
    page.get_by_role("button", name="for 1 h").click()
    expect(page.locator("#checks .tone").first).to_contain_text("1 h left")
    expect(page.get_by_role("status").filter(has_text=f"{name} is paused")).to_be_visible()
    page.keyboard.press("p")
    expect(page.locator("#checks .tone").first).to_contain_text(UP)


def answer_with_times(route: Route) -> None:
    """12 ms, and no answer in the second quarter."""
    hours = int(route.request.url.rpartition("=")[2])
    end = int(time.time())
    start = end - 3600 * hours
    quarter = (end - start) // 4
    values = [(start + quarter * place // 4, None if 4 <= place < 8 else 0.012) for place in range(17)]
    means = [value for _at, value in values]
    down = [[start + quarter, start + 2 * quarter]]
    moments = [at for at, _value in values]
    route.fulfill(json={"start": start, "end": end, "t": moments, "mean": means, "high": means, "down": down})


def test_the_chart_of_a_check_has_axes_outages_and_the_value_under_the_pointer(ada: Person, site: Site) -> None:
    _name, path = make_check(ada, site)
    window = ada.window()
    window.page.route("**/times/?hours=*", answer_with_times)
    page = window.goto(path).page
    area, tip = page.locator(".check-chart__area"), page.locator(".check-chart__tip")
    expect(page.locator(".check-chart__levels span")).to_have_text(["20 ms", "10 ms", "0 s"])
    expect(page.locator(".check-chart__times span")).to_have_count(5)
    expect(area.locator(".check-chart__down")).to_have_count(1)
    expect(tip).to_be_hidden()
    for share, text in ((0.1, "^12 ms · "), (0.4, "^– · "), (0.8, "^12 ms · ")):
        box = area.bounding_box()
        assert box
        page.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
        expect(tip).to_have_text(re.compile(text))
        expect(page.locator(".check-chart__dot")).to_be_visible(visible="12" in text)
    page.get_by_role("button", name="7 d").click()
    expect(page.get_by_role("button", name="7 d")).to_have_attribute("aria-pressed", "true")
    expect(tip).to_be_hidden()
    area.hover()
    expect(tip).to_have_text(re.compile(r"\d \w{3}"))  # a day


def test_a_new_check_shows_its_first_result_by_itself(ada: Person, site: Site) -> None:
    page = ada.window().goto("/checks/new/?kind=tcp").page
    page.get_by_label("Name", exact=True).fill(f"Port {uuid4().hex[:6]}")
    page.get_by_label("Host and port").fill("no port")
    page.get_by_role("button", name="Save").click()
    field = page.get_by_label("Host and port")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".field").filter(has=field)).to_contain_text("Use the format host:port.")
    field.fill("{}:{}".format(*site.address))
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#checks .tone").first).to_have_text("Up just now")


def test_a_check_that_goes_down_tells_its_room(ada: Person) -> None:
    room, name = ada.make_room(), f"Database {uuid4().hex[:6]}"
    window = ada.window().enter(room)
    fields = {"name": name, "target": "127.0.0.1:1", "interval": "5", "timeout": "2", "retries": "0"}
    answer = ada.post("/checks/new/?kind=tcp", **fields, room=str(room.id), notify_room="on")
    assert answer.status == 302, answer.text()
    card = window.log.locator(".check-card--outage")
    expect(card).to_contain_text(f"{name} is down", timeout=20_000)
    expect(card).to_contain_text("connection refused")
    expect(card).to_contain_text(re.compile(r"since \d"))
    assert look.faults(window.page, "room-outage-en") == []
    assert list_violations(window, ["phone"]) == []
    look.resize(window.page, "wide")
    card.get_by_role("link", name="Open check").click()
    expect(window.page.locator("#checks")).to_contain_text(DOWN)


def test_a_run_is_seen_line_by_line_by_everyone_in_the_room(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    name = offer(ada, room, "echo begun; sleep 1; echo trouble >&2; exit 3")
    mine, theirs = ben.window().enter(room), ada.window().enter(room)
    card = order(mine, f"/run {name}")
    expect(card).to_contain_text("begun")
    for window in (mine, theirs):
        card = window.log.locator(".check-card").last
        expect(card.locator(".check-card__state")).to_have_text("Exit 3")
        expect(card.locator(".check-card__line--err")).to_have_text("trouble\n", use_inner_text=False)
    assert look.faults(mine.page, "room-run-en") == []
    assert list_violations(mine, ["phone"]) == []
    card.get_by_role("link", name="Full output").click()
    expect(theirs.page.locator(".output")).to_contain_text("trouble")
    assert look.faults(theirs.page, "run-en") == []
    assert list_violations(theirs, ["phone"]) == []
    theirs.goto("/runs/")
    expect(theirs.page.get_by_role("listitem").filter(has_text=name)).to_contain_text("Exit status 3")
    assert look.faults(theirs.page, "runs-en") == []
    assert list_violations(theirs, ["phone"]) == []


def test_a_run_is_stopped_by_its_button_and_run_again(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    window = ben.window().enter(room)
    card = order(window, f"/run {offer(ada, room, 'echo begun; sleep 25')}")
    expect(card).to_contain_text("begun")
    card.get_by_role("button", name="Stop").click()
    expect(card.locator(".check-card__state")).to_have_text("Stopped")
    card.get_by_role("button", name="Run again").click()
    expect(window.log.locator(".check-card")).to_have_count(2)
    window.log.locator(".check-card").last.get_by_role("button", name="Stop").click()


@pytest.mark.development
def test_a_probe_answers_in_the_room(ada: Person, ben: Person, site: Site) -> None:
    if not site.debug:
        pytest.skip("from a room only the public internet may be asked here")
    room = ada.make_room(ben)
    window = ben.window().enter(room)
    card = order(window, f"/probe http {site.url}/healthz")
    expect(card.locator(".check-card__state")).to_have_text("Succeeded")
    expect(card).to_contain_text(re.compile(r"HTTP 200 in [\d.]+ (ms|s)"))
    expect(card).to_contain_text("first byte")
    assert look.faults(window.page, "room-probe-en") == []
    assert list_violations(window, ["phone"]) == []
