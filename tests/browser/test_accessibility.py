"""axe-core finds nothing on any page, for an admin and for a member, in light and dark, wide and on a phone.

In the dark only colours differ; test_looks measures those in each size.
"""

from dataclasses import replace

import pytest

from tests.browser import look
from tests.browser.axe import find_violations
from tests.browser.pages import FLOATING, ON_PHONES, PAGES, incident, page
from tests.browser.people import Cast, Person
from tests.browser.scene import Scene, make_scene
from tests.browser.site import Site
from tests.browser.watch import Watch

LANGUAGE = "en-GB"
EVERY_PAGE = PAGES | {
    "checks": page("/checks/"),
    "check-new": page("/checks/new/?kind=tcp"),
    "commands": page("/commands/"),
    "command-new": page("/commands/new/"),
    "runs": page("/runs/"),
    "status-edit": page("/status/edit/"),
    "incident": incident,
    "workspace": page("/workspace/"),
}
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
)


@pytest.fixture(autouse=True)
def allow_styles_of_axe(watch: Watch) -> None:
    watch.allow("Applying inline style")  # for a moment, to measure


@pytest.fixture(scope="module")
def scene(cast: Cast, ada: Person, ben: Person, wei: Person) -> Scene:
    return make_scene(cast, ada, ben, wei)


@pytest.fixture(scope="module")
def member_scene(scene: Scene, cast: Cast, ben: Person) -> Scene:
    return replace(scene, people={LANGUAGE: cast.keep(cast.again(ben, locale=LANGUAGE))})


def list_violations(scene: Scene, name: str) -> list[str]:
    found: list[str] = []
    opened = FLOATING | ON_PHONES
    scene.size = opened.get(name, ["wide"])[0]
    window = EVERY_PAGE[name](scene, LANGUAGE)
    sizes = [scene.size] if name in opened else list(look.SIZES)
    for size, theme, rules in [(sizes[0], "dark", ["color-contrast"]), *((size, "light", []) for size in sizes)]:
        look.resize(window.page, size)
        window.page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        window.evaluate(f"({look.SETTLED})({look.TIMEOUT})")
        found += [f"{size} {theme}: {violation}" for violation in find_violations(window.page, *rules)]
    window.evaluate("localStorage.clear()")
    return found


@pytest.mark.parametrize("name", EVERY_PAGE)
def test_axe_finds_nothing_on_a_page_of_an_admin(name: str, scene: Scene) -> None:
    assert list_violations(scene, name) == []


@pytest.mark.parametrize("name", OF_MEMBERS)
def test_axe_finds_nothing_on_a_page_of_a_member(name: str, member_scene: Scene) -> None:
    assert list_violations(member_scene, name) == []


def test_axe_finds_nothing_on_the_page_of_nothing(scene: Scene, site: Site, watch: Watch) -> None:
    if site.debug:
        pytest.skip("Django's page for developers stands in its place here")
    watch.allow(r"\b404\b")
    window = scene.window(LANGUAGE).goto("/rooms/999999/")
    assert find_violations(window.page) == []
