"""Rooms: making them, being let in and put out, moving between them."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Newcomer
from tests.browser.people import Person
from tests.browser.site import Site
from tests.browser.window import Room, Window


def is_nowhere(window: Window, path: str, site: Site) -> None:
    """The page does not exist for them, and says so kindly where no developer is served."""
    window.watch.allow(r"\b404\b")
    if site.debug:
        window.watch.allow("inline style")
    window.goto(path)
    if not site.debug:
        expect(window.page.get_by_role("heading", name="Page not found")).to_be_visible()
    expect(window.box).to_have_count(0)


@pytest.mark.smoke
def test_a_private_room_does_not_exist_for_a_stranger(ada: Person, cleo: Person, site: Site) -> None:
    page = ada.window().goto("/rooms/new/").page
    page.get_by_label("Name").fill("the vault")
    page.get_by_label("Private").check()
    page.get_by_role("button", name="Create room").click()
    expect(page.get_by_role("heading", name="the vault")).to_be_visible()
    path = re.sub(r".*(/rooms/\d+/).*", r"\1", page.url)
    stranger = cleo.window()
    is_nowhere(stranger, path, site)
    for part in ("", "settings/", "?at=1", "history/"):
        assert cleo.get(path + part).status == 404, part
    for deed in ("join", "leave", "archive", "members"):
        assert cleo.post(f"{path}{deed}/", archived="yes", add=str(cleo.id)).status == 404, deed
    assert cleo.try_to_send(Room(int(path.split("/")[2]), ""), "let me in").status == 404
    stranger.goto("/rooms/")
    expect(stranger.page.get_by_text("the vault")).to_have_count(0)


def test_someone_added_sees_the_room_appear_without_a_reload(ada: Person, newcomer: Newcomer) -> None:
    eve = newcomer("Eve")
    room = ada.make_room(kind="private")
    theirs = eve.window().goto("/").is_live()
    expect(theirs.line(room)).to_have_count(0)
    page = ada.window().goto(f"{room.path}settings/").page
    page.get_by_label("Name or handle").fill(eve.me["handle"])
    page.get_by_role("button", name="Find").click()
    found = page.get_by_role("listitem").filter(has=page.get_by_text(f"@{eve.me['handle']}", exact=True))
    found.get_by_role("button", name="Add Eve", exact=True).click()
    theirs.line(room).click()
    expect(theirs.page.get_by_role("heading", name=room.name)).to_be_visible()
    expect(theirs.box).to_be_visible()


def test_nobody_who_is_alone_in_a_room_sees_a_list_of_people(ada: Person, newcomer: Newcomer) -> None:
    eve = newcomer("Eve")
    alone, together = eve.make_room(), eve.make_room(ada)
    theirs = eve.enter(alone)
    button, people = theirs.page.locator("[data-toggles=people]"), theirs.page.locator("aside.people")
    for room, shown in ((alone, False), (together, True), (alone, False)):
        theirs.line(room).click()
        expect(theirs.page.get_by_role("heading", level=1, name=room.name)).to_be_visible()
        expect(button).to_have_attribute("aria-expanded", str(shown).lower())
        expect(people).to_be_visible() if shown else expect(people).to_be_hidden()
    button.click()
    expect(people).to_contain_text("Eve")


def test_someone_removed_is_told_kindly_and_the_room_is_gone(ada: Person, newcomer: Newcomer, site: Site) -> None:
    eve = newcomer("Eve")
    room = ada.make_room(eve, kind="private")
    theirs = eve.enter(room)
    ada.send(room, "for members only")
    expect(theirs.said("for members only")).to_be_visible()
    page = ada.window().goto(f"{room.path}settings/").page
    page.get_by_text("Remove", exact=True).click()
    page.get_by_role("button", name="Yes, remove Eve").click()
    expect(theirs.toast).to_have_text("You no longer have access to that room. Another room is shown.")
    expect(theirs.line(room)).to_have_count(0)
    expect(theirs.page.get_by_role("heading", name="general", level=1)).to_be_visible()
    expect(theirs.page.get_by_text("for members only")).to_have_count(0)
    is_nowhere(theirs, room.path, site)


def test_a_new_name_and_purpose_are_seen_at_once(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    theirs = ben.enter(room)
    page = ada.window().goto(f"{room.path}settings/").page
    page.get_by_label("Name", exact=True).fill("night shift")
    page.get_by_label("Purpose").fill("Who is awake")
    page.get_by_role("button", name="Save").click()
    expect(theirs.page.get_by_role("heading", name="night shift", level=1)).to_be_visible()
    expect(theirs.page.get_by_text("Who is awake")).to_be_visible()
    expect(theirs.line(room)).to_contain_text("night shift")
    expect(theirs.page).to_have_title(re.compile("night shift"))


def test_an_archived_room_can_be_read_and_not_written_in(ada: Person, ben: Person) -> None:
    room = ada.make_room(ben)
    theirs = ben.enter(room)
    ada.send(room, "the last word")
    page = ada.window().goto(f"{room.path}settings/").page
    page.get_by_text("Archive this room").click()
    page.get_by_role("button", name="Archive", exact=True).click()
    expect(theirs.page.get_by_text("This room is archived and read-only.")).to_be_visible()
    expect(theirs.box).to_be_hidden()
    expect(theirs.said("the last word")).to_be_visible()
    page.get_by_role("button", name="Unarchive this room").click()
    expect(theirs.box).to_be_visible()


def test_a_direct_conversation_begins_with_a_click_and_belongs_to_two(
    ada: Person, newcomer: Newcomer, cleo: Person
) -> None:
    eve = newcomer("Eve")
    room = ada.make_room(eve)
    mine, theirs = ada.enter(room), eve.enter(room)
    mine.show_people()
    mine.page.get_by_role("complementary").get_by_role("button", name=re.compile(f"@{eve.me['handle']}$")).click()
    expect(mine.page.get_by_role("heading", name="Eve", level=1)).to_be_visible()
    mine.say("between us")
    direct = theirs.page.locator("#rooms [data-group=people] a")
    expect(direct).to_contain_text("Ada Lovelace")
    expect(direct.locator(".line__badge")).to_have_text("1")
    direct.click()
    expect(theirs.said("between us")).to_be_visible()
    assert cleo.get(re.sub(r"^https?://[^/]+", "", mine.page.url)).status == 404


def test_leaving_takes_the_room_away_and_joining_brings_it_back(ada: Person, newcomer: Newcomer) -> None:
    eve = newcomer("Eve")
    room = ada.make_room(eve)
    theirs, page = eve.window().goto("/").is_live(), eve.window().goto(f"{room.path}settings/").page
    expect(theirs.line(room)).to_be_visible()
    page.get_by_text("Leave this room").click()
    page.get_by_role("button", name="Leave", exact=True).click()
    expect(page.get_by_text(f"You left {room.name}.")).to_be_visible()
    expect(theirs.line(room)).to_have_count(0)
    page.get_by_role("button", name=f"Join {room.name}", exact=True).click()
    expect(page.get_by_role("heading", name=room.name, level=1)).to_be_visible()
    expect(theirs.line(room)).to_be_visible()


def test_moving_between_rooms_keeps_the_page_and_the_back_button_works(ada: Person) -> None:
    one, two = ada.make_room(), ada.make_room()
    ada.send(one, "said in one")
    ada.send(two, "said in two")
    mine = ada.enter(one)
    mine.evaluate("window.kept = true")
    mine.line(two).click()
    expect(mine.bodies).to_have_text(["said in two"])
    expect(mine.page).to_have_url(re.compile(f"{two.path}$"))
    expect(mine.line(two)).to_have_attribute("aria-current", "page")
    mine.page.go_back()
    expect(mine.bodies).to_have_text(["said in one"])
    expect(mine.line(one)).to_have_attribute("aria-current", "page")
    mine.page.go_forward()
    expect(mine.bodies).to_have_text(["said in two"])
    assert mine.evaluate("window.kept") is True
    mine.say("still talking")
    mine.line(one).click()
    expect(mine.bodies).to_have_text(["said in one"])


def test_someone_who_joins_is_seen_among_the_people(ada: Person, newcomer: Newcomer) -> None:
    room = ada.make_room()
    mine = ada.enter(room)
    eve = newcomer("Eve")
    ada.add(room, eve)
    mine.show_people()
    expect(mine.page.get_by_role("complementary")).to_contain_text("Eve")
