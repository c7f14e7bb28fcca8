"""Servers die under two windows that talk: the pages say what is going on and go on by themselves, without a reload."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Newcomer
from tests.browser.people import Person
from tests.browser.site import ROOT
from tests.browser.watch import Watch
from tests.browser.window import Window

pytestmark = pytest.mark.skipif("MYWEB_STACK_DIR" not in os.environ, reason="needs a stack: bin/test browser")

Stack = Callable[..., None]
TIMEOUT = 30_000  # ms


@pytest.fixture
def stack(watch: Watch) -> Iterator[Stack]:
    """``stack("kill", "redis")``; whatever was killed is started again."""

    def stack(*arguments: str) -> None:
        subprocess.run(["bin/stack", *arguments], cwd=ROOT, check=True, capture_output=True)

    watch.allow("WebSocket connection to .* failed")
    yield stack
    stack("up")


def is_state(window: Window, state: str) -> None:
    expect(window.page.locator("#connection")).to_have_attribute("data-state", state, timeout=TIMEOUT)


def both_have(windows: tuple[Window, Window], *said: str) -> None:
    for window in windows:
        expect(window.bodies).to_have_text([*said], timeout=TIMEOUT)
        expect(window.pending).to_have_count(0, timeout=TIMEOUT)


def test_each_server_dies_in_turn_and_the_conversation_goes_on(ada: Person, ben: Person, stack: Stack) -> None:
    room = ada.make_room(ben)
    mine, theirs = windows = ada.enter(room), ben.enter(room)
    loads = [window.evaluate("performance.timeOrigin") for window in windows]
    mine.say("one")
    both_have(windows, "one")

    stack("kill", "live1")
    theirs.say("two")
    both_have(windows, "one", "two")
    stack("kill", "live2")
    is_state(mine, "offline")
    expect(mine.page.locator("#connection-strip")).to_contain_text("What you write is kept here")
    mine.say("three")
    expect(mine.pending).to_have_count(1)
    stack("start", "live1", "live2")
    both_have(windows, "one", "two", "three")

    stack("kill", "redis")
    theirs.say("four")
    both_have(windows, "one", "two", "three", "four")
    stack("start", "redis")

    stack("kill", "postgres")
    mine.say("five")
    expect(mine.pending).to_have_count(1)
    stack("start", "postgres")
    both_have(windows, "one", "two", "three", "four", "five")
    assert [window.evaluate("performance.timeOrigin") for window in windows] == loads, "nothing was reloaded"


def test_every_page_says_since_when_no_collector_measures(ada: Person, newcomer: Newcomer, stack: Stack) -> None:
    na = newcomer("李娜", locale="zh-CN")
    mine, theirs = ada.enter(ada.make_room()), na.window().goto("/rooms/").is_live()
    strips = [window.page.locator("#unmeasured-strip") for window in (mine, theirs)]
    for strip in strips:
        expect(strip).to_be_hidden()
    stack("kill", "collector")
    expect(strips[0]).to_have_text(re.compile(r"^Not measured since \d+:\d\d( [AP]M)?: no collector"), timeout=60_000)
    expect(strips[1]).to_have_text(re.compile(r"^自 \d\d:\d\d 起未再采集"), timeout=TIMEOUT)
    mine.page.locator('[data-place="alerts"]').first.click()
    expect(mine.page).to_have_url(re.compile("/alerts/$"))
    expect(strips[0]).to_be_visible()
    stack("start", "collector")
    for strip in strips:
        expect(strip).to_be_hidden(timeout=TIMEOUT)
