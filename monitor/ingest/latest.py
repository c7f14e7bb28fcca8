"""The newest value of every pushed series, on its way to the collector: in Redis, else in a table."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple, Protocol

import msgspec
from django.conf import settings

from monitor.models import Latest
from realtime.publish import kept_client

KEPT = 86_400  # seconds after the last push


class Value(NamedTuple):
    value: float
    at: float  # seconds since 1970
    counter: bool


encoder, decoder = msgspec.json.Encoder(), msgspec.json.Decoder(Value)


class Box(Protocol):
    """``source`` is its number. May raise a RedisError or a database's."""

    def put(self, source: int, values: Mapping[str, Value]) -> None: ...

    def remove(self, source: int, names: Collection[str]) -> None: ...

    def clear(self, source: int) -> None: ...

    def all(self, source: int) -> dict[str, Value]: ...


class RedisBox:
    @staticmethod
    def key(source: int) -> str:
        return f"{settings.REDIS_PREFIX}:pushed:{source}"

    def put(self, source: int, values: Mapping[str, Value]) -> None:
        pipe = kept_client().pipeline(transaction=False)
        pipe.hset(self.key(source), mapping={name: encoder.encode(value) for name, value in values.items()})
        pipe.expire(self.key(source), KEPT)
        pipe.execute()

    def remove(self, source: int, names: Collection[str]) -> None:
        if names:
            kept_client().hdel(self.key(source), *names)

    def clear(self, source: int) -> None:
        kept_client().delete(self.key(source))

    def all(self, source: int) -> dict[str, Value]:
        found: Any = kept_client().hgetall(self.key(source))
        return {name.decode(): decoder.decode(value) for name, value in found.items()}


class TableBox:
    def put(self, source: int, values: Mapping[str, Value]) -> None:
        Latest.objects.bulk_create(
            [Latest(source_id=source, name=name, **value._asdict()) for name, value in sorted(values.items())],
            update_conflicts=True,
            unique_fields=["source", "name"],
            update_fields=["value", "at", "counter"],
        )

    def remove(self, source: int, names: Collection[str]) -> None:
        Latest.objects.filter(source=source, name__in=names).delete()

    def clear(self, source: int) -> None:
        Latest.objects.filter(source=source).delete()

    def all(self, source: int) -> dict[str, Value]:
        found = Latest.objects.filter(source=source).values_list("name", "value", "at", "counter")
        return {name: Value(value, at, counter) for name, value, at, counter in found}


def get_box() -> Box:
    return RedisBox() if settings.REDIS else TableBox()
