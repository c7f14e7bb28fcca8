"""The frame around every page is rendered once for many users. Each still gets their own values in it."""

import re

import pytest
from django.test import Client

from accounts.models import Role, User, Workspace
from chat.models import Room
from monitor.status.models import StatusPage
from tests.support.cast import as_

pytestmark = pytest.mark.django_db
PAGES = ("room", "/rooms/", "/search/", "/people/", "/alerts/", "/no-such-page/")


def address(page: str, room: Room) -> str:
    return f"/rooms/{room.pk}/" if page == "room" else page


def read(browser: Client, path: str, **headers: str) -> str:
    return browser.get(path, headers=headers).content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_each_reader_finds_their_own_values_and_nobody_elses(page: str, room: Room, ada: User, ben: User) -> None:
    ada.name, ben.name = "Ada <Lovelace>", "Ben & Sons"
    for user in (ada, ben):
        user.save()
    browsers = {user: as_(user) for user in (ada, ben)}
    for _turn in range(2):
        for user, browser in browsers.items():
            text = read(browser, address(page, room))
            names = set(re.findall(r'data-own="name">(.*?)<', text))
            assert names == {{ada: "Ada &lt;Lovelace&gt;", ben: "Ben &amp; Sons"}[user]}
            assert set(re.findall(r'name="page_user" value="(.*?)"', text)) == {str(user.pk)}
            assert f'name="next" value="{address(page, room)}"' in text


@pytest.mark.parametrize("page", PAGES)
def test_a_form_of_the_frame_is_accepted_from_its_own_reader_only(page: str, room: Room, ada: User, ben: User) -> None:
    browsers = [Client(enforce_csrf_checks=True) for _user in (ada, ben)]
    tokens = []
    for browser, user in zip(browsers, (ada, ben), strict=True):
        browser.force_login(user)
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', read(browser, address(page, room)))
        assert found
        tokens.append(found[1])
    assert tokens[0] != tokens[1]
    for browser, token, status in zip(browsers, tokens, (302, 302), strict=True):
        assert browser.post("/theme/", {"theme": "dark", "csrfmiddlewaretoken": token}).status_code == status
    assert browsers[0].post("/theme/", {"theme": "dark", "csrfmiddlewaretoken": tokens[1]}).status_code == 403


@pytest.mark.parametrize("page", PAGES)
def test_language_and_theme_are_those_of_the_browser(page: str, room: Room, ben: User) -> None:
    browser = as_(ben)
    for language, theme, word in (("en", "dark", "Watching"), ("zh-cn", "light", "监控"), ("en", "system", "Watching")):
        browser.cookies["theme"] = theme
        text = read(browser, address(page, room), **{"accept-language": language})
        assert re.findall(r'name="theme" value="(\w+)" aria-pressed="true"', text) == [theme]
        assert re.findall(r'id="watching-title">(.*?)<', text) == [word]


@pytest.mark.parametrize("page", PAGES)
def test_a_role_that_changed_shows_at_once(page: str, room: Room, ben: User) -> None:
    browser = as_(ben)
    for role, leads in ((Role.MEMBER, False), (Role.ADMIN, True), (Role.MEMBER, False)):
        User.objects.filter(pk=ben.pk).update(role=role)
        assert ('href="/status/edit/"' in read(browser, address(page, room))) is leads


@pytest.mark.parametrize("page", PAGES)
def test_the_way_to_the_status_page_follows_its_publication(page: str, room: Room, ben: User) -> None:
    browser = as_(ben)
    for published in (False, True, False):
        StatusPage(pk=1, published=published).save()
        assert ('href="/status/"' in read(browser, address(page, room))) is published


def test_another_name_of_the_workspace_shows_at_once(room: Room, ben: User) -> None:
    browser = as_(ben)
    for name in ("Harbour", "Night & Day"):
        workspace = Workspace.current()
        workspace.name = name
        workspace.save()
        for page in PAGES:
            assert f'brand__name">{name.replace("&", "&amp;")}<' in read(browser, address(page, room))


def test_the_place_of_a_page_is_marked(room: Room, ben: User) -> None:
    browser = as_(ben)
    for page, place in (("/people/", "people"), ("/alerts/", "alerts"), ("/rooms/", "rooms"), ("/people/", "people")):
        marked = re.findall(r'data-place="(\w+)"[^>]* aria-current="page"', read(browser, page))
        assert set(marked) == {place}
