"""Posts per second, each durable before its acknowledgement, and the latency of acknowledgements."""

import asyncio
import contextlib
import json
import random
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

from picows import WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from bench.load.connections import FIRST
from bench.load.dialects import TEXT
from bench.load.usage import Meter, percentiles

WARM_UP = 1.0
PAUSE = 0.1  # seconds of a writer between an acknowledgement and the next post


class Account:
    """The posts of all clients."""

    def __init__(self) -> None:
        self.posting = True
        self.acknowledged = self.errors = 0
        self.times: list[float] = []

    async def measured(self, options: dict[str, Any], posters: list[Any]) -> dict[str, Any]:
        meter = Meter(options["pids"], *options["cpus"])
        await asyncio.sleep(WARM_UP)
        self.times.clear()
        before, begun = self.acknowledged, time.perf_counter()
        meter.begin()
        await asyncio.sleep(options["seconds"])
        posted, seconds = self.acknowledged - before, time.perf_counter() - begun
        times, spent = self.times[:], meter.end()
        await self.end(posters)
        return {
            "per_s": round(posted / seconds),
            **percentiles(times),
            "acknowledged": self.acknowledged,
            "unanswered": sum(len(poster.on_their_way) for poster in posters),
            "errors": self.errors,
            **spent,
        }

    async def end(self, posters: list[Any]) -> None:
        """Waits for the posts that are on their way."""
        self.posting = False
        for _attempt in range(600):
            if not any(poster.on_their_way for poster in posters):
                break
            await asyncio.sleep(0.1)


class Poster(WSListener):
    """A client that keeps some posts in flight. Acknowledgements arrive in the order of the posts."""

    room = 0
    mark = b'"ack"'
    connect: Callable[[], Awaitable[object]]

    def __init__(self, account: Account) -> None:
        super().__init__()
        self.account = account
        self.on_their_way: deque[float] = deque()
        self.number = 0

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type != WSMsgType.TEXT:
            return
        payload = frame.get_payload_as_bytes()
        if self.mark not in payload:
            return
        self.account.times.append(time.perf_counter() - self.on_their_way.popleft())
        if b'"error"' in payload[:40]:
            self.account.errors += 1
        else:
            self.account.acknowledged += 1
        if self.account.posting:
            self.post()

    def post(self) -> None:
        self.number += 1
        self.on_their_way.append(time.perf_counter())
        self.transport.send(WSMsgType.TEXT, self.words())

    def words(self) -> bytes:
        return b'{"message":"%s"}' % TEXT.encode()


class MywebPoster(Poster):
    mark = b'{"re":'

    def words(self) -> bytes:
        return b'{"id":%d,"do":"message.send","room":%d,"client_id":"%s","body":"%s"}' % (
            self.number,
            self.room,
            str(uuid4()).encode(),
            TEXT.encode(),
        )


class MywebWriter(MywebPoster):
    """A user who pauses between posts. Reconnects and repeats a post without an acknowledgement, as the page does."""

    outgoing = b""
    connected = False

    def on_ws_connected(self, transport: WSTransport) -> None:
        super().on_ws_connected(transport)
        self.connected = True
        if self.on_their_way:
            transport.send(WSMsgType.TEXT, self.outgoing)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.connected = False
        self.coming_back = asyncio.ensure_future(self.come_back())

    async def come_back(self) -> None:
        while not self.connected:
            await asyncio.sleep(random.uniform(0, FIRST))
            with contextlib.suppress(OSError, WSError, TimeoutError):
                await self.connect()

    def post(self) -> None:
        asyncio.get_running_loop().call_later(PAUSE, self.post_now)

    def post_now(self) -> None:
        self.number += 1
        self.on_their_way.append(time.perf_counter())
        self.outgoing = self.words()
        if self.connected:
            self.transport.send(WSMsgType.TEXT, self.outgoing)


async def posts(options: dict[str, Any]) -> dict[str, Any]:
    account = Account()
    kind = MywebPoster if options["dialect"] == "myweb" else Poster
    posters = await connect(options, account, kind)
    for poster in posters:
        for _post in range(options["inflight"]):
            poster.post()
    return await account.measured(options, posters)


async def during(options: dict[str, Any]) -> dict[str, Any]:
    """Posts from before an action until after it. ``longest_wait_s`` is the longest time until an acknowledgement."""
    account = Account()
    posters = await connect(options, account, MywebWriter)
    for poster in posters:
        poster.post()
    await asyncio.sleep(WARM_UP)
    account.times.clear()
    print(options["action"], flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await asyncio.sleep(WARM_UP)
    await account.end(posters)
    return {
        "posts": len(account.times),
        "longest_wait_s": round(max(account.times, default=0.0), 2),
        "unanswered": sum(len(poster.on_their_way) for poster in posters),
        "errors": account.errors,
    }


async def connect(options: dict[str, Any], account: Account, kind: type[Poster]) -> list[Poster]:
    kind.room = options.get("room", 0)
    cookies, posters = options.get("cookies") or [""], []
    for number in range(options["clients"]):
        headers = {"Cookie": cookies[number % len(cookies)], "Origin": options.get("origin", "http://127.0.0.1")}
        poster = kind(account)
        poster.connect = partial(ws_connect, partial(itself, poster), options["url"], extra_headers=headers)
        await poster.connect()
        posters.append(poster)
    return posters


T = TypeVar("T")


def itself(poster: T) -> T:
    """For functions that take a factory of protocols."""
    return poster


class HttpPoster(asyncio.Protocol):
    """A persistent connection that posts again after each response."""

    def __init__(self, account: Account, host: str, path: str, cookie: str) -> None:
        self.account, self.on_their_way = account, deque[float]()
        token = "b" * 32  # Django only compares the cookie with the header
        self.head = (
            f"POST {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}; csrf={token}\r\nX-CSRFToken: {token}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()
        self.buffer = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def post(self) -> None:
        body = json.dumps({"client_id": str(uuid4()), "body": TEXT}).encode()
        self.on_their_way.append(time.perf_counter())
        self.transport.write(self.head + str(len(body)).encode() + b"\r\n\r\n" + body)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, blank, body = self.buffer.partition(b"\r\n\r\n")
        if not blank:
            return
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        if len(body) < length:
            return
        self.buffer = body[length:]
        self.account.times.append(time.perf_counter() - self.on_their_way.popleft())
        if head[9:12] == b"200":
            self.account.acknowledged += 1
        else:
            self.account.errors += 1
        if self.account.posting:
            self.post()


async def http_posts(options: dict[str, Any]) -> dict[str, Any]:
    account, posters = Account(), []
    site = urlsplit(options["url"])
    for number in range(options["clients"]):
        cookie = options["cookies"][number % len(options["cookies"])]
        poster = HttpPoster(account, site.netloc, site.path, cookie)
        await asyncio.get_running_loop().create_connection(partial(itself, poster), site.hostname, site.port)
        posters.append(poster)
    for poster in posters:
        poster.post()
    return await account.measured(options, posters)
