"""A tab of somebody's browser, in the words of the room page."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Error, Locator, Page, WebSocketRoute, expect

from tests.browser.watch import SHAKEN, Watch

# "Saved" stands for 2 s, which are over before a busy test looks.
FOLLOW_STATUS = """() => {
    window.statusTexts = [];
    new MutationObserver(() => {
        for (const part of document.querySelectorAll("[role=status]")) window.statusTexts.push(part.textContent);
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


@contextmanager
def until_saved(page: Page) -> Iterator[None]:
    page.evaluate(FOLLOW_STATUS)
    yield
    page.wait_for_function("() => window.statusTexts.includes('Saved')")


@dataclass(frozen=True)
class Room:
    id: int
    name: str

    @property
    def path(self) -> str:
        return f"/rooms/{self.id}/"


def close(page: Page) -> None:
    """Chromium says yes and forgets it if the page is just going elsewhere; Playwright's own waits for it without end.

    That is https://issues.chromium.org/issues/536385539. To close a whole context is safe.
    """
    browser = page.context.browser
    assert browser
    target = page.context.new_cdp_session(page).send("Target.getTargetInfo")["targetInfo"]["targetId"]
    line = browser.new_browser_cdp_session()
    while not page.is_closed():
        with suppress(Error):  # it has gone meanwhile, or has to be told again
            line.send("Target.closeTarget", {"targetId": target})
            page.wait_for_event("close", timeout=200)
    line.detach()


class Window:
    def __init__(self, page: Page, watch: Watch) -> None:
        self.page, self.watch = page, watch

    def goto(self, path: str) -> "Window":
        """Again, if the machine's network changed under the page while it loaded."""
        self.watch.shaken = False
        try:
            self.page.goto(path)
        except Error as error:
            if SHAKEN not in error.message:
                raise
        return self.goto(path) if self.watch.shaken else self

    def enter(self, room: Room, at: int | None = None) -> "Window":
        return self.goto(room.path + (f"?at={at}" if at else "")).is_live()

    def is_live(self) -> "Window":
        expect(self.page.locator("#connection")).to_have_attribute("data-state", "live")
        return self

    @property
    def box(self) -> Locator:
        return self.page.locator("#message-box")

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log")

    @property
    def messages(self) -> Locator:
        return self.log.get_by_role("article")

    @property
    def bodies(self) -> Locator:
        return self.log.locator(".message__body")

    @property
    def pending(self) -> Locator:
        """My messages that are not stored yet."""
        return self.page.locator(".timeline__pending article")

    @property
    def toast(self) -> Locator:
        return self.page.locator("#toast")

    def write(self, text: str) -> None:
        """Key by key, as completion and typing want it."""
        self.box.press_sequentially(text)

    def say(self, text: str) -> Locator:
        self.box.fill(text)
        self.box.press("Enter")
        return self.said(text)

    def said(self, text: str) -> Locator:
        """The message that says exactly this."""
        body = self.page.locator(".message__body", has_text=re.compile(f"^{re.escape(text)}\\s*$"))
        return self.messages.filter(has=body)

    def line(self, room: Room) -> Locator:
        return self.page.locator(f'#rooms a[data-room="{room.id}"]')

    def badge(self, room: Room) -> Locator:
        return self.line(room).locator(".line__badge")

    def show_people(self) -> None:
        button = self.page.locator("[data-toggles=people]")
        if button.get_attribute("aria-expanded") == "false":
            button.click()

    def intercept_events(self, stream: str) -> Callable[[str, object], None]:
        """Before the page opens. What this returns sends an event of the stream, whose own ones no longer come then."""
        routes: list[WebSocketRoute] = []
        sent: list[object] = []

        def connect(route: WebSocketRoute) -> None:
            routes.append(route)
            server = route.connect_to_server()
            server.on_message(lambda text: None if sent and f'"stream":"{stream}"' in str(text) else route.send(text))

        def send(kind: str, data: object) -> None:
            sent.append(data)
            routes[-1].send(json.dumps([{"stream": stream, "type": kind, "data": data}]))

        self.page.route_web_socket(re.compile("/ws/"), connect)
        return send

    def act(self, message: Locator, label: str) -> None:
        """One of the buttons that appear beside a message under the pointer."""
        message.hover()
        message.get_by_role("toolbar").get_by_role("button", name=label, exact=True).click()

    def evaluate(self, script: str) -> Any:
        return self.page.evaluate(script)
