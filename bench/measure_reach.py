"""Posts through a stack and decrypts what reaches a push service: ``python -m bench.measure_reach FILE``.

Time counts from sending the post, so its commit is part of it.
"""

import django

django.setup()

import asyncio  # noqa: E402
import json  # noqa: E402
import re  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402
from uuid import uuid4  # noqa: E402

import msgspec  # noqa: E402
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect  # noqa: E402

from accounts.models import Session, User  # noqa: E402
from bench.load.usage import percentiles, resident, seconds  # noqa: E402
from bench.testbed import BenchError  # noqa: E402
from deploy.stack.process import wait_until  # noqa: E402
from push.models import PushMessage  # noqa: E402
from push.protocol import Subscription  # noqa: E402
from push.subscriptions import save_device  # noqa: E402
from push.vapid import get_vapid_key  # noqa: E402
from tasks.models import QueuedTask, State  # noqa: E402
from tests.support.push_service import Browser, PushService, serve_push  # noqa: E402

LEAST_SECONDS = 30.0  # of the posts in turn
ROUNDS = 3  # mentions of everyone, of which the slowest counts
TIMEOUT = 60.0
SETTLED = 1.0  # seconds after the last message until what waits is counted


class Author(WSListener):
    """A member with a socket."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room, self.number = room, 0
        self.answers: asyncio.Queue[bytes] = asyncio.Queue()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT and (payload := frame.get_payload_as_bytes()).startswith(b'{"re":'):
            self.answers.put_nowait(payload)

    async def post(self, body: str) -> float:
        """Returns when it was sent, once it is stored."""
        self.number += 1
        sent = time.time()
        words = {"id": self.number, "do": "message.send", "room": self.room, "client_id": str(uuid4()), "body": body}
        self.transport.send(WSMsgType.TEXT, json.dumps(words).encode())
        answer = await self.answers.get()
        if b'"error"' in answer[:40]:
            raise BenchError(f"A post was refused: {answer.decode()}")
        return sent


class Reach:
    def __init__(self, options: dict[str, Any], service: PushService) -> None:
        self.options, self.service = options, service
        self.room: int = options["rooms"][0]
        self.author: str = options["cookies"][-1]
        self.users = User.objects.in_bulk(options["people"][:-1])
        self.browsers: dict[int, Browser] = {}
        self.sent: dict[int, float] = {}  # number of a post -> time

    def add_devices(self, count: int) -> None:
        key = get_vapid_key().public
        for number, user in list(self.users.items())[len(self.browsers) : count]:
            browser = self.browsers[number] = self.service.browser(str(number))
            session = Session.objects.get(user=user)
            subscription = msgspec.convert(browser.describe(key), Subscription)
            save_device(user, session.session_key, subscription, name="Bench", language="en")

    async def enter(self) -> Author:
        author = Author(self.room)
        headers = {"Cookie": self.author, "Origin": self.options["address"]}
        url = f"ws{self.options['address'].removeprefix('http')}/ws/"
        await ws_connect(lambda: author, url, extra_headers=headers)
        return author

    async def post_in_turn(self, count: int) -> None:
        author, people = await self.enter(), list(self.browsers)
        begun = time.monotonic()
        for number in range(count):
            handle = self.users[people[number % len(people)]].handle
            self.sent[number] = await author.post(f"@{handle} this is post {number}.")
            await asyncio.sleep(max(0.0, begun + (number + 1) / self.options["rate"] - time.monotonic()))

    async def mention_everyone(self, number: int) -> None:
        handles = " ".join(f"@{self.users[user_id].handle}" for user_id in self.browsers)
        self.sent[number] = await (await self.enter()).post(f"This is post {number}. {handles}")

    def wait_for(self, count: int) -> None:
        if not wait_until(lambda: len(self.service.received) >= count, TIMEOUT):
            print(f"{len(self.service.received)} of {count} arrived within {TIMEOUT:.0f} s.", file=sys.stderr)

    def read_delays(self) -> tuple[dict[tuple[int, int], float], int]:
        """(user, post) -> seconds, and how many messages came again."""
        delays: dict[tuple[int, int], float] = {}
        received = 0
        for user_id, browser in self.browsers.items():
            for request, message in zip(browser.requests, browser.messages, strict=True):
                (number,) = map(int, re.findall(r"post (\d+)\.", message["body"]))
                delays.setdefault((user_id, number), request.at - self.sent[number])
                received += 1
        return delays, received - len(delays)

    def begin(self) -> None:
        self.service.received.clear()
        self.sent.clear()
        self.cpu = seconds(self.options["worker"])

    def report(self, name: str, expected: int, **more: float) -> None:
        delays, doubled = self.read_delays()
        worker = self.options["worker"]
        row = {
            "name": name,
            **percentiles(list(delays.values())),
            "lost": expected - len(delays),
            "doubled": doubled,
            "cpu_s": round(seconds(worker) - self.cpu, 2),
            "rss_mb": round(resident(worker) / 2**20, 1),
            "bound_by": "server",
            **more,
        }
        print(json.dumps(row), flush=True)

    def measure_turns(self) -> None:
        rate, devices = self.options["rate"], self.options["devices"]
        self.add_devices(devices)
        asyncio.run(self.post_in_turn(devices))  # all is warm then
        self.wait_for(devices)
        self.begin()
        count = round(rate * max(LEAST_SECONDS, self.options["seconds"]))
        asyncio.run(self.post_in_turn(count))
        self.wait_for(count)
        self.report(f"{devices} devices, {rate:g} posts/s", count, per_s=rate)

    def measure_mention(self) -> None:
        people = self.options["mentioned"]
        self.add_devices(people)
        self.begin()
        slowest = 0.0
        for number in range(ROUNDS):
            before = len(self.service.received)
            asyncio.run(self.mention_everyone(number))
            self.wait_for(before + people)
            slowest = max(slowest, self.service.received[-1].at - self.sent[number])
        time.sleep(SETTLED)
        tasks = QueuedTask.objects.filter(state__in=[State.WAITING, State.RUNNING]).exclude(key__startswith="periodic")
        waiting = tasks.count() + PushMessage.objects.count()
        more = {"per_s": round(people / slowest), "seconds": round(slowest, 2), "waiting": waiting}
        self.report(f"a mention of {people}", ROUNDS * people, **more)


def main(options: dict[str, Any]) -> None:
    with serve_push() as service:
        reach = Reach(options, service)
        reach.measure_turns()
        reach.measure_mention()


main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
