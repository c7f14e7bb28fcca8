"""The cast in browsers: everyone has a context of their own, with their cookies and drafts."""

import html
import itertools
import json
import re
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from playwright.sync_api import APIResponse, Browser, BrowserContext, Page

from tests.browser import database, look
from tests.browser.site import Site
from tests.browser.watch import Watch
from tests.browser.window import Room, Window, close
from tests.support.cast import PASSWORD

HOUSE = "Harbour team"
OWNER = "ada@example.com"
TIMEOUT = 30  # seconds
LOCALE = "en-GB"
_numbers = itertools.count(1)


@dataclass
class Person:
    name: str
    email: str
    context: BrowserContext
    watch: Watch
    known: dict[str, Any] = field(default_factory=dict)

    def window(self) -> Window:
        return Window(self.context.new_page(), self.watch)

    def enter(self, room: Room, at: int | None = None) -> Window:
        return self.window().enter(room, at)

    def get(self, path: str) -> APIResponse:
        return self.context.request.get(path)

    @property
    def token(self) -> dict[str, str]:
        """Django's proof that a request comes from its own page."""
        if not any("csrf" in cookie["name"] for cookie in self.context.cookies()):
            self.get("/profile/")
        return {"X-CSRFToken": next(each["value"] for each in self.context.cookies() if "csrf" in each["name"])}

    def post(self, path: str, **fields: Any) -> APIResponse:
        return self.ask(path, form=fields)

    def ask(self, path: str, **content: Any) -> APIResponse:
        """A post that is told to wait, as everyone who is too fast for the house, waits and is made again."""
        waited = 0
        while True:
            answer = self.context.request.post(path, headers=self.token, max_redirects=0, **content)
            wait = int(answer.headers.get("retry-after", 0)) if answer.status == 429 else 0
            if not wait or waited + wait > TIMEOUT:
                return answer
            time.sleep(wait)
            waited += wait

    @property
    def me(self) -> dict[str, Any]:
        if not self.known:
            found = re.search(r'id="page-me" type="application/json">(.*?)</script>', self.get("/").text())
            assert found, f"{self.name} sees no room"
            self.known = json.loads(found[1])
        return self.known

    @property
    def id(self) -> int:
        return int(self.me["id"])

    def make_room(self, *people: "Person", kind: str = "open", name: str = "", description: str = "") -> Room:
        name = name or f"room {next(_numbers)}"
        answer = self.post("/rooms/new/", name=name, kind=kind, description=description)
        assert answer.status == 302, answer.text()
        room = Room(int(answer.headers["location"].strip("/").rpartition("/")[2]), name)
        for person in people:
            self.add(room, person)
        return room

    def add(self, room: Room, person: "Person") -> None:
        assert self.post(f"{room.path}members/", add=str(person.id)).status == 302

    def remove(self, room: Room, person: "Person") -> None:
        assert self.post(f"{room.path}members/", remove=str(person.id)).status == 302

    def try_to_send(self, room: Room, body: str) -> APIResponse:
        data = {"client_id": str(uuid4()), "body": body}
        return self.ask(f"{room.path}messages/", data=data)

    def send(self, room: Room, body: str) -> int:
        """Says something without a window; answers with its seq."""
        answer = self.try_to_send(room, body)
        assert answer.ok, answer.text()
        return int(answer.json()["seq"])


class Cast:
    """Makes browser contexts, and people in them."""

    def __init__(self, site: Site, browser: Browser, watch: Watch) -> None:
        self.site, self.browser, self.watch = site, browser, watch
        self.contexts: list[BrowserContext] = []
        self.lasting: dict[BrowserContext, Page] = {}  # with a page that keeps the process of their pages
        self.link = ""
        self.first_visit: list[str] | None = None  # what was wrong with its page, while the site was empty

    def context(self, **options: Any) -> BrowserContext:
        """Without a service worker, unless the test wants one: what a page requests is then seen by Playwright."""
        usual: dict[str, Any] = {"base_url": self.site.url, "locale": LOCALE, "service_workers": "block"}
        made = self.browser.new_context(**{**usual, **options})
        made.set_default_timeout(30_000)
        self.watch.follow(made)
        self.contexts.append(made)
        return made

    def visitor(self, **options: Any) -> Window:
        """A window of someone who has no account."""
        return Window(self.context(**options).new_page(), self.watch)

    def keep(self, person: Person) -> Person:
        """A new window of theirs needs no new process, which would compile every script and load every font anew."""
        page = person.context.new_page()
        page.goto("/healthz")
        self.lasting[person.context] = page
        return person

    def tidy(self) -> None:
        """Closes the windows of a test, and the browsers of people whom only that test knows."""
        for context in self.contexts:
            if context not in self.lasting:
                context.close()
        for context, kept in self.lasting.items():
            for page in context.pages:
                if page != kept:
                    close(page)
        self.contexts = [*self.lasting]

    def owner(self) -> Person:
        """On an empty site by the first visit; a site that was tested before knows her already."""
        ada = Person("Ada Lovelace", OWNER, self.context(), self.watch)
        window = ada.window().goto("/")
        page = window.page
        if page.url.endswith("/welcome/"):
            self.first_visit = look.faults(page, "welcome-en")
            page.get_by_label("Workspace name").fill(HOUSE)
            page.get_by_label("Your name").fill(ada.name)
            page.get_by_label("Email").fill(ada.email)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Create workspace").click()
        else:
            sign_in(window, ada)
        window.is_live()
        close(page)
        self.link = invite(ada)
        return ada

    def newcomer(self, name: str, link: str = "", **options: Any) -> Person:
        """Comes in by the house's invitation (or another), without looking at the pages on the way.

        Where the site's database can be reached, they have come in by the house's before.
        """
        person = Person(name, f"{uuid4().hex[:10]}@example.com", self.context(**options), self.watch)
        if self.site.has_database and not link:
            database.make_member(person.name, person.email, options.get("locale", LOCALE))
            return self.signed_in(person, **options)
        person.get("/join/")
        person.post("/join/", code=link or self.link)
        answer = person.post("/accounts/signup/", name=name, email=person.email, password1=PASSWORD)
        assert answer.status == 302, answer.text()
        return person

    def again(self, person: Person, **options: Any) -> Person:
        """The same person signed in on another device."""
        other = Person(person.name, person.email, self.context(**options), self.watch)
        if self.site.has_database:
            return self.signed_in(other, **options)
        other.get("/accounts/login/")
        answer = other.post("/accounts/login/", login=person.email, password=PASSWORD)
        assert answer.status == 302, answer.text()
        return other

    def signed_in(self, person: Person, base_url: str = "", **options: Any) -> Person:
        """By a cookie, as after a sign-in."""
        cookie = database.make_session(person.email)
        person.context.add_cookies([{**cookie, "url": base_url or self.site.url}])  # type: ignore[typeddict-item]
        return person


def invite(by: Person, **fields: str) -> str:
    """An invitation link as the page shows it."""
    by.post("/people/invitations/", **{"days": "7", "max_uses": "", **fields})
    found = re.search(r'value="([^"]*/join/#[^"]*)"', by.get("/people/invitations/").text())
    assert found, "the page of invitations shows no link"
    return html.unescape(found[1])


def sign_in(window: Window, person: Person, password: str = PASSWORD) -> None:
    page = window.page
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
