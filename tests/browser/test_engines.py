"""Someone in Firefox or WebKit signs in, talks with someone in Chromium, and looks at a dashboard and a wall."""

import os
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.expected_conditions import visibility_of_element_located
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.conftest import Newcomer
from tests.browser.engines import ENGINES
from tests.browser.people import Person
from tests.browser.site import Site
from tests.browser.window import Room
from tests.support.cast import PASSWORD
from tests.support.proxy import Proxy

pytestmark = [
    pytest.mark.skipif("MYWEB_STACK_DIR" not in os.environ, reason="needs a stack: bin/test browser"),
    pytest.mark.filterwarnings("ignore:setting remote_server_addr"),  # Selenium's own
]

UNCLIPPED = """return [...document.querySelectorAll(".sr, .sr *")].filter((element) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return document.elementFromPoint(x + width / 2, y + height / 2) === element;
}).map((element) => element.outerHTML)"""
DRAWN = """return [...document.querySelectorAll("figure canvas")].filter(({ width }) => width).map((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.some((value) => value);
})"""


class Tab:
    def __init__(self, browser: WebDriver, url: str) -> None:
        self.browser, self.url = browser, url
        self.wait = WebDriverWait(browser, 20, 0.1)

    def goto(self, path: str) -> "Tab":
        self.browser.get(self.url + path)
        return self

    def enter(self, room: Room) -> "Tab":
        self.goto(room.path).find("#connection[data-state=live]")
        return self

    def find(self, selector: str) -> WebElement:
        return self.wait.until(visibility_of_element_located((By.CSS_SELECTOR, selector)), f"{selector} is not shown")

    def texts(self, selector: str) -> list[str]:
        script = "return [...document.querySelectorAll(arguments[0])].map((element) => element.textContent.trim())"
        return list(self.browser.execute_script(script, selector))

    def shows(self, selector: str, *texts: str) -> None:
        self.wait.until(lambda _: self.texts(selector) == [*texts], f"{selector} is not {texts}")

    def moves(self, selector: str) -> None:
        """A value has come that was not there before."""
        newest = self.find(f"{selector}[data-at]").get_attribute("data-at")
        self.find(f"{selector}[data-at]:not([data-at='{newest}'])")

    def sign_in(self, person: Person) -> "Tab":
        self.goto("/").find("[name=login]").send_keys(person.email)
        self.find("[name=password]").send_keys(PASSWORD, Keys.ENTER)
        self.find("#connection[data-state=live]")
        return self

    def say(self, text: str) -> None:
        self.find("#message-box").send_keys(text, Keys.ENTER)


@pytest.fixture(scope="module", params=ENGINES)
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, proxy: Proxy
) -> Iterator[WebDriver]:
    folder = tmp_path_factory.mktemp(request.param)
    with ENGINES[request.param](folder, proxy.port) as browser:
        yield browser
    errors = re.findall("JavaScript error: http.*", (folder / "log").read_text())  # WebKit keeps its own to itself
    assert not errors, "\n".join(errors)


@pytest.fixture
def tab(engine: WebDriver, site: Site, proxy: Proxy) -> Iterator[Tab]:
    tab = Tab(engine, site.url).goto("/healthz")
    engine.delete_all_cookies()
    yield tab
    proxy.mend()


def is_drawn(tab: Tab) -> None:
    tab.wait.until(
        lambda _: re.fullmatch(r"[\d.]+ %", tab.texts("figure .panel__value")[0]), "the first panel is empty"
    )
    assert set(tab.browser.execute_script(DRAWN)) == {True}
    assert tab.browser.execute_script(UNCLIPPED) == []


def test_signing_in_leads_to_a_room_that_is_live(tab: Tab, newcomer: Newcomer) -> None:
    tab.sign_in(newcomer("Fay"))
    tab.goto("/profile/")
    assert tab.find("[name=name]").get_attribute("value") == "Fay"


def test_both_see_what_the_other_says_and_edits(tab: Tab, ben: Person, newcomer: Newcomer) -> None:
    fay = newcomer("Fay")
    room = ben.make_room(fay)
    theirs = ben.enter(room)
    tab.sign_in(fay).enter(room).say("from **afar**")
    expect(theirs.said("from afar").locator("strong")).to_have_text("afar")
    theirs.act(theirs.say("wellcome"), "Edit")
    theirs.say("welcome")
    tab.shows("[role=log] .message__body", "from afar", "welcome")
    tab.shows("[role=log] .message__body strong", "afar")
    expect(theirs.bodies).to_have_text(["from afar", "welcome"])


def test_what_is_said_offline_is_sent_when_the_connection_is_back(
    tab: Tab, proxy: Proxy, ben: Person, newcomer: Newcomer
) -> None:
    fay = newcomer("Fay")
    room = ben.make_room(fay)
    theirs = ben.enter(room)
    tab.sign_in(fay).enter(room)
    proxy.cut()
    tab.find("#connection[data-state=offline]")
    tab.say("kept")
    tab.shows(".timeline__pending .message__body", "kept")
    expect(theirs.say("meanwhile")).to_be_visible()
    proxy.mend()
    tab.find("#connection[data-state=live]")
    tab.shows("[role=log] .message__body", "meanwhile", "kept")
    tab.shows(".timeline__pending .message__body")
    expect(theirs.bodies).to_have_text(["meanwhile", "kept"])


def test_a_dashboard_draws_and_moves_between_two_visits_of_a_room(tab: Tab, ada: Person) -> None:
    tab.sign_in(ada).enter(ada.make_room()).find("a[href='/dashboards/']").click()
    tab.moves("#panels")
    is_drawn(tab)
    tab.browser.back()
    tab.say("back in the room")
    tab.shows("[role=log] .message__body", "back in the room")


def test_a_wall_draws_and_moves_without_signing_in(tab: Tab, ada: Person) -> None:
    page = ada.window().goto("/walls/?board=host").page
    page.get_by_label("Name", exact=True).fill("Bridge")
    page.get_by_role("button", name="Create link").click()
    tab.browser.get(page.locator("input[readonly]").first.input_value())
    tab.moves(".wall__board")
    is_drawn(tab)
