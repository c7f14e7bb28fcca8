"""Attacks that need whole servers (rows 31 and 34): what other users of the machine can read, and half requests."""

import asyncio
import json
import os
import stat
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

from deploy.stack.process import OwnedProcess
from tests.faults.stack import PARTS, folder, site

HALF_HEADS = 200
NGINX_TIMEOUT = 15  # seconds; client_header_timeout of deploy/nginx/myweb.conf.template
ANSWERED = 2.0  # seconds on a busy machine


def holds_secret(data: bytes) -> bool:
    values = json.loads((folder() / "stack.json").read_text(encoding="utf-8"))
    return any(values[name].encode() in data for name in ("secret_key", "postgres_password", "redis_password"))


def test_no_command_line_of_any_process_holds_a_secret() -> None:
    """Every user of the machine can read them."""
    for part in PARTS:
        process = OwnedProcess.read(folder() / "run" / f"{part}.pid")
        assert process, part
        for member in process.family():
            assert not holds_secret(Path(f"/proc/{member.pid}/cmdline").read_bytes()), (part, member.pid)


def test_secrets_stand_in_no_log_and_in_no_file_that_others_can_read() -> None:
    private = []
    for base, folders, names in os.walk(folder()):
        folders[:] = [name for name in folders if name != "postgres"]  # of another user, and closed as a whole
        for path in (Path(base) / name for name in names):
            if path.is_file() and holds_secret(path.read_bytes()):
                private.append(path.name)
                assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert sorted(private) == ["redis.conf", "stack.json"]
    assert stat.S_IMODE((folder() / "postgres").stat().st_mode) == 0o700


def time_of_a_page() -> float:
    begun = time.monotonic()
    with urlopen(f"{site()}/accounts/login/", timeout=30) as answer:
        assert answer.status == 200
    return time.monotonic() - begun


async def read_to_the_end(reader: asyncio.StreamReader) -> None:
    with suppress(ConnectionError):
        await reader.read()


async def test_two_hundred_half_heads_delay_nobody_and_are_closed() -> None:
    place = urlsplit(site())
    lines = [await asyncio.open_connection(place.hostname, place.port) for _number in range(HALF_HEADS)]
    for number, (_reader, writer) in enumerate(lines):
        writer.write(f"GET /rooms/{number} HTTP/1.1\r\nHost: {place.netloc}\r\nX-A: ".encode())
        await writer.drain()
    ends = [asyncio.create_task(read_to_the_end(reader)) for reader, _writer in lines]
    waits = [await asyncio.to_thread(time_of_a_page) for _page in range(5)]
    assert not any(end.done() for end in ends), "all of them were open meanwhile"
    assert max(waits) < ANSWERED
    async with asyncio.timeout(NGINX_TIMEOUT * 2):
        await asyncio.gather(*ends)
    for _reader, writer in lines:
        writer.close()
