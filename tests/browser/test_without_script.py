"""Forms work in a browser without scripts."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Newcomer
from tests.browser.people import Cast, Person


@pytest.fixture(scope="module")
def plain(cast: Cast, ada: Person) -> Person:
    """Ada, on a device whose browser runs no scripts."""
    return cast.keep(cast.again(ada, java_script_enabled=False))


def fill(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        page.locator(f"main [name={name}]").first.fill(value)
    for room in page.locator("main select[name=room][required]").all():
        room.select_option(index=1)


def submit(page: Page, button: str) -> None:
    page.locator("main").get_by_role("button", name=button, exact=True).last.click()


# path, what is typed, the button, what the next page says
FORMS: list[tuple[str, dict[str, str], str, str]] = [
    ("/rooms/new/", {"name": "pier"}, "Create room", "pier"),
    ("/search/", {"q": "submarine"}, "Search", "No message in your rooms"),
    ("/people/invitations/", {"max_uses": "3"}, "Create link", "Active links"),
    (
        "/alerts/rules/new/",
        {"title": "Busy", "source": "host", "series": "cpu.busy", "threshold": "101"},
        "Save",
        "Busy",
    ),
    ("/alerts/integrations/", {"name": "Grafana"}, "Create URL", "shown only once"),
    ("/checks/new/?kind=tcp", {"name": "Nothing", "target": "127.0.0.1:1"}, "Test now", "Connection refused"),
    ("/checks/new/?kind=tcp", {"name": "Nothing", "target": "127.0.0.1:1"}, "Save", "Nothing"),
    ("/commands/new/", {"name": "hello", "argv": "echo\nhello"}, "Save", "hello"),
    ("/watching/sources/push/new/", {"name": "Queue"}, "Create", "Queue"),
    ("/watching/beats/new/", {"name": "Nightly"}, "Create", "Nightly"),
    ("/walls/?board=host", {"name": "Lobby"}, "Create link", "Lobby"),
    ("/profile/", {"name": "Ada Lovelace"}, "Save", "Saved"),
    ("/workspace/", {"name": "Harbour team"}, "Save", "Saved"),
    ("/status/edit/", {"title": "Harbour status"}, "Save", "Saved"),
    ("/alerts/silences/", {"pattern": "host nothing.*", "reason": "as planned"}, "Silence", "as planned"),
]


@pytest.mark.parametrize(("path", "fields", "button", "said"), FORMS)
def test_a_form_is_sent(plain: Person, path: str, fields: dict[str, str], button: str, said: str) -> None:
    page = plain.window().goto(path).page
    fill(page, **fields)
    submit(page, button)
    expect(page.locator("main")).to_contain_text(said)


def test_an_incident_is_opened_and_resolved(plain: Person) -> None:
    page = plain.window().goto("/status/edit/").page
    title = page.get_by_placeholder("What is wrong?")
    title.fill("Fog over the pier")
    title.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Fog over the pier")).to_be_visible()
    page.get_by_label("Update text").fill("The sun is back.")
    page.get_by_label("State").select_option("resolved")
    submit(page, "Post update")
    expect(page.get_by_role("listitem").filter(has_text="The sun is back.")).to_contain_text("Resolved")


def test_a_room_is_described_and_its_name_changed(plain: Person) -> None:
    page = plain.window().goto(f"{plain.make_room().path}settings/").page
    fill(page, name="east pier", description="Ropes and lamps")
    submit(page, "Save")
    expect(page.locator("main")).to_contain_text("Saved")
    expect(page.locator("main [name=description]")).to_have_value("Ropes and lamps")


def test_notifications_are_chosen(cast: Cast, newcomer: Newcomer) -> None:
    page = cast.again(newcomer("Eve"), java_script_enabled=False).window().goto("/settings/notifications/").page
    page.locator("[name=room_level]").select_option("all")
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.locator("main")).to_contain_text("Saved")
    expect(page.locator("[name=room_level]")).to_have_value("all")
    channel = page.locator("form[action$='/channels/'] [type=checkbox]").first
    was = channel.is_checked()
    channel.set_checked(not was)
    page.locator("form[action$='/channels/']").get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("main")).to_contain_text("Saved")
    expect(channel).to_be_checked(checked=not was)


def test_people_are_found_and_added_and_written_to(plain: Person, ben: Person) -> None:
    page = plain.window().goto(f"{plain.make_room().path}settings/").page
    page.get_by_label("Name or handle").fill("Ben")
    submit(page, "Find")
    page.get_by_role("button", name="Add Ben").first.click()
    expect(page.get_by_role("heading", name="2 members")).to_be_visible()
    page.goto("/rooms/direct/")
    page.get_by_label("Name or handle").fill("Ben")
    submit(page, "Find")
    page.locator(f"[name=people][value='{ben.id}']").check()
    submit(page, "Start")
    expect(page).to_have_url(re.compile(r"/rooms/\d+/$"))


def test_the_theme_and_the_language_are_chosen(plain: Person) -> None:
    page = plain.window().goto("/profile/").page
    menu = page.locator("#me-menu")
    page.locator("[popovertarget=me-menu]").first.click()
    menu.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.locator("[popovertarget=me-menu]").first.click()
    menu.get_by_role("button", name="System").click()
    expect(page.locator("html")).not_to_have_attribute("data-theme", "dark")
    for language in ("zh-hans", "en"):
        page.get_by_role("combobox").select_option(language)
        page.locator("main form", has=page.get_by_role("combobox")).get_by_role("button").click()
        expect(page.locator("html")).to_have_attribute("lang", language)
