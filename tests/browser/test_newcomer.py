"""What a newcomer does: looks at a dashboard, breaks something, hears of it in the room, takes it on and mends it."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.browser import look
from tests.browser.people import Person
from tests.browser.site import ROOT
from tests.browser.watch import Watch
from tests.browser.window import Room

pytestmark = pytest.mark.skipif("MYWEB_STACK_DIR" not in os.environ, reason="needs a stack: bin/test browser")

TIMEOUT = 45_000  # ms: without Redis a socket server of the others looks into the database every ten seconds


@pytest.fixture
def stack(watch: Watch) -> Iterator[Callable[..., None]]:
    def stack(*arguments: str) -> None:
        subprocess.run(["bin/stack", *arguments], cwd=ROOT, check=True, capture_output=True)

    watch.allow("WebSocket connection to .* failed")
    yield stack
    stack("up")


@pytest.fixture
def room(ada: Person, ben: Person) -> Iterator[Room]:
    """Has a rule about Redis that is less patient than the one of every house."""
    room = ada.make_room(ben, name=f"operations {os.urandom(2).hex()}")
    rule = {"title": f"Redis of {room.name}", "source": "redis", "series": "up", "room": str(room.id)}
    terms = {"comparison": "<", "threshold": "1", "severity": "critical", "no_data": "alert", "enabled": "on"}
    assert ada.post("/alerts/rules/new/", **rule, **terms).status == 302
    found = re.search(rf'href="(/alerts/rules/\d+/)"[^>]*>{rule["title"]}<', ada.get("/alerts/rules/").text())
    assert found
    yield room
    assert ada.post(f"{found[1]}remove/").status == 302


def test_something_breaks_is_taken_on_and_mended(
    ada: Person, ben: Person, room: Room, stack: Callable[..., None]
) -> None:
    board = ada.window().goto("/dashboards/redis/").is_live()
    commands = board.page.get_by_role("figure").filter(has_text="Commands")
    expect(commands.locator(".panel__value")).to_have_text(re.compile(r"\d"))
    mine, theirs = ada.enter(room), ben.enter(room)

    stack("kill", "redis")
    card = theirs.log.locator(".alert")
    expect(card).to_have_attribute("data-state", "firing", timeout=TIMEOUT)
    expect(card).to_contain_text(f"Redis of {room.name}")
    assert look.faults(theirs.page, "newcomer-firing") == []
    expect(board.page.locator("#stale-warning")).to_have_text(
        re.compile("Not reachable since|No values since"), timeout=TIMEOUT
    )

    expect(mine.log.locator(".alert")).to_have_attribute("data-state", "firing", timeout=TIMEOUT)
    mine.act(mine.messages.filter(has=mine.page.locator(".alert")), "Reply")
    mine.say("ack 30m starting it again")
    for window in (mine, theirs):
        expect(window.log.locator(".alert")).to_have_attribute("data-state", "acknowledged", timeout=TIMEOUT)
        expect(window.log.locator(".alert")).to_contain_text("Ada Lovelace until")

    stack("start", "redis")
    for window in (mine, theirs):
        expect(window.log.locator(".alert")).to_have_attribute("data-state", "resolved", timeout=TIMEOUT)
    expect(board.page.locator("#stale-warning")).to_have_text("", timeout=TIMEOUT)
    assert look.faults(mine.page, "newcomer-resolved") == []
