"""Programs push values with a token: they reach the ring, count for a while, and the token stays a secret."""

import gzip
import json
import logging
import time
import zlib
from collections.abc import Iterator
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from accounts.models import User
from chat.models import Room
from monitor.metrics import collector as collectors
from monitor.metrics.collector import DECLARATION_INTERVAL, Collector
from monitor.metrics.ingest import api, services
from monitor.metrics.ingest import push as pushes
from monitor.metrics.ingest.latest import RedisLatestStore
from monitor.metrics.ingest.names import format_series_name
from monitor.metrics.models import Latest, Pushed, Source, Tick
from monitor.metrics.readings import get_value_at
from monitor.metrics.sources.declared import DeclaredReaders
from monitor.metrics.store.ring import get_ring
from myweb.errors import Refused
from realtime import publish
from tests.support.cast import as_

pytestmark = pytest.mark.django_db(transaction=True)
GZIP = {"headers": {"Content-Encoding": "gzip"}}


@pytest.fixture
def made(ada: User, room: Room) -> tuple[Pushed, str]:
    return services.make_pushed(ada, name="Nightly backup", room=room, every=60)


def push(token: str, body: Any, path: str = "", **more: Any) -> Any:
    options: dict[str, Any] = {"content_type": "application/x-www-form-urlencoded"} | more  # as curl -d says
    return Client(enforce_csrf_checks=True).post(f"/api/push/{token}{path}", body, **options)


def answered(response: Any) -> dict[str, Any]:
    assert response.status_code == 200, response.content
    return dict(json.loads(response.content))


def measured(collector: Collector, key: str, t: int) -> dict[str, Any]:
    """What the collector's next tick puts into the ring."""
    collector.tick(t)
    source = Source.objects.get(key=key)
    row = get_ring().since(source.pk, t - 1)[-1]
    return {series.name: get_value_at(row.values, series.position) for series in source.series.all()}


@pytest.fixture
def watching() -> Iterator[Collector]:
    watching = Collector([], declared=DeclaredReaders().load)
    yield watching
    together = Barrier(collectors.DECLARED_THREADS)
    for closed in [watching.declared_threads.submit(close, together) for _thread in range(collectors.DECLARED_THREADS)]:
        closed.result(20)
    watching.end()


def close(together: Barrier) -> None:
    """PostgreSQL drops no database that is still in use."""
    together.wait(20)
    connections.close_all()


@pytest.mark.usefixtures("place")
def test_a_number_that_is_pushed_is_in_the_ring_with_the_next_tick(
    made: tuple[Pushed, str], watching: Collector
) -> None:
    pushed, token = made
    assert answered(push(token, "42", "/backup.size")) == {"accepted": 1, "refused": 0}
    assert pushed.source.key == "push-nightly-backup"
    assert measured(watching, "push-nightly-backup", int(time.time())) == {"backup.size": 42}


@pytest.mark.usefixtures("place")
def test_a_total_becomes_its_growth_per_second(made: tuple[Pushed, str], watching: Collector) -> None:
    _pushed, token = made
    now = int(time.time())
    assert answered(push(token, f"jobs_total 100 {now - 20}\nload 0.5"))["accepted"] == 2
    watching.tick(now)
    push(token, f'# TYPE jobs counter\njobs_total 150 {now - 10}000\nload{{cpu="0"}} 2\n')
    assert measured(watching, "push-nightly-backup", now + 1) == {"jobs_total": 5, "load": 0.5, 'load{cpu="0"}': 2}


@pytest.mark.usefixtures("place")
def test_a_value_counts_no_longer_than_the_next_one_may_take(made: tuple[Pushed, str], watching: Collector) -> None:
    _pushed, token = made
    now = int(time.time())
    push(token, f"old 1 {now - 58}\nyoung 2")
    assert measured(watching, "push-nightly-backup", now) == {"old": 1, "young": 2}
    push(token, f"old 1 {now - 59}")
    watching.readers[0].source.max_age = 30  # type: ignore[attr-defined]
    assert measured(watching, "push-nightly-backup", now + 1) == {"old": None, "young": 2}
    watching.readers[0].source.max_age = -1  # type: ignore[attr-defined]
    watching.tick(now + 2)
    assert "No values were pushed" in watching.readers[0].error


