"""A site that takes little at once: what is refused waits and is sent by itself, or says in words how long to wait."""

import http.client
import json
import re
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, WebSocket, expect

from tests.browser import look
from tests.browser.axe import list_violations
from tests.browser.chinese import chinese
from tests.browser.people import Cast, Person
from tests.browser.site import Site, development_server
from tests.browser.watch import Watch
from tests.browser.window import Room, Window

AT_ONCE = 10  # commands


@pytest.fixture(scope="module")
def slow_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    limits = {"MYWEB_COMMANDS_PER_SECOND": str(AT_ONCE // 5), "MYWEB_POSTS_PER_SECOND": "1"}
    with development_server(tmp_path_factory.mktemp("slow"), **limits) as site:
        yield site


@pytest.fixture(scope="module")
def slow_cast(slow_site: Site, chromium: Browser, everywhere: Watch) -> Cast:
    return Cast(slow_site, chromium, everywhere)


@pytest.fixture(scope="module")
def owner(slow_cast: Cast) -> Person:
    return slow_cast.keep(slow_cast.owner())


@pytest.fixture(scope="module")
def room(owner: Person) -> Room:
    return owner.make_room(name="operations")


@pytest.fixture(scope="module")
def hasty(slow_cast: Cast, owner: Person) -> Person:
    """Somebody else, since forms are counted too."""
    return slow_cast.keep(slow_cast.newcomer("Hasty"))


@pytest.fixture(autouse=True)
def closed_here(slow_cast: Cast) -> Iterator[None]:
    yield
    slow_cast.tidy()


def paste(window: Window, texts: list[str]) -> None:
    """Faster than any key."""
    window.page.evaluate(
        """(texts) => {
            const box = document.getElementById("message-box");
            for (const text of texts) {
                box.value = text;
                box.form.requestSubmit();
            }
        }""",
        texts,
    )


class Refusals(list[str]):
    """The verbs that the server refuses for haste, on whatever sockets the page opens."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: dict[int, str] = {}
        self.accepted: list[str] = []
        page.on("websocket", self.follow)

    def follow(self, socket: WebSocket) -> None:
        socket.on("framesent", self.sent)
        socket.on("framereceived", self.heard)

    def sent(self, frame: str | bytes) -> None:
        command = json.loads(frame)
        self.asked[command["id"]] = command["do"]

    def heard(self, frame: str | bytes) -> None:
        answer = json.loads(frame)
        if isinstance(answer, dict):
            verdict = self if answer.get("error", {}).get("code") == "too_fast" else self.accepted
            verdict.append(self.asked[answer["re"]])


def until(page: Page, reached: Callable[[], object], what: str) -> None:
    """For what no element of the page tells."""
    end = time.monotonic() + 20
    while not reached():
        assert time.monotonic() < end, f"{what} did not come"
        page.wait_for_timeout(20)  # lets the browser's events in


def unread(person: Person, room: Room) -> int:
    """As the server counts."""
    found = re.search(r'id="page-me" type="application/json">(.*?)</script>', person.get("/").text())
    assert found
    return next(int(line.get("unread", 0)) for line in json.loads(found[1])["rooms"] if line["id"] == room.id)


def test_what_is_too_much_at_once_waits_and_is_sent_by_itself_in_order(owner: Person, room: Room) -> None:
    window = owner.window()
    refused = Refusals(window.page)
    window.enter(room)
    texts = [f"line {number}" for number in range(AT_ONCE + 5)]
    paste(window, texts)
    expect(window.pending.last).to_contain_text("sending many messages; this one follows in a moment")
    expect(window.bodies).to_have_text(texts)
    expect(window.pending).to_have_count(0)
    assert "message.send" in refused, "the limit was never met"
    window.page.reload()
    expect(window.bodies).to_have_text(texts)


def test_what_waits_when_the_page_goes_is_sent_by_the_next_one(owner: Person) -> None:
    window = owner.window().enter(owner.make_room())
    texts = [f"line {number}" for number in range(AT_ONCE + 5)]
    paste(window, texts)
    expect(window.pending.last).to_contain_text("sending many messages; this one follows in a moment")
    window.page.reload()
    expect(window.bodies).to_have_text(texts)
    expect(window.pending).to_have_count(0)


def test_other_actions_say_in_words_how_long_to_wait(owner: Person) -> None:
    window = owner.window().enter(owner.make_room())
    window.say("react to me")
    expect(window.pending).to_have_count(0)
    window.messages.last.hover()
    react = window.messages.last.get_by_role("toolbar").get_by_role("button").first
    react.evaluate("(button, times) => { while (times--) button.click(); }", 2 * AT_ONCE)
    expect(window.toast).to_have_text(re.compile(r"Rate limit reached\. Try again in [1-5] s\."))


def make_haste(window: Window) -> None:
    """Reacts and reacts, so that the bucket stays empty."""
    window.say("react to me")
    expect(window.pending).to_have_count(0)
    window.messages.last.hover()
    react = window.messages.last.get_by_role("toolbar").get_by_role("button").first
    react.evaluate("button => { window.haste = setInterval(() => button.click(), 20); }")
    expect(window.toast).to_contain_text("Rate limit reached.")


def calm_down(window: Window) -> None:
    window.evaluate("clearInterval(window.haste)")


def test_what_was_read_in_haste_counts_as_read_in_the_end(owner: Person, hasty: Person) -> None:
    room = owner.make_room(hasty)
    window = owner.window()
    refused = Refusals(window.page)
    make_haste(window.enter(room))
    for number in range(10):  # a mark may slip through between two reactions
        refused.accepted.clear()
        hasty.send(room, f"and this {number}")
        until(window.page, lambda: "room.read" in [*refused, *refused.accepted], "an answer")
        if "room.read" in refused:
            break
    assert "room.read" in refused
    calm_down(window)
    until(window.page, lambda: unread(owner, room) == 0, "the mark")


def test_a_page_opened_in_haste_is_live_in_the_end(owner: Person) -> None:
    room = owner.make_room()
    window, late = owner.window().enter(room), owner.window()
    make_haste(window)
    refused = Refusals(late.page)
    for _time in range(20):
        late.goto(room.path)
        until(late.page, lambda: refused or late.page.locator("[data-state=live]").count(), "an answer")
        if refused:
            break
    assert "subscribe" in refused
    calm_down(window)
    late.is_live()
    window.say("Hello")
    expect(late.said("Hello")).to_be_visible()


# More forms than are let through at once, though none of them changes anything.
HASTE = """() => Promise.all(Array.from({length: 8}, () => fetch("/i18n/setlang/", {
    method: "POST",
    headers: {"X-CSRFToken": document.querySelector("[name=csrf-token]").content},
    body: new URLSearchParams({next: "/healthz"}),
})))"""


@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
def test_a_form_sent_too_often_keeps_what_was_typed(
    slow_cast: Cast, hasty: Person, watch: Watch, language: str
) -> None:
    watch.allow(r"\b429\b")
    window = slow_cast.again(hasty, locale=language).window().goto("/profile/")
    page = window.page
    again = page.locator("button[form=again]")
    for attempt in range(20):
        page.locator("[name=name]").fill(f"Hasty {attempt}")
        page.evaluate(HASTE)
        page.locator("[name=name]").press("Enter")
        expect(again.or_(page.locator(".notes__note--success"))).to_be_visible()
        if again.is_visible():
            break
    words = "Please wait a moment" if language == "en-GB" else chinese("Please wait a moment")
    expect(page.get_by_role("heading", name=words)).to_be_visible()
    assert look.faults(page, f"too-fast-{language[:2]}") == []
    assert list_violations(window, ["phone"]) == []
    while again.is_visible():
        again.click()
    expect(page.locator("[name=name]")).to_have_value(f"Hasty {attempt}")


# The whole site, asked from addresses that nobody else comes from


class Stranger:
    def __init__(self, site: Site, address: str) -> None:
        if site.debug:
            pytest.skip("needs nginx and several processes behind it")
        self.connection = http.client.HTTPConnection(*site.address, source_address=(address, 0), timeout=20)
        page, headers = self.ask("GET", "/accounts/login/")[1:]
        cookie = str(headers["Set-Cookie"]).partition(";")[0]
        found = re.search(r'name="csrf-token" content="(\w+)"', page)
        assert found, "the page holds no token"
        self.headers = {
            "Cookie": cookie,
            "X-CSRFToken": found[1],
            "Content-Type": "application/x-www-form-urlencoded",
        }

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str, http.client.HTTPMessage]:
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers

    def post(self, path: str, body: str) -> tuple[int, str, http.client.HTTPMessage]:
        return self.ask("POST", path, body, **self.headers)


@pytest.mark.usefixtures("ada")  # an empty site asks strangers in instead
def test_nginx_refuses_a_storm_of_guesses_with_a_kind_page(site: Site) -> None:
    stranger = Stranger(site, "127.0.0.2")
    for _guess in range(200):
        status, page, headers = stranger.post("/join/", "code=none")
        if status == 429:
            break
    assert status == 429
    assert headers["Retry-After"]
    assert headers["Content-Type"].startswith("text/html")
    assert "Too many attempts came from your network." in page
    assert "请等几秒" in page


@pytest.mark.usefixtures("ada")
def test_all_processes_that_serve_pages_count_posts_together(site: Site) -> None:
    stranger, begun = Stranger(site, "127.0.0.3"), time.monotonic()
    statuses = [stranger.post("/i18n/setlang/", "next=/")[0] for _post in range(150)]
    assert {*statuses} == {302, 429}
    assert 50 <= statuses.count(302) <= 50 + 10 * (time.monotonic() - begun) + 1
