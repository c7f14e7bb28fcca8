"""The picture of a user and the logo: chosen in the settings, seen where their initials were, and taken away."""

import re

import pytest
from playwright.sync_api import FilePayload, Locator, expect

from tests.browser import axe, look
from tests.browser.conftest import Newcomer
from tests.browser.people import Person
from tests.browser.uploads import make_picture
from tests.browser.watch import Watch
from tests.browser.window import Window

ADDRESS = re.compile(r"/people/\d+/picture/[0-9a-f]{32}/(64|256)/$")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def picture_in(place: Locator) -> Locator:
    return place.locator("img.avatar__picture")


def expect_picture(place: Locator) -> None:
    image = picture_in(place)
    expect(image).to_have_attribute("src", ADDRESS)
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") in {64, 256}


def choose(window: Window, content: bytes = b"", label: str = "Picture") -> None:
    file = FilePayload(name="me.png", mimeType="image/png", buffer=content or make_picture(160, 120))
    window.page.get_by_label(label, exact=True).set_input_files(file)


@pytest.fixture
def eve(newcomer: Newcomer) -> Person:
    """Someone with a picture."""
    eve = newcomer("Eve Peak")
    window = eve.window().goto("/profile/").is_live()
    choose(window)
    expect_picture(window.page.locator(".side__foot .avatar"))
    return eve


@pytest.mark.development
def test_a_picture_is_seen_at_once_at_another_persons_open_page(ada: Person, newcomer: Newcomer) -> None:
    eve = newcomer("Eve Hill")
    room = ada.make_room(eve)
    ada.post("/rooms/direct/", people=str(eve.id))
    hers, theirs = ada.enter(room), eve.enter(room)
    line = hers.page.locator("#rooms [data-group=people] a", has_text="Eve Hill")
    theirs.say("Before the picture")
    avatar = hers.said("Before the picture").locator(".avatar")
    expect(avatar).to_have_text("EH")
    expect(picture_in(avatar)).to_have_count(0)
    before = avatar.bounding_box()
    settings = eve.window().goto("/profile/").is_live()
    choose(settings)
    for place in (settings.page.locator(".picture-setting .avatar"), settings.page.locator(".side__foot .avatar")):
        expect_picture(place)
    for window in (hers, theirs):
        expect_picture(window.said("Before the picture").locator(".avatar"))
    assert avatar.bounding_box() == before
    expect_picture(line)
    expect_picture(theirs.page.locator(".side__foot .avatar"))
    settings.page.get_by_role("button", name="Remove", exact=True).click()
    for place in (
        avatar,
        settings.page.locator(".picture-setting .avatar"),
        settings.page.locator(".side__foot .avatar"),
    ):
        expect(picture_in(place)).to_have_count(0)
    expect(avatar).to_have_text("EH")


def test_a_picture_stands_wherever_initials_do_and_is_loaded_once(ada: Person, eve: Person) -> None:
    room = ada.make_room(eve)
    for number in range(3):
        eve.send(room, f"Message {number}")
        ada.send(room, f"Answer {number}")
    window = ada.window()
    requested: list[str] = []
    own = f"/people/{eve.id}/picture/"
    window.page.on("request", lambda request: requested.append(request.url) if own in request.url else None)
    page = window.enter(room).page
    for number in range(3):
        expect_picture(window.said(f"Message {number}").locator(".avatar"))
    window.write("@eve")
    expect_picture(page.get_by_role("option", name=re.compile("Eve Peak")).first)
    window.box.fill("")
    page.keyboard.press("Control+K")
    page.keyboard.type("Eve Peak")
    expect_picture(page.locator(".palette__option").first)
    page.keyboard.press("Escape")
    assert len(requested) == 1, requested
    for path in ("/people/", f"/people/{eve.id}/", "/people/members/?q=peak"):
        window.goto(path)
        expect_picture(page.locator("main .avatar").filter(has=page.locator("img")).first)


def test_a_picture_that_does_not_come_leaves_the_initials(ada: Person, eve: Person, watch: Watch) -> None:
    watch.allow(r"/picture/|ERR_FAILED")
    room = ada.make_room(eve)
    eve.send(room, "Hello")
    window = ada.window()
    window.page.route(ADDRESS, lambda route: route.abort())
    avatar = window.enter(room).said("Hello").locator(".avatar")
    expect(avatar).to_have_text("EP")
    expect(picture_in(avatar)).to_have_count(0)


def test_what_is_no_picture_is_refused_in_its_line(newcomer: Newcomer) -> None:
    window = newcomer("Eve Refused").window().goto("/profile/").is_live()
    line = window.page.locator(".picture-setting")
    choose(window, SVG)
    expect(line.locator(".errorlist")).to_contain_text("This is no picture that can be shown.")
    choose(window, bytes(5_000_001))
    expect(line.locator(".errorlist")).to_have_text("Pictures can have at most 5 MB.")
    choose(window)
    expect_picture(line.locator(".avatar"))
    expect(line.locator(".errorlist")).to_have_count(0)


def test_an_owner_chooses_and_removes_the_logo(ada: Person) -> None:
    window = ada.window().goto("/workspace/").is_live()
    mark = window.page.locator(".brand__mark").first
    choose(window, label="Logo")
    try:
        expect(mark).to_have_attribute("src", re.compile(r"/workspace/logo/[0-9a-f]{32}/$"))
        assert mark.evaluate("image => image.decode().then(() => image.naturalWidth)") == 256
    finally:
        window.page.get_by_role("button", name="Remove", exact=True).click()
    expect(mark).to_have_attribute("src", re.compile(r"mark.*\.svg$"))


def test_the_settings_look_well_with_a_picture(eve: Person) -> None:
    window = eve.window().goto("/profile/").is_live()
    expect_picture(window.page.locator(".picture-setting .avatar"))
    assert look.faults(window.page, "profile-with-picture") == []
    assert axe.find_violations(window.page) == []


def test_without_scripts_a_form_does_it(ada: Person, eve: Person) -> None:
    answer = eve.ask(
        "/profile/picture/",
        multipart={"picture": FilePayload(name="me.png", mimeType="image/png", buffer=make_picture(90, 90))},
    )
    assert (answer.status, answer.headers["location"]) == (302, "/profile/")
    assert "Your picture is being prepared." in eve.get("/profile/").text()
