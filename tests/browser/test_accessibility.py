"""axe-core finds nothing on any page of a member; test_looks asks it about the pages of an admin."""

from dataclasses import replace
from uuid import uuid4

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import expect

from tests.browser import look
from tests.browser.axe import find_violations, list_violations
from tests.browser.pages import FLOATING, PAGES
from tests.browser.people import Cast, Person
from tests.browser.scene import Scene, make_scene
from tests.browser.site import Site
from tests.browser.test_palette import make_check
from tests.browser.watch import Watch
from tests.browser.window import Window

LANGUAGE = "en-GB"
HTML = "text/html; charset=utf-8"
OF_MEMBERS = (
    "room",
    "room-empty",
    "room-archived",
    "room-menu",
    "browse",
    "new-room",
    "settings",
    "direct",
    "search-hits",
    "dashboards-none",
    "alerts",
    "alert-rules",
    "alert-silences",
    "checks",
    "people",
    "profile",
    "password",
    "settings-places",
    "notifications",
    "oncall",
)


@pytest.fixture(scope="module")
def scene(cast: Cast, ada: Person, ben: Person, wei: Person) -> Scene:
    return make_scene(cast, ada, ben, wei)


@pytest.fixture(scope="module")
def member_scene(scene: Scene, cast: Cast, ben: Person) -> Scene:
    return replace(scene, people={LANGUAGE: cast.keep(cast.again(ben, locale=LANGUAGE))}, size="wide")


@pytest.mark.parametrize("name", OF_MEMBERS)
def test_axe_finds_nothing_on_a_page_of_a_member(name: str, member_scene: Scene) -> None:
    window = PAGES[name](member_scene, LANGUAGE)
    assert list_violations(window, FLOATING.get(name, look.SIZES)) == []
    window.evaluate("localStorage.clear()")


def test_axe_finds_nothing_on_what_changes_a_check_and_a_command(scene: Scene, watch: Watch) -> None:
    watch.allow("Applying inline style")
    window, name = scene.window(LANGUAGE), f"job-{uuid4().hex[:8]}"
    check = make_check(scene.people[LANGUAGE], f"Pier {name}")
    fields = {"name": name, "argv": "echo\n{n:int 1-9}", "timeout": "30", "room": str(scene.room.id), "who": "members"}
    assert scene.people[LANGUAGE].post("/commands/new/", **fields).status == 302
    paths = [f"{check}edit/", f"/commands/{name}/", "/commands/"]
    found = {path: find_violations(window.goto(path).page) for path in paths}
    assert {path: violations for path, violations in found.items() if violations} == {}
    scene.people[LANGUAGE].post(f"{check}delete/")


def show(window: Window, status: int, page: str) -> Window:
    """In place of a page of the site."""
    # To Chromium, an answer that no server gave comes from another network than the socket's.
    window.watch.allow(rf"\b{status}\b", "Applying inline style", "LOCAL_NETWORK_ACCESS")
    window.page.route("**/rooms/999999/", lambda route: route.fulfill(status=status, body=page, content_type=HTML))
    window.goto("/rooms/999999/")
    expect(window.page.locator(".error-page")).to_be_visible()
    return window


@pytest.mark.parametrize("status", [400, 500, 503])
def test_axe_finds_nothing_on_the_page_of_a_failure(status: int, scene: Scene) -> None:
    page = render_to_string(f"{status}.html", {"words": ["What was typed"], "has_tables": True})  # needs no request
    assert find_violations(show(scene.window(LANGUAGE), status, page).page) == []


def test_axe_finds_nothing_on_the_page_of_a_refusal(member_scene: Scene) -> None:
    forged = {"Origin": "https://evil.example", "Accept": "text/html"}
    answer = member_scene.people[LANGUAGE].context.request.post("/theme/", headers=forged)
    assert answer.status == 403
    assert find_violations(show(member_scene.window(LANGUAGE), 403, answer.text()).page) == []


def test_axe_finds_nothing_on_the_page_of_nothing(scene: Scene, site: Site, watch: Watch) -> None:
    if site.debug:
        pytest.skip("Django's page for developers stands in its place here")
    watch.allow(r"\b404\b", "Applying inline style")
    window = scene.window(LANGUAGE).goto("/rooms/999999/")
    assert find_violations(window.page) == []