@pytest.mark.usefixtures("place")
def test_what_is_too_old_or_of_the_future_is_refused_and_counted(made: tuple[Pushed, str]) -> None:
    pushed, token = made
    now = int(time.time())
    answer = answered(push(token, f"a 1 {now - 3600}\nb 1 {now + 3600}\nc 1"))
    assert (answer["accepted"], answer["refused"]) == (1, 2)
    assert "only the last 60 s are accepted" in answer["why"][0]
    pushed.refresh_from_db()
    assert pushed.refused == 2
    assert pushed.seen_at


@pytest.mark.usefixtures("place")
def test_beyond_its_series_a_source_gets_no_more(made: tuple[Pushed, str], watching: Collector) -> None:
    pushed, token = made
    many = {f"s{number}": number for number in range(520)}
    answer = answered(push(token, json.dumps(many), content_type="application/json"))
    assert (answer["accepted"], answer["refused"]) == (500, 20)
    assert "20 series exceed the limit of 500" in answer["why"][0]
    assert answered(push(token, "s0 5\ns519 6"))["refused"] == 1
    assert push(token, "s519 6").status_code == 400
    assert len(measured(watching, pushed.source.key, int(time.time()))) == 500


def test_series_that_were_measured_once_count_after_what_was_pushed_is_forgotten(
    made: tuple[Pushed, str], settings: Settings, watching: Collector
) -> None:
    pushed, token = made
    many = {f"s{number}": number for number in range(500)}
    assert answered(push(token, json.dumps(many)))["accepted"] == 500
    watching.tick(int(time.time()))
    if settings.REDIS:
        publish.get_shared_client().delete(RedisLatestStore.key(pushed.source_id))
    Latest.objects.all().delete()
    assert pushes.find_excess_series(pushed.source_id, ["s7", "new"]) == {"new"}


def test_the_token_may_come_in_a_header(made: tuple[Pushed, str]) -> None:
    _pushed, token = made
    bearer = {"Authorization": f"Bearer {token}"}
    assert answered(push("backup.size", "42", headers=bearer)) == {"accepted": 1, "refused": 0}
    assert answered(push("", "a 1\nb 2", headers=bearer)) == {"accepted": 2, "refused": 0}


@pytest.mark.parametrize(
    ("body", "more", "status", "words"),
    [
        ("x" * (api.MAX_BODY + 1), {}, 413, "256 KB"),
        (gzip.compress(b"a 1\n" * (api.MAX_BODY + 1), mtime=0), GZIP, 413, "1024 KB"),
        (gzip.compress(b"a 1", mtime=0)[:-1], GZIP, 400, "not valid gzip"),
        ("a 1", GZIP, 400, "not valid gzip"),
        (
            zlib.compress(b"a 1"),
            {"headers": {"Content-Encoding": "deflate"}},
            415,
            "The only supported Content-Encoding is gzip",
        ),
        ("a 1", {"headers": {"Content-Encoding": "gzip, br"}}, 415, "The only supported Content-Encoding is gzip"),
        ("a 1", {"headers": {"Content-Encoding": "x" * 1_000}}, 415, "The only supported Content-Encoding is gzip"),
    ],
)
def test_a_refusal_is_one_sentence(
    made: tuple[Pushed, str], body: Any, more: dict[str, Any], status: int, words: str
) -> None:
    response = push(made[1], body, "", **more)
    assert (response.status_code, response["Content-Type"]) == (status, "text/plain; charset=utf-8")
    assert words in response.content.decode()


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP", "identity, gzip"])
def test_a_push_may_be_compressed(made: tuple[Pushed, str], encoding: str) -> None:
    body = gzip.compress(b"a 1\n") + gzip.compress(b"b 2\n")  # as of two files
    response = push(made[1], body, "", headers={"Content-Encoding": encoding})
    assert answered(response) == {"accepted": 2, "refused": 0}


