"""Every page, light and dark, wide and on a phone: it fits, can be read, and axe-core finds nothing."""

import pytest
from playwright.sync_api import expect

from tests.browser import look
from tests.browser.axe import list_violations
from tests.browser.pages import FLOATING, ON_PHONES, PAGES, SCROLLED
from tests.browser.people import Cast, Person
from tests.browser.scene import Scene, make_scene
from tests.browser.site import Site
from tests.browser.watch import Watch


@pytest.fixture(scope="module")
def scene(cast: Cast, ada: Person, ben: Person, wei: Person) -> Scene:
    return make_scene(cast, ada, ben, wei)


# The pages with many words are checked in Chinese, the others in English; for pictures all are opened in both.
WORDY = {
    "signup",
    "room",
    "room-files",
    "help",
    "settings",
    "person",
    "invitations",
    "notifications",
    "profile",
}
LOOKS = [
    (name, language)
    for name in PAGES
    for language in ("en-GB", "zh-CN")
    if look.folder() or (language == "zh-CN") == (name in WORDY)
]


@pytest.mark.parametrize(("name", "language"), LOOKS)
def test_a_page_fits_and_can_be_read(name: str, language: str, scene: Scene) -> None:
    opened = FLOATING | ON_PHONES | SCROLLED
    for size in opened.get(name, ["wide"]):
        scene.size = size
        window = PAGES[name](scene, language)
        expect(window.page.locator("html")).to_have_attribute("lang", {"en-GB": "en", "zh-CN": "zh-hans"}[language])
        sizes = [size] if name in opened else list(look.SIZES)
        assert look.faults(window.page, f"{name}-{language[:2]}", sizes) == []
        assert list_violations(window, sizes) == []
        window.evaluate("localStorage.clear()")


@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
def test_the_page_of_nothing_fits_and_can_be_read(language: str, scene: Scene, site: Site, watch: Watch) -> None:
    if site.debug:
        pytest.skip("Django's page for developers stands in its place here")
    watch.allow(r"\b404\b")
    window = scene.window(language).goto("/rooms/999999/")
    assert look.faults(window.page, f"nothing-{language[:2]}") == []


def test_the_first_visit_fits_and_can_be_read(cast: Cast, ada: Person) -> None:
    if cast.first_visit is None:
        pytest.skip("somebody lived on this site before")
    assert cast.first_visit == []
