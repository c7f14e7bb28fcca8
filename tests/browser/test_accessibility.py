"""axe-core finds nothing on any page of a member; test_looks asks it about the pages of an admin."""

from dataclasses import replace

import pytest

from tests.browser import look
from tests.browser.axe import find_violations, list_violations
from tests.browser.pages import FLOATING, PAGES
from tests.browser.people import Cast, Person
from tests.browser.scene import Scene, make_scene
from tests.browser.site import Site
from tests.browser.watch import Watch

LANGUAGE = "en-GB"
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


def test_axe_finds_nothing_on_the_page_of_nothing(scene: Scene, site: Site, watch: Watch) -> None:
    if site.debug:
        pytest.skip("Django's page for developers stands in its place here")
    watch.allow(r"\b404\b", "Applying inline style")
    window = scene.window(LANGUAGE).goto("/rooms/999999/")
    assert find_violations(window.page) == []