@pytest.mark.usefixtures("place")
def test_what_is_left_out_of_a_push_is_in_its_answer_and_on_the_page(ada: User, made: tuple[Pushed, str]) -> None:
    pushed, token = made
    answer = answered(push(token, "a 1\nb x\nc nan\nd 4"))
    assert (answer["accepted"], answer["refused"]) == (2, 2)
    assert answer["why"] == ["Line 2: 'x' is not a number: b.", "Line 3: 'nan' is not a finite number: c."]
    page = as_(ada).get(reverse("source", args=[pushed.source.key])).content.decode()
    assert "Line 2: &#x27;x&#x27; is not a number: b." in page
    assert answered(push(token, "a 1")) == {"accepted": 1, "refused": 0}
    pushed.refresh_from_db()
    assert (pushed.refused, pushed.why) == (2, [])


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("body", ["", "nothing", "a x", "a 1 1000000000", '{"a": "b"}', "\0", "\0 1", "a \0"])
def test_a_push_of_which_nothing_is_taken_is_answered_by_400_and_why(made: tuple[Pushed, str], body: str) -> None:
    response = push(made[1], body)
    answer = json.loads(response.content)
    assert (response.status_code, answer["accepted"], answer["refused"]) == (400, 0, 1)
    assert len(answer["why"]) == 1


@pytest.mark.usefixtures("place")
def test_a_page_of_comments_is_taken_as_it_is(made: tuple[Pushed, str]) -> None:
    assert answered(push(made[1], "# TYPE a gauge\n# EOF\n")) == {"accepted": 0, "refused": 0}


@pytest.mark.usefixtures("place")
def test_an_older_value_never_overwrites_a_newer_one(made: tuple[Pushed, str], watching: Collector) -> None:
    pushed, token = made
    now = int(time.time())
    assert answered(push(token, f"a 1 {now - 10}\na 3 {now - 5}\na 2 {now - 20}"))["accepted"] == 1
    answer = answered(push(token, f"a 9 {now - 30}\nb 5 {now - 30}"))
    assert (answer["accepted"], answer["refused"]) == (1, 1)
    assert answer["why"] == ["1 values are older than the stored ones."]
    assert push(token, f"a 9 {now - 30}").status_code == 400
    assert measured(watching, pushed.source.key, now) == {"a": 3, "b": 5}
    assert answered(push(token, f"a 4 {now - 5}"))["accepted"] == 1
    assert measured(watching, pushed.source.key, now + 1) == {"a": 4, "b": 5}


@pytest.mark.usefixtures("place")
def test_a_clock_that_is_fast_shuts_out_no_value_of_now(made: tuple[Pushed, str], watching: Collector) -> None:
    pushed, token = made
    push(token, f"a 1 {int(time.time()) + 50}")
    assert answered(push(token, "a 2"))["accepted"] == 1
    assert measured(watching, pushed.source.key, int(time.time())) == {"a": 2}


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("value", ["上海　机房", "👩‍💻" * 80, "x" * 1_900, "\\t", "a\tb\x00\x1f\u202e", "</script>"])
def test_any_label_is_measured_under_its_name(made: tuple[Pushed, str], watching: Collector, value: str) -> None:
    pushed, token = made
    name = format_series_name("room_temp", {"place": value})
    sent = value.replace("\\", "\\\\")
    assert answered(push(token, f'room_temp{{place="{sent}"}} 21'.encode()))["accepted"] == 1
    assert measured(watching, pushed.source.key, int(time.time())) == {name: 21}


def test_it_is_pushed_and_not_fetched(made: tuple[Pushed, str]) -> None:
    assert Client().get(f"/api/push/{made[1]}/a").status_code == 405


@pytest.mark.parametrize("path", ["", "nobody", "nobody/metric", "%00", "é/metric"])
def test_a_wrong_token_opens_nothing(ada: User, path: str) -> None:
    response = push(path, "42")
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"


