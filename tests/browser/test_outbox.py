"""What is sent again and again, what is not, and what the page does where the browser keeps nothing."""

import json
from collections.abc import Callable

from playwright.sync_api import WebSocketRoute, expect

from tests.browser.people import Person
from tests.browser.watch import Watch
from tests.browser.window import Window

ENDED = "Not sent: the server ended the connection twice while receiving this message."


class DyingServer:
    """The site's own, but whatever says ``deadly`` ends the connection it came on."""

    def __init__(self, window: Window, deadly: str) -> None:
        self.deadly, self.deaths, self.well, self.silent = deadly, 0, False, False
        window.page.route_web_socket("**/ws/**", self.connect)

    def connect(self, route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        route.on_message(lambda frame: self.forward(route, server.send, frame))

    def forward(self, route: WebSocketRoute, send: Callable[[str | bytes], None], frame: str | bytes) -> None:
        command = json.loads(frame)
        if command["do"] == "message.send" and self.deadly in command["body"] and not self.well:
            self.deaths += 1
            if not self.silent:
                route.close(code=1011)
        else:
            send(frame)


def test_a_message_that_ends_its_server_is_sent_twice_and_kept_as_failed(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    mine, theirs = ada.window(), ben.enter(room)
    server = DyingServer(mine, "deadly")
    mine.enter(room)
    for text in ("before", "deadly", "behind it"):
        mine.say(text)
    expect(mine.pending).to_contain_text([ENDED])
    expect(theirs.bodies).to_have_text(["before", "behind it"])
    assert server.deaths == 2
    mine.page.reload()
    mine.is_live()
    expect(mine.pending).to_contain_text([ENDED])
    assert server.deaths == 2, "a reload tries nothing"
    server.well = True
    mine.pending.get_by_role("button", name="Try again").click()
    expect(theirs.bodies).to_have_text(["before", "behind it", "deadly"])
    expect(mine.pending).to_have_count(0)


def test_the_first_try_counts_also_when_the_page_was_left_before_its_answer(ada: Person) -> None:
    room = ada.make_room()
    mine = ada.window()
    server = DyingServer(mine, "deadly")
    server.silent = True
    mine.enter(room)
    mine.say("deadly")
    while not server.deaths:
        mine.page.wait_for_timeout(20)  # lets the browser's events in
    server.silent = False
    mine.page.reload()
    expect(mine.pending).to_contain_text([ENDED])
    assert server.deaths == 2


def test_a_network_that_breaks_again_and_again_makes_no_message_failed(ada: Person, watch: Watch) -> None:
    watch.allow("manifest.webmanifest", "ERR_FAILED")
    room = ada.make_room()
    mine = ada.window()
    mine.page.route("**/manifest.webmanifest", lambda route: route.abort())  # HTTP does not get through either
    server = DyingServer(mine, "unlucky")
    mine.enter(room)
    mine.say("unlucky")
    for losses in range(1, 4):
        while server.deaths < losses:
            mine.page.wait_for_timeout(20)  # lets the browser's events in
    server.well = True
    expect(mine.said("unlucky")).to_be_visible()
    expect(mine.pending).to_have_count(0)


REFUSALS = {
    "absent": "delete window.{0}; Object.defineProperty(window, '{0}', {{ value: undefined }})",
    "null": "Object.defineProperty(window, '{0}', {{ value: null }})",
    "forbidden": "Object.defineProperty(window, '{0}', {{ get() {{ throw new DOMException('', 'SecurityError') }} }})",
}
FULL = "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError') }"
HUNG = "IDBFactory.prototype.open = () => ({})"


def refuse(window: Window, script: str) -> Window:
    window.page.add_init_script(script)
    return window


def works(window: Window, person: Person) -> None:
    room = person.make_room()
    window.enter(room)
    window.say("it works with less")
    expect(window.bodies).to_have_text(["it works with less"])
    expect(window.pending).to_have_count(0)
    window.page.get_by_role("button", name="People in this room").click()
    window.write("a draft")
    expect(window.box).to_have_value("a draft")
    window.evaluate("(() => { try { localStorage.removeItem('people') } catch { /* there is none */ } })()")


def test_the_page_works_where_the_browser_refuses_every_storage(ada: Person) -> None:
    for script in REFUSALS.values():
        everything = [script.format(name) for name in ("localStorage", "sessionStorage", "indexedDB")]
        works(refuse(ada.window(), ";".join(everything)), ada)


def test_the_page_works_where_storage_is_full_or_does_not_answer(ada: Person) -> None:
    works(refuse(ada.window(), FULL), ada)
    works(refuse(ada.window(), HUNG), ada)


def test_drafts_without_storage_survive_another_room(ada: Person) -> None:
    room, other = ada.make_room(), ada.make_room()
    mine = refuse(ada.window(), FULL).enter(room)
    mine.write("half a thou")
    mine.line(other).click()
    expect(mine.box).to_have_value("")
    mine.line(room).click()
    expect(mine.box).to_have_value("half a thou")


LANGUAGES = ["c", "C.UTF-8", "en_GB", "", "x", "undefined"]


def test_a_language_tag_that_is_none_breaks_neither_times_nor_charts(ada: Person) -> None:
    room = ada.make_room()
    for tag in LANGUAGES:
        value = "undefined" if tag == "undefined" else json.dumps(tag)
        script = f"for (const [name, value] of [['language', {value}], ['languages', [{value}]]]) "
        script += "Object.defineProperty(Navigator.prototype, name, { get: () => value, configurable: true })"
        mine = refuse(ada.window(), script).enter(room)
        expect(mine.said("hello").or_(mine.say("hello")).first).to_be_visible()
        mine.goto("/dashboards/host/").is_live()
        expect(mine.page.locator(".panel canvas").first).to_be_visible()


def test_a_script_that_does_not_load_is_told_on_the_page(ada: Person, watch: Watch) -> None:
    watch.allow("404", "Failed to load")
    mine = ada.window()
    mine.page.route("**/chat/app*.js", lambda route: route.fulfill(status=404))
    mine.goto(ada.make_room().path)
    expect(mine.page.get_by_role("alert").filter(has_text="Part of this page did not start")).to_be_visible()
    expect(mine.page.locator("#connection")).not_to_contain_text("Connecting")


def test_a_script_that_fails_is_told_on_the_page(ada: Person, watch: Watch) -> None:
    watch.allow("uncaught", "broken on purpose")
    mine = ada.window()
    broken = "throw new Error('broken on purpose')"
    mine.page.route(
        "**/chat/app*.js", lambda route: route.fulfill(body=broken, content_type="text/javascript", status=200)
    )
    mine.goto(ada.make_room().path)
    expect(mine.page.get_by_role("alert").filter(has_text="Part of this page did not start")).to_be_visible()


def test_a_page_that_started_says_nothing_of_it(ada: Person) -> None:
    mine = ada.enter(ada.make_room())
    expect(mine.page.locator(".start-failed")).to_have_count(0)
