"""What a collector reads of the stores that the tests have: the real database, and Redis if there is one."""

import pytest
from django.db import connection

from accounts.models import User
from monitor.metrics.sources.database import DatabaseReader
from monitor.metrics.sources.redis import RedisReader
from monitor.metrics.sources.source import SourceReader
from tests.support.rooms import make_room, say

pytestmark = pytest.mark.django_db(transaction=True)


def values(source: SourceReader, at: float) -> dict[str, float]:
    return {each.name: each.value for each in source.read(at)}


def test_messages_are_counted_however_they_were_written(ada: User, ben: User) -> None:
    source, room = DatabaseReader(), make_room(ada, ben)
    assert "messages" not in values(source, 10.0)
    for _number in range(4):
        say(room, ada)
    assert values(source, 12.0)["messages"] == 2.0


def test_the_database_tells_of_itself() -> None:
    source = DatabaseReader()
    source.size_until = 0.0
    list(source.read(10.0))
    found = values(source, 11.0)
    known = {"answer", "size", "messages"}
    if connection.vendor == "postgresql":
        known |= {"connections", "wal.written", "checkpoints.timed", "checkpoints.asked", "rows.dead", "rows.live"}
    assert known <= set(found)


def test_the_keys_are_counted_whatever_else_redis_tells_of_a_database() -> None:
    told = {"db0": {"keys": 3, "expires": 0}, "db1": {"keys": 4, "expires": 0}, "db0_distrib_strings_sizes": {"1": 3}}
    assert {each.name: each.value for each in RedisReader().readings(told, 10.0)}["keys"] == 7


@pytest.mark.usefixtures("real_redis")
def test_redis_tells_how_often_it_has_what_is_asked_for() -> None:
    source = RedisReader()
    list(source.read(10.0))
    source.client.get("never-was")
    found = values(source, 11.0)
    assert 0 <= found["hits"] <= 100
    assert {"keys", "expired", "replicas", "memory"} <= set(found)
