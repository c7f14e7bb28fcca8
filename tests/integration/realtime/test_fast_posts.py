"""How fast may be posted: the same answers from each counter."""

import re
from html import unescape
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from chat.models import Message, Room
from realtime import rate_limits
from tests.support.cast import as_
from tests.support.posts import EACH, FORM, MANY, PLACE, is_free, refused, slow_site
from tests.support.redis import free_port

__all__ = ["slow_site"]


@pytest.fixture(params=["this process", "Redis", "a Redis that is away"])
def counted(request: pytest.FixtureRequest, settings: Settings, slow_site: None) -> None:
    """Who counts."""
    if request.param == "this process":
        settings.REDIS = None
    else:
        request.getfixturevalue("real_redis")
    if request.param == "a Redis that is away":
        settings.REDIS = {**settings.REDIS, "port": free_port()}


def test_too_many_forms_get_a_page_that_says_how_long_to_wait(counted: None, ben: User) -> None:
    answer = refused(as_(ben))
    assert EACH - 40 < int(answer["Retry-After"]) <= EACH
    assert re.search(r"Rate limit reached\. Try again in 1[56] min( \d{1,2} s)?\.", answer.content.decode())
    assert answer["Content-Security-Policy"]


def test_the_page_speaks_chinese_too(counted: None, ben: User) -> None:
    answer = refused(as_(ben), headers={"accept-language": "zh-CN"})
    assert re.search(r"已达到频率限制，请在 1[56] 分钟( \d{1,2} 秒)?后重试。", answer.content.decode())


def test_what_reads_is_free(counted: None, ben: User, room: Room) -> None:
    client = as_(ben)
    for _time in range(2 * MANY):
        assert client.get(f"/rooms/{room.pk}/history/").status_code == 200
    refused(client)
    assert client.get("/profile/").status_code == 200
    assert client.head("/profile/").status_code == 200
    assert client.get("/healthz").status_code == 200


def test_a_person_is_limited_everywhere_and_nobody_else_is(counted: None, ada: User, ben: User) -> None:
    refused(as_(ben))
    assert not is_free(as_(ben), REMOTE_ADDR="192.0.2.9")
    assert is_free(as_(ada))
    assert is_free(Client())


def test_strangers_are_limited_by_their_address(counted: None, ben: User) -> None:
    refused(Client(), REMOTE_ADDR="2001:db8:1:2::3")
    assert not is_free(Client(), REMOTE_ADDR="2001:db8:1:2:ffff::9")
    assert is_free(Client(), REMOTE_ADDR="2001:db8:1:3::3")
    assert is_free(as_(ben), REMOTE_ADDR="2001:db8:1:2::3")


def test_a_message_by_http_gets_its_refusal_as_json(counted: None, ben: User, room: Room) -> None:
    client, path = as_(ben), f"/rooms/{room.pk}/messages/"
    refused(client)
    before = Message.objects.count()
    answer = client.post(path, {"client_id": str(uuid4()), "body": "Hello"}, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (429, "application/json")
    error = answer.json()["error"]
    assert (error["code"], error["retry"]) == ("too_fast", True)
    assert re.fullmatch(r"Rate limit reached\. Try again in 1[56] min( \d{1,2} s)?\.", error["text"])
    assert EACH - 40 < error["wait"] <= EACH
    assert Message.objects.count() == before


def test_a_long_message_by_http_costs_as_much_as_several_short_ones(counted: None, ben: User, room: Room) -> None:
    client, path = as_(ben), f"/rooms/{room.pk}/messages/"
    for _message in range(MANY // 4):  # of 10,100 bytes each: between three tokens and four
        body = {"client_id": str(uuid4()), "body": "x" * 10_000}
        assert client.post(path, body, content_type="application/json").status_code == 200
    more = [client.post(PLACE, FORM).status_code for _post in range(MANY // 4)]
    assert more == [302, 302, 302, 429, 429]


def test_what_another_site_forges_costs_nothing(counted: None, ben: User) -> None:
    client = as_(ben, enforce_csrf_checks=True)
    assert {client.post(PLACE, FORM).status_code for _time in range(2 * MANY)} == {403}
    assert is_free(as_(ben))


# What was filled in


def button(page: str) -> dict[str, str]:
    """The fields that the page's button sends."""
    form = re.search(r'<form id="again".*?</form>', page, re.DOTALL)
    assert form, "no button sends it again"
    return {
        unescape(name): unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form[0])
    }


def test_a_refused_form_is_sent_again_by_a_button(
    slow_site: None, settings: Settings, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS = None
    now = [1_000.0]
    monkeypatch.setattr(rate_limits, "monotonic", lambda: now[0])
    client = as_(ben)
    refused(client)
    typed = {"name": 'Ben "the <b>big</b>"\n& quiet', "handle": "quiet", "colour": "3"}
    page = client.post("/profile/?from=here", typed)
    assert page.status_code == 429
    assert 'action="/profile/?from=here"' in page.content.decode()
    assert PLACE not in page.content.decode().partition('id="view"')[2], "another language would leave the form behind"
    kept = button(page.content.decode())
    assert {name: kept[name] for name in typed} == typed
    now[0] += EACH
    assert client.post("/profile/", kept).status_code == 302
    ben.refresh_from_db()
    assert ben.handle == "quiet"


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/accounts/login/", {"login": "ada@example.com", "password": "a secret thing"}),
        ("/join/", {"code": "a secret thing"}),
        ("/accounts/signup/", {"name": "Eve", "email": "eve@example.com", "password1": "a secret thing"}),
    ],
)
def test_no_page_holds_a_secret_that_was_typed(
    slow_site: None, settings: Settings, ada: User, path: str, form: dict[str, str]
) -> None:
    settings.REDIS = None
    refused(Client())
    page = Client().post(path, form)
    assert page.status_code == 429
    assert b"a secret thing" not in page.content
    assert f'href="{path}"' in page.content.decode()
