"""The ticks of the last 15 minutes, in Redis or else in the database. A row is empty if the source was down."""

import logging
import sys
from array import array
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import redis
from django.conf import settings

from monitor.metrics.models import Tick
from monitor.metrics.readings import Values
from realtime.publish import get_shared_client

RING_SECONDS = 900  # seconds
MAX_CLOCK_AHEAD = 60  # seconds

logger = logging.getLogger(__name__)
END_OF_TIME = 1 << 40


class RingRow(NamedTuple):
    t: int  # seconds since 1970
    values: Values  # by position; the source may have more series by now


class Ring(Protocol):
    def append(self, t: int, rows: Mapping[int, Values]) -> None:
        """``rows`` are keyed by the id of their source."""

    def since(self, source: int, after: int, before: int = END_OF_TIME) -> list[RingRow]: ...

    def clear(self, source: int) -> None: ...


def pack_values(values: Values) -> bytes:
    if sys.byteorder == "big":
        values = values[:]
        values.byteswap()
    return values.tobytes()


def unpack_values(body: bytes) -> Values:
    values = array("d", body)
    if sys.byteorder == "big":
        values.byteswap()
    return values


class TableRing:
    def append(self, t: int, rows: Mapping[int, Values]) -> None:
        Tick.objects.bulk_create(
            [Tick(source_id=source, t=t, values=pack_values(values)) for source, values in rows.items()],
            ignore_conflicts=True,
        )
        if t % 60 == 0:
            Tick.objects.filter(t__lt=t - RING_SECONDS).delete()

    def since(self, source: int, after: int, before: int = END_OF_TIME) -> list[RingRow]:
        rows = Tick.objects.filter(source=source, t__gt=after, t__lt=before).order_by("t").values_list("t", "values")
        return [RingRow(t, unpack_values(bytes(body))) for t, body in rows]

    def clear(self, source: int) -> None:
        Tick.objects.filter(source=source).delete()


class RedisRing:
    """One Redis stream per source, whose entries are numbered by their time."""

    @staticmethod
    def key(source: int) -> str:
        return f"{settings.REDIS_PREFIX}:ring:{source}"

    def append(self, t: int, rows: Mapping[int, Values]) -> None:
        pipe = get_shared_client().pipeline(transaction=False)
        for source, values in rows.items():
            pipe.xadd(self.key(source), {"v": pack_values(values)}, id=f"{t}-0", maxlen=RING_SECONDS, approximate=True)
        keys, responses = [self.key(source) for source in rows], pipe.execute(raise_on_error=False)
        for key, response in zip(keys, responses, strict=True):
            if isinstance(response, redis.ResponseError):  # "The ID is equal or smaller"
                self.drop_future_values(key, t)
            elif isinstance(response, redis.RedisError):
                raise response
            else:
                pipe.expire(key, RING_SECONDS)
        pipe.execute()

    @staticmethod
    def drop_future_values(key: str, t: int) -> None:
        """Another collector wrote this second already, or the clock was ahead. Future values are deleted."""
        newest: Any = get_shared_client().xrevrange(key, count=1)
        if newest and int(newest[0][0].split(b"-")[0]) > t + MAX_CLOCK_AHEAD:
            logger.warning("The clock was set back: future values of %s are dropped", key)
            get_shared_client().delete(key)

    def since(self, source: int, after: int, before: int = END_OF_TIME) -> list[RingRow]:
        entries: Any = get_shared_client().xrange(self.key(source), min=f"{after + 1}-0", max=f"{before - 1}-0")
        return [RingRow(int(number.split(b"-")[0]), unpack_values(fields[b"v"])) for number, fields in entries]

    def clear(self, source: int) -> None:
        get_shared_client().delete(self.key(source))


def get_ring() -> Ring:
    return RedisRing() if settings.REDIS else TableRing()
