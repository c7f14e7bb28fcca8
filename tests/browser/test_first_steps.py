"""The owner of a new workspace does its first steps in the first room, while they may write at any time."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser import axe, look
from tests.browser.people import Cast, Person
from tests.browser.site import Site, development_server
from tests.browser.watch import Watch
from tests.browser.window import Window


@pytest.fixture(scope="module")
def new_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with development_server(tmp_path_factory.mktemp("new")) as site:
        yield site


@pytest.fixture(scope="module")
def new_cast(new_site: Site, chromium: Browser, everywhere: Watch) -> Cast:
    return Cast(new_site, chromium, everywhere)


@pytest.fixture(autouse=True)
def closed_here(new_cast: Cast) -> Iterator[None]:
    yield
    new_cast.tidy()


def find_step(window: Window, name: str) -> Locator:
    return window.page.locator(f".talk [data-step={name}]")


def set_up(cast: Cast) -> Person:
    """The owner, whose invitation link of the other tests is taken back."""
    owner = cast.keep(cast.owner())
    page = owner.get("/people/invitations/").text()
    for path in re.findall(r'action="(/people/invitations/\d+/revoke/)"', page):
        assert owner.post(path).status == 302
    return owner


def test_three_steps_are_done_in_place_and_then_gone(new_cast: Cast, new_site: Site, watch: Watch) -> None:
    owner = set_up(new_cast)
    window = owner.window().goto("/").is_live()
    steps = window.page.locator(".talk .step")
    expect(steps).to_have_count(3)
    assert look.faults(window.page, "first-steps") == []
    watch.allow("Applying inline style")  # of axe itself
    assert axe.find_violations(window.page) == []

    window.say("The composer works meanwhile")
    expect(window.said("The composer works meanwhile")).to_be_visible()

    find_step(window, "invite").get_by_role("button", name="Create link").click()
    link = find_step(window, "invite").get_by_role("textbox", name="Link")
    expect(link).to_have_value(re.compile(r"/join/#"))
    expect(find_step(window, "invite")).to_have_attribute("data-done", "")

    check = find_step(window, "check")
    check.get_by_label("URL").fill("ftp://harbour.example")
    check.get_by_role("button", name="Add check").click()
    expect(check.get_by_role("alert")).to_be_visible()
    expect(check.get_by_label("URL")).to_have_value("ftp://harbour.example")
    expect(check.get_by_label("URL")).to_be_focused()
    check.get_by_label("URL").fill(f"{new_site.url}/healthz")
    check.get_by_label("URL").press("Enter")
    expect(check.get_by_role("heading", name="A check watches 127.0.0.1")).to_be_visible()
    expect(check).to_contain_text("Up")

    machine = find_step(window, "machine")
    window.page.reload()
    expect(machine.locator("dd").first).to_be_visible()
    machine.get_by_role("button", name="Share with everybody").click()
    expect(window.page.get_by_role("heading", name="All steps are done.")).to_be_visible()
    window.page.get_by_role("link", name="Close").click()
    expect(steps).to_have_count(0)
    window.page.reload()
    window.is_live()
    expect(window.said("The composer works meanwhile")).to_be_visible()
    expect(steps).to_have_count(0)
