"""Coming in: the first visit, invitations, signing in and out."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.browser.chinese import chinese
from tests.browser.conftest import Newcomer
from tests.browser.people import HOUSE, Cast, Person, invite, sign_in
from tests.browser.watch import Watch
from tests.browser.window import until_saved


@pytest.mark.smoke
def test_the_first_visit_makes_the_owner_and_nobody_else(ada: Person, cast: Cast) -> None:
    assert ada.me["role"] == "owner"
    page = cast.visitor().goto("/welcome/").page
    expect(page).to_have_url(re.compile("/accounts/login/"))
    expect(page.get_by_role("link", name=HOUSE)).to_be_visible()


@pytest.mark.smoke
def test_an_invitation_made_on_its_page_has_a_link_and_a_qr_code(ada: Person) -> None:
    page = ada.window().goto("/people/invitations/").page
    page.get_by_label("Maximum number of uses").fill("2")
    page.get_by_role("button", name="Create link").click()
    made = page.locator(".invitation").first
    expect(made.get_by_text("Used 0 of 2 times")).to_be_visible()
    expect(made.get_by_label("Link")).to_have_value(re.compile(r"/join/#.+"))
    picture = made.get_by_role("img")
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") > 100
    assert ada.get(picture.get_attribute("src") or "").headers["content-type"].startswith("image/svg+xml")


def test_someone_signs_up_through_the_link_in_chinese(ada: Person, cast: Cast) -> None:
    page = cast.visitor(locale="zh-CN").goto(cast.link).page
    expect(page).to_have_url(re.compile("/accounts/signup/$"))
    assert "#" not in page.url
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    page.locator("[name=name]").fill("李娜")
    page.locator("[name=email]").fill(f"{uuid4().hex}@example.com")
    page.locator("[name=password1]").fill("a long enough secret")
    page.get_by_role("button", name=chinese("Create account")).click()
    expect(page.locator("#connection")).to_have_attribute("data-state", "live")
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(page.get_by_role("heading", name=chinese("Rooms"), exact=True)).to_be_visible()


def test_a_revoked_link_is_kindly_refused(ada: Person, cast: Cast, watch: Watch) -> None:
    watch.allow(r"\b410\b")
    link = invite(ada)
    page = ada.window().goto("/people/invitations/").page
    page.locator(".invitation").first.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("Link revoked.")).to_be_visible()
    stranger = cast.visitor().goto(link).page
    expect(stranger.get_by_role("heading", name="This invitation is no longer valid")).to_be_visible()
    expect(stranger.get_by_text("Ask the person who sent it for a new one.")).to_be_visible()


def test_a_link_used_as_often_as_it_may_be_is_kindly_refused(ada: Person, cast: Cast, watch: Watch) -> None:
    watch.allow(r"\b410\b")
    link = invite(ada, max_uses="1")
    cast.newcomer("Once", link=link)
    page = cast.visitor().goto(link).page
    expect(page.get_by_role("heading", name="This invitation is no longer valid")).to_be_visible()


@pytest.mark.smoke
def test_a_wrong_password_is_one_sentence_and_the_right_one_opens(newcomer: Newcomer, cast: Cast) -> None:
    eve = newcomer("Eve")
    window = cast.visitor().goto("/")
    sign_in(window, eve, "not the password")
    expect(window.page.locator(".errorlist")).to_have_count(1)
    expect(window.page.locator(".errorlist")).to_contain_text("Check both and try again")
    expect(window.page.get_by_label("Email")).to_have_value(eve.email)
    sign_in(window, eve)
    window.is_live()


def test_signing_out_leads_to_sign_in_and_closes_the_door(newcomer: Newcomer, watch: Watch) -> None:
    watch.allow(r"\b409\b")  # a request of the page that signs out may come after the end of its session
    eve = newcomer("Eve")
    window = eve.window().goto("/").is_live()
    window.page.get_by_role("button", name="Eve", exact=True).click()
    window.page.get_by_role("button", name="Sign out").click()
    expect(window.page).to_have_url(re.compile("/accounts/login/"))
    window.goto("/people/")
    expect(window.page).to_have_url(re.compile("/accounts/login/"))


def test_a_new_name_is_seen_in_the_other_window_without_a_reload(ada: Person, newcomer: Newcomer) -> None:
    eve = newcomer("Eve")
    room = ada.make_room(eve)
    theirs = ada.enter(room)
    eve.send(room, "who am I?")
    expect(theirs.messages.last.locator(".message__author")).to_have_text("Eve")
    page = eve.window().goto("/profile/").page
    with until_saved(page):
        page.get_by_label("Your name").fill("Evelyn Peak")
        page.get_by_label("Handle").focus()
    expect(page.get_by_role("button", name="Evelyn Peak", exact=True)).to_be_visible()
    expect(theirs.messages.last.locator(".message__author")).to_have_text("Evelyn Peak")
    expect(theirs.page.get_by_role("complementary")).to_contain_text("Evelyn Peak")
