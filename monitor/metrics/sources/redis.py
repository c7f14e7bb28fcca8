"""Redis, from INFO and the length of its slow log."""

import re
import time
from collections.abc import Iterable, Iterator
from typing import Any

import redis

from monitor.metrics.readings import Rates, Reading, SourceDown, Unit
from monitor.metrics.sources.source import SourceReader
from realtime.redis import create_client

NOW = {  # name -> (field of INFO, unit)
    "memory": ("used_memory", Unit.BYTES),
    "memory.most": ("maxmemory", Unit.BYTES),
    "memory.fragmentation": ("mem_fragmentation_ratio", Unit.NUMBER),
    "clients": ("connected_clients", Unit.NUMBER),
    "clients.blocked": ("blocked_clients", Unit.NUMBER),
    "clients.output": ("client_recent_max_output_buffer", Unit.BYTES),
    "channels": ("pubsub_channels", Unit.NUMBER),
    "replicas": ("connected_slaves", Unit.NUMBER),
    "replica.silent": ("master_last_io_seconds_ago", Unit.SECONDS),  # of a replica: since the last data from its master
}
GROWING = {
    "commands": ("total_commands_processed", Unit.PER_SECOND),
    "in": ("total_net_input_bytes", Unit.BYTES_PER_SECOND),
    "out": ("total_net_output_bytes", Unit.BYTES_PER_SECOND),
    "expired": ("expired_keys", Unit.PER_SECOND),
    "evicted": ("evicted_keys", Unit.PER_SECOND),
    "rejected": ("rejected_connections", Unit.PER_SECOND),
    "connections": ("total_connections_received", Unit.PER_SECOND),
}


class RedisReader(SourceReader):
    key = "redis"

    def __init__(self) -> None:
        self.rates = Rates()
        self.client = create_client(timeout=0.8, retries=0)

    def read(self, at: float) -> Iterable[Reading]:
        try:
            started = time.perf_counter()
            self.client.ping()
            ping_seconds = time.perf_counter() - started
            info: dict[str, Any] = self.client.info()
            slow: Any = self.client.slowlog_len()
        except redis.RedisError as error:
            raise SourceDown(f"Redis does not respond: {error}") from None
        yield Reading("ping", ping_seconds, Unit.SECONDS)
        yield Reading("slowlog", slow)
        yield from self.readings(info, at)

    def readings(self, info: dict[str, Any], at: float) -> Iterator[Reading]:
        for name, (field, unit) in NOW.items():
            if isinstance(value := info.get(field), int | float):
                yield Reading(name, value, unit)
        for name, (field, unit) in GROWING.items():
            if isinstance(value := info.get(field), int | float):
                yield from self.rates.reading(name, value, at, unit)
        yield Reading("keys", sum(part["keys"] for part in get_numbered_parts(info, "db")))
        if lags := [part["lag"] for part in get_numbered_parts(info, "slave") if "lag" in part]:
            yield Reading("replicas.lag", max(lags), Unit.SECONDS)
        hits, misses = (self.rates.of(name, info.get(f"keyspace_{name}", 0), at) for name in ("hits", "misses"))
        if hits is not None and misses is not None and hits + misses:
            yield Reading("hits", round(100 * hits / (hits + misses), 1), Unit.PERCENT)


def get_numbered_parts(info: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """Return the numbered parts of INFO: db0, db1, slave0. Redis 8 adds keys such as db0_distrib_strings_sizes."""
    yield from (part for key, part in info.items() if re.fullmatch(rf"{name}\d+", key) and isinstance(part, dict))