def test_a_revoked_token_and_one_before_its_renewal_open_nothing(ada: User, made: tuple[Pushed, str]) -> None:
    pushed, first = made
    second = services.renew_pushed(ada, pushed)
    assert [push(token, "42", "/a").status_code for token in (first, second)] == [401, 200]
    services.revoke_pushed(ada, pushed)
    assert push(second, "42", "/a").status_code == 401
    assert DeclaredReaders().load() == []
    third = services.renew_pushed(ada, pushed)
    assert [push(token, "42", "/a").status_code for token in (second, third)] == [401, 200]


def test_only_admins_make_renew_and_revoke(ben: User, room: Room, made: tuple[Pushed, str]) -> None:
    pushed, token = made
    for forbidden in (
        lambda: services.make_pushed(ben, name="Mine", room=room, every=60),
        lambda: services.change_pushed(ben, pushed, name="Mine", room=None, every=60),
        lambda: services.renew_pushed(ben, pushed),
        lambda: services.revoke_pushed(ben, pushed),
    ):
        with pytest.raises(Refused, match="Only admins"):
            forbidden()
    assert push(token, "42", "/a").status_code == 200


def test_the_token_is_kept_nowhere(made: tuple[Pushed, str]) -> None:
    push(made[1], "42", "/a")
    with connection.cursor() as cursor:
        cursor.execute("select * from metrics_pushed")
        kept = repr(cursor.fetchall())
    assert made[1] not in kept


def test_no_log_has_the_token(
    made: tuple[Pushed, str], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    push(made[1], "a x")
    push(f"{made[1]}x", "42")
    assert made[1] not in caplog.text


def test_who_pushes_too_fast_is_told_when_to_come_again(
    made: tuple[Pushed, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushes, "PER_SECOND", 0.4)  # two at once
    statuses = [push(made[1], "42", "/a") for _number in range(3)]
    assert [each.status_code for each in statuses] == [200, 200, 429]
    assert int(statuses[-1]["Retry-After"]) >= 1


def test_programs_do_not_share_the_limit_of_forms(made: tuple[Pushed, str], settings: Settings) -> None:
    settings.POSTS_PER_SECOND = 0.2  # one at once
    assert [push(made[1], "42", "/a").status_code for _number in range(3)] == [200, 200, 200]
    assert [push("wrong", "42").status_code for _number in range(2)] == [401, 429]


def test_while_redis_is_away_who_pushes_is_told_so(
    made: tuple[Pushed, str], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "_client", None)
    settings.REDIS = {"host": "127.0.0.1", "port": 1}
    response = push(made[1], "42", "/a")
    assert (response.status_code, response["Retry-After"]) == (503, "5")


def test_the_collector_finds_what_was_declared_while_it_runs(
    ada: User, made: tuple[Pushed, str], watching: Collector
) -> None:
    now = int(time.time())
    watching.tick(now)
    first = watching.readers[0].source
    other, token = services.make_pushed(ada, name="备份", room=None, every=60)
    push(token, "1", "/a")
    watching.tick(now + 1)
    assert [reader.source for reader in watching.readers] == [first]
    watching.tick(now + DECLARATION_INTERVAL)
    assert [reader.source.key for reader in watching.readers] == ["push-nightly-backup", "push"]
    assert watching.readers[0].source is first
    services.revoke_pushed(ada, other)
    watching.tick(now + 2 * DECLARATION_INTERVAL)
    assert [reader.source for reader in watching.readers] == [first]


def test_a_source_of_another_span_is_read_anew(ada: User, made: tuple[Pushed, str]) -> None:
    declared = DeclaredReaders()
    before = declared.load()
    services.change_pushed(ada, made[0], name="Backup", room=None, every=3600)
    after = declared.load()
    assert before != after
    assert after[0].max_age == 3600  # type: ignore[attr-defined]
    assert Source.objects.get(pk=made[0].pk).room is None


def test_nothing_is_left_of_a_source_that_is_taken_away(
    made: tuple[Pushed, str], settings: Settings, watching: Collector
) -> None:
    settings.REDIS = None
    push(made[1], "42", "/a")
    watching.tick(int(time.time()))
    Source.objects.filter(pk=made[0].pk).delete()
    assert not Tick.objects.filter(source_id=made[0].pk).exists()
    assert reverse("push") == "/api/push"
