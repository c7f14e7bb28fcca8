"""A minute without the database, and one without a collector: who is told, when, and what the logs hold of it."""

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from urllib.error import HTTPError
from urllib.request import urlopen

from chat.models import Room
from monitor.alerts.models import Alert, Route, Rule
from monitor.metrics.models import Source
from monitor.metrics.store.ring import get_ring
from myweb.encryption import encrypt_secret
from tests.faults.conversation import in_database, prepare
from tests.faults.stack import LIVE, folder, site, stack, started_with
from tests.integration.monitor.alerts.test_alert_integrations import Outside, outside
from tests.support.wire import reached

__all__ = ["outside"]
T = TypeVar("T")
AWAY = 60  # seconds
TIMEOUT = 90.0
TITLE = "PostgreSQL is away"
HEARTBEAT = {"got": "/ping"}


class Logs:
    """What is written from now on."""

    def __init__(self, *parts: str) -> None:
        paths = [folder() / "logs" / f"{part}.log" for part in parts]
        self.begins = {path: path.stat().st_size for path in paths}

    def lines(self) -> dict[str, list[str]]:
        return {path.stem: path.read_bytes()[begin:].decode().splitlines() for path, begin in self.begins.items()}


async def stored(function: Callable[[], T | None], what: str) -> T:
    found: list[T] = []
    try:
        async with asyncio.timeout(TIMEOUT):
            while not found:
                result = await in_database(function)
                found += [result] if result else []
    except TimeoutError:
        raise AssertionError(f"{what} was not stored") from None
    return found[0]


def titles(outside: Outside) -> list[str]:
    return [each["title"].partition(": ")[2] for each in outside.told if "title" in each]


@contextmanager
def collector_with_heartbeat(outside: Outside) -> Iterator[None]:
    with started_with("collector", MYWEB_HEARTBEAT_URL=f"http://127.0.0.1:{outside.server.server_port}/ping"):
        yield


def make_rule(outside: Outside) -> Rule:
    room, _people = prepare(1)
    Route.objects.create(name="Outside", sealed=encrypt_secret(outside.address))
    watched = {"source": "database", "series": "up", "comparison": "<", "threshold": 1.0, "hold": 30}
    return Rule.objects.create(room=Room.objects.get(pk=room), title=TITLE, **watched)


def remove_rules() -> None:
    Route.objects.filter(name="Outside").delete()
    Rule.objects.filter(title=TITLE).delete()


def measured(begin: float) -> list[int]:
    """Of this machine, in the minute after."""
    source = Source.objects.get(key="host")
    return [row.t for row in get_ring().since(source.pk, int(begin), int(begin) + AWAY) if row.values]


async def test_a_minute_without_the_database_is_heard_of_during_and_after(outside: Outside) -> None:
    rule = await in_database(make_rule, outside)
    try:
        with collector_with_heartbeat(outside):
            await reached(lambda: HEARTBEAT in outside.told, "a heartbeat", TIMEOUT)
            logs, begin = Logs("collector", "web", *LIVE), time.time()
            await stack("kill", "postgres")
            try:
                await reached(lambda: titles(outside) == ["the database is unavailable"], "a notification", TIMEOUT)
                assert time.time() - begin < AWAY
                for path in ("/readyz", "/accounts/login/") * 15:
                    assert (await asyncio.to_thread(read_readiness, path))[0] == 503
                await reached(lambda: time.time() - begin > AWAY, "a minute", TIMEOUT)
                during = logs.lines()
            finally:
                await stack("start", "postgres")
            await reached(lambda: titles(outside)[1:] == ["the database is back"], "the other one", TIMEOUT)
            alert = await stored(lambda: Alert.objects.filter(rule=rule).exclude(ended_at=None).first(), "the alert")
            assert 25 < alert.began_at.timestamp() - begin < 45
            assert len(await in_database(measured, begin)) >= AWAY // 5 - 3, "the values of the gap"
            await reached(
                lambda: any("works again" in line for line in logs.lines()["collector"]), "its end in the log"
            )
    finally:
        await in_database(remove_rules)
    for part, lines in during.items():
        assert len(lines) < 20, f"{part}: {len(lines)} lines in a minute\n" + "\n".join(lines)
        assert not any("coroutine object" in line for line in lines)


def read_readiness(path: str) -> tuple[int, str]:
    try:
        with urlopen(f"{site()}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


async def test_a_minute_without_a_collector_is_told_to_those_who_ask() -> None:
    await reached(lambda: read_readiness("/collectorz") == (200, "ok\n"), "measuring", TIMEOUT)
    await stack("kill", "collector")
    try:
        await reached(lambda: read_readiness("/collectorz")[0] == 503, "an alarm", TIMEOUT)
        status, text = read_readiness("/readyz")
        assert status == 200, "the pages stay in service"
        assert re.fullmatch(r"ok\nNot measured since \S+: no collector is active\.\n", text)
    finally:
        await stack("start", "collector")
    await reached(lambda: read_readiness("/readyz") == (200, "ok\n"), "measuring again", TIMEOUT)
