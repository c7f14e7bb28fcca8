"""Asks ``manage.py doctor`` and reads what it says; and what it is led to."""

import asyncio
import io
import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.core.management import call_command
from pytest_django.fixtures import Settings

from realtime import publish
from tests.support.machines import Page

HERE = "127.0.0.1"
WELL: Page = (200, {}, b"ok\n")


@dataclass
class CheckOutput:
    name: str
    state: str
    message: str
    hint: str


def doctor(*only: str, code: int | None = None, **options: Any) -> dict[str, CheckOutput]:
    """By check. Without ``code`` it has to end with 1 where something failed, and with 0 elsewhere."""
    out = io.StringIO()
    ended: object = 0
    try:
        call_command("doctor", json=True, only=[*only], stdout=out, **options)
    except SystemExit as end:
        ended = end.code
    answer = json.loads(out.getvalue())
    states = [finding["state"] for check in answer["checks"] for finding in check["findings"]]
    assert ended == (("failed" in states) if code is None else code)
    assert answer["ok"] is (ended == 0)
    return {each["name"]: told(each) for each in answer["checks"]}


async def asked(*only: str, **options: Any) -> dict[str, str]:
    """In a thread, while servers turn; everything that it message, by check."""
    found = await asyncio.to_thread(lambda: doctor(*only, **options))
    return {name: f"{each.message} | {each.hint}" for name, each in found.items()}


def told(check: dict[str, Any]) -> CheckOutput:
    findings = check["findings"]
    assert all(("hint" in each) == (each["state"] in {"unknown", "warning", "failed"}) for each in findings)
    return CheckOutput(
        check["name"],
        check["state"],
        "; ".join(each["message"] for each in findings),
        "; ".join(each["hint"] for each in findings if "hint" in each),
    )


def answering(**known: Page) -> Callable[[str, str], Page]:
    """Well, but for the paths (by their last word) that are given."""

    def page(_method: str, path: str) -> Page:
        return known.get(path.strip("/").rpartition("/")[2] or "root", WELL)

    return page


@contextmanager
def served(handler: type[socketserver.BaseRequestHandler], path: str = "") -> Iterator[str]:
    """At a free port, or at a unix socket."""
    kind = socketserver.ThreadingUnixStreamServer if path else socketserver.ThreadingTCPServer
    with kind(path or (HERE, 0), handler) as server:  # type: ignore[arg-type]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield path or f"{HERE}:{server.socket.getsockname()[1]}"
        finally:
            server.shutdown()
            thread.join(10)


def lead_to(settings: Settings, port: int, **more: str) -> None:
    """The site to another Redis."""
    publish._client = None
    settings.REDIS = {"host": HERE, "port": port, **more}
    hosts = [{**settings.REDIS, "socket_timeout": None, "socket_connect_timeout": 2}]
    backend = "channels_redis.pubsub.RedisPubSubChannelLayer"
    config = {"hosts": hosts, "prefix": settings.REDIS_PREFIX}
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": backend, "CONFIG": config}}
