"""The newest value of every pushed series, waiting for the collector, in Redis or else in a table."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple, Protocol

import msgspec
from django.conf import settings
from django.db import connection

from monitor.metrics.models import Latest
from realtime.publish import get_shared_client

LIFETIME = 86_400  # seconds after the last push


class LatestValue(NamedTuple):
    value: float
    at: float  # seconds since 1970
    counter: bool


PUT = """
local taken = 0
for i = 2, #ARGV, 3 do
  local known = redis.call('HGET', KEYS[1], ARGV[i])
  if not known or cjson.decode(known)[2] <= tonumber(ARGV[i + 1]) then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 2])
    taken = taken + 1
  end
end
redis.call('EXPIRE', KEYS[1], ARGV[1])
return taken
"""
UPSERT = """
INSERT INTO metrics_latest (source_id, name, value, at, counter) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (source_id, name) DO UPDATE SET value = excluded.value, at = excluded.at, counter = excluded.counter
WHERE metrics_latest.at <= excluded.at
"""  # Django's bulk_create has no WHERE

encoder, decoder = msgspec.json.Encoder(), msgspec.json.Decoder(LatestValue)


class LatestStore(Protocol):
    """``source`` is its id. Methods may raise a RedisError or a database error."""

    def put(self, source: int, values: Mapping[str, LatestValue]) -> int:
        """Return how many values were stored. Values older than the stored one are ignored."""
        ...

    def remove(self, source: int, names: Collection[str]) -> None: ...

    def clear(self, source: int) -> None: ...

    def all(self, source: int) -> dict[str, LatestValue]: ...


class RedisLatestStore:
    @staticmethod
    def key(source: int) -> str:
        return f"{settings.REDIS_PREFIX}:pushed:{source}"

    def put(self, source: int, values: Mapping[str, LatestValue]) -> int:
        arguments = [argument for name, value in values.items() for argument in (name, value.at, encoder.encode(value))]
        stored: Any = get_shared_client().eval(PUT, 1, self.key(source), LIFETIME, *arguments)
        return int(stored)

    def remove(self, source: int, names: Collection[str]) -> None:
        if names:
            get_shared_client().hdel(self.key(source), *names)

    def clear(self, source: int) -> None:
        get_shared_client().delete(self.key(source))

    def all(self, source: int) -> dict[str, LatestValue]:
        fields: Any = get_shared_client().hgetall(self.key(source))
        return {name.decode(): decoder.decode(value) for name, value in fields.items()}


class TableLatestStore:
    def put(self, source: int, values: Mapping[str, LatestValue]) -> int:
        with connection.cursor() as cursor:
            cursor.executemany(UPSERT, [(source, name, *value) for name, value in sorted(values.items())])
            return int(cursor.rowcount)

    def remove(self, source: int, names: Collection[str]) -> None:
        Latest.objects.filter(source=source, name__in=names).delete()

    def clear(self, source: int) -> None:
        Latest.objects.filter(source=source).delete()

    def all(self, source: int) -> dict[str, LatestValue]:
        rows = Latest.objects.filter(source=source).values_list("name", "value", "at", "counter")
        return {name: LatestValue(value, at, counter) for name, value, at, counter in rows}


def get_latest_store() -> LatestStore:
    return RedisLatestStore() if settings.REDIS else TableLatestStore()
