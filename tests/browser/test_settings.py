"""Settings are saved as soon as a field changes, and without scripts by a button."""

import pytest
from playwright.sync_api import expect

from tests.browser import axe, look
from tests.browser.conftest import Newcomer
from tests.browser.people import Cast, Person
from tests.browser.watch import Watch
from tests.browser.window import Window, until_saved


@pytest.mark.development
def test_a_choice_is_saved_at_once_and_a_text_when_it_is_left(ada: Person, newcomer: Newcomer, watch: Watch) -> None:
    watch.allow(r"\b400\b")
    eve = newcomer("Eve")
    window = eve.window().goto("/profile/").is_live()
    page = window.page
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_hidden()
    colour = "Red" if page.get_by_role("radio", name="Teal").is_checked() else "Teal"  # it was chosen by the handle
    with until_saved(page):
        page.get_by_role("radio", name=colour).check(force=True)
    page.get_by_label("Your name").fill("")
    page.get_by_label("Handle").focus()
    expect(page.get_by_text("This field is required.")).to_be_visible()
    expect(page.get_by_label("Your name")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Your name").fill("Evelyn Peak")
    page.get_by_label("Handle").focus()
    expect(page.get_by_text("This field is required.")).to_have_count(0)
    expect(page.locator(".side__foot .line__name")).to_have_text("Evelyn Peak")
    page.reload()
    expect(page.get_by_label("Your name")).to_have_value("Evelyn Peak")
    expect(page.get_by_role("radio", name=colour)).to_be_checked()


def test_a_role_is_changed_in_its_line_and_a_refusal_stands_beside_it(
    ada: Person, newcomer: Newcomer, watch: Watch
) -> None:
    watch.allow(r"\b400\b")
    eve = newcomer("Eve Settings")
    page = ada.window().goto("/people/members/?q=eve").page
    role = page.get_by_label("Role of Eve Settings")
    with until_saved(page):
        role.select_option("admin")
    assert eve.get("/people/members/").status == 200
    own = ada.window().goto("/people/members/?q=ada").page
    own.get_by_label("Role of Ada Lovelace").select_option("member")
    expect(own.get_by_text("A workspace needs an owner.")).to_be_visible()
    expect(own.get_by_label("Role of Ada Lovelace")).to_have_value("owner")


def test_without_scripts_a_button_saves_the_profile(ada: Person, cast: Cast, newcomer: Newcomer) -> None:
    eve = cast.again(newcomer("Eve"), java_script_enabled=False)
    page = eve.window().goto("/profile/").page
    page.get_by_label("Your name").fill("Evelyn")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_label("Your name")).to_have_value("Evelyn")


@pytest.mark.parametrize("path", ["/settings/", "/profile/", "/workspace/", "/people/members/", "/people/invitations/"])
def test_each_page_of_settings_is_in_order(ada: Person, watch: Watch, path: str) -> None:
    watch.allow("Applying inline style")  # of axe itself
    window = ada.window().goto(path).is_live()
    assert look.faults(window.page, f"settings{path.replace('/', '-')}") == []
    assert axe.find_violations(window.page) == []


def test_on_a_phone_the_other_pages_are_behind_back(ada: Person) -> None:
    window: Window = ada.window()
    look.resize(window.page, "phone")
    page = window.goto("/profile/").is_live().page
    places = page.get_by_role("navigation", name="Settings")
    expect(places).to_be_hidden()
    page.locator(".settings__back").get_by_role("link", name="Settings").click()
    places.get_by_role("link", name="Members").click()
    expect(page.get_by_role("heading", name="Members", exact=True)).to_be_visible()
    expect(places).to_be_hidden()
