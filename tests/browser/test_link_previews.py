"""Previews of links as users see them: pages of the web, and messages of this site."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.browser import look
from tests.browser.axe import list_violations
from tests.browser.chinese import chinese
from tests.browser.people import Cast, Person
from tests.browser.site import Site
from tests.browser.uploads import make_picture
from tests.browser.window import Window, until_saved
from tests.support import machines
from tests.support.links import Web

TITLE, WORDS = "Fail over db-1 <now>", "Stop the writers, promote the replica, point the pool at it."


@pytest.fixture
def web() -> Iterator[Web]:
    pages = Web()
    pages.pages["/picture.png"] = (200, {"Content-Type": "image/png"}, make_picture(600, 400))
    with machines.web(pages) as address:
        pages.address = address
        pages.add(
            "/fail-over",
            f"""<title>{TITLE.replace("<", "&lt;")}</title><meta name="description" content="{WORDS}">
            <meta property="og:site_name" content="Harbour wiki"><meta property="og:image" content="/picture.png">""",
        )
        yield pages


@pytest.fixture(autouse=True)
def switched_on(ada: Person, site: Site) -> None:
    """And left on: tests side by side share the site."""
    if (site.environment or {}).get("MYWEB_PREVIEW_PRIVATE") != "yes":
        pytest.skip("needs a site with MYWEB_PREVIEW_PRIVATE=yes, which fetches pages of this machine")
    assert ada.post("/settings/link-previews/", enabled="yes").status == 302


def previews_of(message: Locator) -> Locator:
    return message.locator(".preview")


def is_loaded(image: Locator) -> bool:
    return bool(image.evaluate("image => image.complete && image.naturalWidth > 0"))


@pytest.mark.development
def test_a_link_shows_what_it_leads_to(ada: Person, ben: Person, web: Web, site: Site) -> None:
    room = ada.make_room(ben)
    mine, theirs = ada.enter(room), ben.enter(room)
    mine.say(f"{web.address}/fail-over")
    for window in (mine, theirs):
        preview = previews_of(window.messages)
        expect(preview).to_have_count(1)
        expect(preview.locator(".preview__site")).to_have_text("Harbour wiki")
        expect(preview.locator(".preview__text")).to_have_text(WORDS)
        link = preview.get_by_role("link", name=TITLE, exact=True)
        expect(link).to_have_attribute("href", f"{web.address}/fail-over")
        expect(link).to_have_attribute("rel", "noopener noreferrer")
        image = preview.locator("img")
        expect(image).to_have_js_property("complete", True)
        assert is_loaded(image)
        assert str(image.evaluate("image => image.src")).startswith(f"{site.url}/link-previews/")
    assert web.asked == ["/fail-over", "/picture.png"]
    theirs.page.reload()
    expect(previews_of(theirs.messages)).to_have_count(1)


def test_who_reads_further_up_is_not_moved_by_a_preview(ada: Person, web: Web) -> None:
    room = ada.make_room()
    mine = ada.enter(room)
    for number in range(25):
        ada.send(room, f"line {number}\n\nmore")
    ada.send(room, f"{web.address}/fail-over")
    expect(mine.messages.filter(has_text="line 24")).to_be_visible()
    mine.page.mouse.move(700, 400)
    mine.page.mouse.wheel(0, -600)
    expect(mine.page.locator(".latest")).to_be_visible()
    place = mine.messages.filter(has_text="line 15").bounding_box()
    expect(previews_of(mine.messages)).to_have_count(1)
    assert mine.messages.filter(has_text="line 15").bounding_box() == place


@pytest.mark.development
def test_the_author_removes_a_preview_for_everyone(ada: Person, ben: Person, cast: Cast, web: Web) -> None:
    cleo = cast.newcomer("Cleo")
    room = ada.make_room(ben, cleo)
    mine, theirs, member = ada.enter(room), ben.enter(room), cleo.enter(room)
    theirs.say(f"{web.address}/one and {web.address}/two")
    for window in (mine, theirs, member):
        expect(previews_of(window.messages)).to_have_count(2)
    expect(member.messages.get_by_role("button", name="Remove this preview")).to_have_count(0)
    theirs.messages.hover()
    theirs.messages.get_by_role("button", name="Remove this preview").first.click()
    for window in (mine, theirs, member):
        expect(previews_of(window.messages)).to_have_count(1)
        expect(window.messages.get_by_role("link", name="Page /two")).to_be_visible()
    mine.messages.get_by_role("link", name="Page /two").focus()  # an admin
    mine.page.keyboard.press("Delete")
    for window in (mine, theirs, member):
        expect(previews_of(window.messages)).to_have_count(0)
    expect(mine.messages).to_be_focused()
    theirs.page.reload()
    expect(theirs.messages).to_have_count(1)
    expect(previews_of(theirs.messages)).to_have_count(0)


def test_an_edit_drops_the_preview_of_a_link_that_left(ada: Person, web: Web) -> None:
    mine = ada.enter(ada.make_room())
    mine.say(f"{web.address}/one")
    expect(previews_of(mine.messages)).to_have_count(1)
    mine.box.press("ArrowUp")
    expect(mine.box).to_have_value(f"{web.address}/one")
    mine.box.fill("No link")
    mine.box.press("Enter")
    expect(mine.said("No link")).to_be_visible()
    expect(previews_of(mine.messages)).to_have_count(0)


@pytest.mark.development
def test_a_link_to_a_message_shows_it_to_those_who_may_read_it(
    ada: Person, ben: Person, cast: Cast, site: Site
) -> None:
    cleo = cast.newcomer("Cleo")
    secret, hall = ada.make_room(ben, kind="private", name="war room"), ada.make_room(ben, cleo, name="hall")
    seq = ada.send(secret, "The **pool** is full")
    mine, member, stranger = ada.enter(hall), ben.enter(hall), cleo.enter(hall)
    url = f"{site.url}{secret.path}?at={seq}"
    mine.say(url)
    for window in (mine, member):
        preview = previews_of(window.messages)
        expect(preview.locator(".preview__text")).to_have_text("The pool is full")
        expect(preview.locator(".preview__site")).to_have_text(re.compile("war room · "))
        expect(preview.get_by_role("link", name="Ada Lovelace")).to_be_visible()
        expect(preview.get_by_role("button")).to_have_count(0)
    with stranger.page.expect_response(re.compile("/link-previews/messages/")) as answer:
        stranger.page.reload()
    assert answer.value.json() == []
    expect(stranger.said(url)).to_be_visible()
    expect(previews_of(stranger.messages)).to_have_count(0)
    assert "pool" not in stranger.page.content()
    ada.remove(secret, ben)
    member.page.reload()
    expect(member.said(url)).to_be_visible()
    expect(previews_of(member.messages)).to_have_count(0)
    previews_of(mine.messages).get_by_role("link").click()
    expect(mine.page).to_have_url(re.compile(rf"{secret.path}\?at={seq}$"))
    expect(mine.said("The pool is full")).to_be_visible()


def test_a_room_can_be_left_out_in_its_settings(ada: Person, web: Web) -> None:
    room = ada.make_room()
    window = ada.window().goto(f"{room.path}settings/")
    window.page.get_by_role("button", name="Turn off link previews here").click()
    expect(window.page.get_by_role("button", name="Turn on link previews here")).to_be_visible()
    ada.send(room, f"{web.address}/one")
    other = ada.make_room()  # the worker looks at it after the first one
    ada.send(other, f"{web.address}/two")
    expect(previews_of(ada.enter(other).messages)).to_have_count(1)
    assert web.asked == ["/two"]
    window.page.get_by_role("button", name="Turn on link previews here").click()
    expect(window.page.get_by_role("button", name="Turn off link previews here")).to_be_visible()
    ada.send(room, f"{web.address}/three")
    mine = ada.enter(room)
    expect(previews_of(mine.messages)).to_have_count(1)
    expect(previews_of(mine.messages.filter(has_text="/three"))).to_have_count(1)


def test_admins_find_the_setting(ada: Person) -> None:
    window = ada.window().goto("/settings/")
    window.page.get_by_role("link", name="Link previews").click()
    expect(window.page.get_by_role("heading", name="Link previews")).to_be_visible()
    choice = window.page.get_by_label("Previews of links")
    expect(choice).to_have_value("yes")
    with until_saved(window.page):
        choice.select_option("no")
    with until_saved(window.page):
        choice.select_option("yes")
    assert look.faults(window.page, "link-previews-settings-en") == []


def show_previews(window: Window, web: Web, place: str) -> None:
    window.say(f"{web.address}/fail-over")
    window.say(f"{web.address}/picture.png\n\n{place}")
    expect(previews_of(window.messages)).to_have_count(3)
    expect(window.messages.locator(".preview img")).to_have_count(2)
    window.page.mouse.move(0, 0)


def test_previews_fit_and_can_be_read(ada: Person, web: Web, site: Site) -> None:
    room = ada.make_room()
    seq = ada.send(room, "Please look at the long explanation of what happened at night, " * 6)
    mine = ada.enter(room)
    show_previews(mine, web, f"{site.url}{room.path}?at={seq}")
    assert look.faults(mine.page, "room-previews-en") == []
    assert list_violations(mine) == []


def test_previews_fit_in_chinese_and_right_to_left(cast: Cast, ada: Person, web: Web) -> None:
    reader = cast.again(ada, locale="zh-CN")
    web.add("/zh", "<title>数据库主从切换手册</title><meta name=description content='停止写入，提升从库。'>")
    web.add("/ar", "<title>دليل الطوارئ</title><meta name=description content='أوقف الكتابة ثم بدّل الخادم.'>")
    mine = reader.enter(ada.make_room())
    mine.say(f"{web.address}/zh {web.address}/ar")
    expect(previews_of(mine.messages)).to_have_count(2)
    remove = mine.messages.get_by_role("button", name=chinese("Remove this preview"))
    expect(remove).to_have_count(2)
    assert look.faults(mine.page, "room-previews-zh") == []
