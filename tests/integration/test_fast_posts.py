"""How fast may be posted: the same answers whoever counts, and one count for all processes while there is a Redis."""

import logging
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from chat.models import Message, Room
from realtime import limits, publish
from realtime.limits import AWAY, SharedBuckets
from tests.redis import client as redis_client
from tests.redis import free_port, server
from tests.rooms import make_room

MANY = 20  # at once; the next one comes after EACH seconds, so that nothing here depends on how fast a machine is
EACH = 1_000
FORM = {"next": "/"}  # nothing is changed by it
PLACE = "/i18n/setlang/"


@pytest.fixture
def slow_site(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.POSTS_PER_SECOND = 1 / EACH
    monkeypatch.setattr(limits, "BURST", MANY * EACH)


@pytest.fixture(params=["this process", "Redis", "a Redis that is away"])
def counted(request: pytest.FixtureRequest, settings: Settings, slow_site: None) -> None:
    """Who counts."""
    if request.param == "this process":
        settings.REDIS = None
    else:
        request.getfixturevalue("real_redis")
    if request.param == "a Redis that is away":
        settings.REDIS = {**settings.REDIS, "port": free_port()}


@pytest.fixture
def room(db: None, ada: User, ben: User) -> Room:
    return make_room(ada, ben)


def as_(person: User, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(person)
    return client


def is_free(client: Client, **extra: Any) -> bool:
    return client.post(PLACE, FORM, **extra).status_code == 302


def refused(client: Client, **extra: Any) -> Any:
    """The answer to the first post too many."""
    for _post in range(MANY):
        assert is_free(client, **extra)
    answer = client.post(PLACE, FORM, **extra)
    assert answer.status_code == 429
    return answer


def test_too_many_forms_get_a_page_that_says_how_long_to_wait(counted: None, ben: User) -> None:
    answer = refused(as_(ben))
    assert EACH - 40 < int(answer["Retry-After"]) <= EACH
    assert "Too many requests at once. Try again in 17 min." in answer.content.decode()
    assert answer["Content-Security-Policy"]


def test_the_page_speaks_chinese_too(counted: None, ben: User) -> None:
    answer = refused(as_(ben), headers={"accept-language": "zh-CN"})
    assert "请求太频繁，请在 17 分钟后重试。" in answer.content.decode()


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
    assert error["text"] == "Too many requests at once. Try again in 17 min."
    assert EACH - 40 < error["wait"] <= EACH
    assert Message.objects.count() == before


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
    monkeypatch.setattr(limits, "monotonic", lambda: now[0])
    client = as_(ben)
    refused(client)
    typed = {"name": 'Ben "the <b>big</b>"\n& quiet', "handle": "quiet", "colour": "3"}
    page = client.post("/profile/?from=here", typed)
    assert page.status_code == 429
    assert 'action="/profile/?from=here"' in page.content.decode()
    assert PLACE not in page.content.decode(), "another language would leave the form behind"
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


# Redis


@pytest.fixture
def own_redis(real_redis: None, settings: Settings, slow_site: None) -> Iterator[Any]:
    """A Redis that nobody else talks to; gives its process."""
    settings.REDIS = {"host": "127.0.0.1", "port": free_port()}
    with server(settings.REDIS["port"]) as process:
        yield process


@pytest.fixture
def another_process(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From here on as in another worker of uWSGI: nothing of what was known is known."""

    def another_process() -> None:
        limits.posts.cache_clear()
        monkeypatch.setattr(publish, "_client", None)

    return another_process


def calls(command: str) -> int:
    with redis_client() as redis:
        stats: Any = redis.info("commandstats")
        return int(stats.get(f"cmdstat_{command}", {"calls": 0})["calls"])


def test_all_processes_count_together(own_redis: Any, ben: User, another_process: Callable[[], None]) -> None:
    client = as_(ben)
    for _post in range(MANY):
        another_process()
        assert is_free(client)
    another_process()
    assert not is_free(client)


def test_each_process_without_redis_counts_for_itself(
    slow_site: None, settings: Settings, ben: User, another_process: Callable[[], None]
) -> None:
    settings.REDIS = None
    refused(as_(ben))
    another_process()
    assert is_free(as_(ben))


def test_a_post_asks_redis_once_and_reading_never(own_redis: Any, ben: User, room: Room) -> None:
    client = as_(ben)
    assert is_free(client)
    before = calls("evalsha")
    for _post in range(5):
        assert is_free(client)
    assert calls("evalsha") - before == 5
    assert calls("script|load") == 1
    seen = calls("evalsha")
    for path in ("/healthz", f"/rooms/{room.pk}/history/", "/profile/"):
        assert client.get(path).status_code == 200
    assert calls("evalsha") == seen


def test_redis_forgets_a_bucket_when_it_is_full(own_redis: Any, settings: Settings, ada: User, ben: User) -> None:
    def left(person: User) -> Any:
        with redis_client() as redis:
            return redis.pttl(f"{settings.REDIS_PREFIX}:posts:user.{person.pk}")

    assert is_free(as_(ben))
    assert 0 < left(ben) <= 1_000 * EACH
    refused(as_(ada))
    assert 1_000 * (MANY - 1) * EACH < left(ada) <= 1_000 * MANY * EACH


def test_two_who_ask_at_once_do_not_get_the_same_token(own_redis: Any) -> None:
    buckets = limits.posts()
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _number: buckets.take("ada"), range(200)))
    assert waits.count(0.0) == MANY


def test_who_waits_as_long_as_redis_says_is_let_in_and_not_before(
    own_redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "BURST", 1.0)
    buckets, wait = SharedBuckets("posts", 5), 0.0
    while not wait:
        asked = time.monotonic()
        wait = buckets.take("ada")
    while buckets.take("ada"):
        assert time.monotonic() < asked + 10
    assert time.monotonic() - asked > wait - 0.001
    assert 0 < wait <= 0.2


def test_a_redis_set_back_in_time_locks_nobody_out(own_redis: Any, settings: Settings) -> None:
    with redis_client() as redis:
        redis.set(f"{settings.REDIS_PREFIX}:posts:ada", str(time.time() + 1e9))
    assert limits.posts().take("ada") == pytest.approx(EACH)


def test_a_redis_that_dies_is_missed_by_nobody(own_redis: Any, ben: User, caplog: pytest.LogCaptureFixture) -> None:
    client = as_(ben)
    assert is_free(client)
    own_redis.kill()
    own_redis.wait()
    begun = time.monotonic()
    with caplog.at_level(logging.WARNING, "realtime.limits"):
        refused(client)
    assert time.monotonic() - begun < 5, "it held requests up"
    assert caplog.text.count("Redis does not count posts") == 1, "asked once, then left alone"


def test_a_redis_that_is_back_counts_again(
    real_redis: None, slow_site: None, settings: Settings, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without what it knew: neither the buckets nor the script."""
    settings.REDIS = {"host": "127.0.0.1", "port": free_port()}
    now = [1_000.0]
    monkeypatch.setattr(limits, "monotonic", lambda: now[0])
    client = as_(ben)
    with server(settings.REDIS["port"]):
        assert is_free(client)
    assert is_free(client)
    with server(settings.REDIS["port"]):
        assert is_free(client)
        assert calls("evalsha") == 0
        now[0] += AWAY
        assert is_free(client)
        assert calls("evalsha") > 0


def test_one_kept_connection_serves_bells_and_limits(own_redis: Any, ben: User) -> None:
    def connections(redis: Any) -> int:
        return int(redis.info("stats")["total_connections_received"])

    client = as_(ben)
    with redis_client() as redis:
        before = connections(redis)
        for _time in range(10):
            assert is_free(client)
            publish._publish_by_redis("room.7", {"topic": "room.7", "first": 0, "events": []})
        assert connections(redis) == before + 1
