"""Servers die in the middle of a conversation. Nothing that was said is lost or doubled, and all see the same."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.talker import Talker, sign_in
from tests.wire import reached

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery"
TALKERS = 5
PATIENCE = 60.0  # seconds; the heads come each 20

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(not os.environ.get("MYWEB_STACK_DIR"), reason="needs a stack: bin/test faults"),
]

PREPARE = """
import json
from accounts.models import House, Role, User
from chat import services
House.objects.get_or_create(pk=1, defaults={"name": "Harbour team"})
people = [
    User.objects.create_user(f"%(tag)s-{number}@example.com", "%(password)s", name=f"Talker {number}")
    for number in range(%(count)d)
]
room = services.create_room(people[0], name="faults %(tag)s", kind="private")
services.add_members(people[0], room, people[1:])
print(json.dumps({"room": room.pk, "emails": [each.email for each in people]}))
"""
READ = """
import json
from chat.models import Message, Room
room = Room.objects.get(pk=%(room)d)
said = Message.objects.filter(room=room).order_by("seq").values_list("seq", "client_id")
print(json.dumps({"rev": room.rev, "said": list(said)}, default=str))
"""


async def stack(*arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        "bin/stack", *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _nothing = await process.communicate()
    assert process.returncode == 0, f"bin/stack {' '.join(arguments)}: {output.decode()}"
    return output.decode()


async def ask(script: str, **values: Any) -> Any:
    return json.loads((await stack("manage", "shell", "-v", "0", "-c", script % values)).splitlines()[-1])


until = partial(reached, patience=PATIENCE)


class Conversation:
    def __init__(self, talkers: list[Talker], room: int) -> None:
        self.talkers, self.room = talkers, room

    async def goes_on(self, by: int = 5) -> None:
        """Everyone is heard again, several times."""
        before = [len(each.acknowledged) for each in self.talkers]
        await until(
            lambda: all(len(each.acknowledged) >= count + by for each, count in zip(self.talkers, before, strict=True)),
            "the conversation",
        )

    async def stalls(self) -> None:
        """Everyone has said what could not be stored."""
        await until(lambda: all(each.outbox for each in self.talkers), "the silence")

    async def ends(self) -> None:
        for each in self.talkers:
            each.quiet.set()
        await until(lambda: not any(each.outbox for each in self.talkers), "the last acknowledgement")
        book = await ask(READ, room=self.room)
        await until(lambda: all(each.replica.have == book["rev"] for each in self.talkers), "the last event")
        self.compare(book["said"])

    def compare(self, said: list[list[Any]]) -> None:
        acknowledged = [client_id for each in self.talkers for client_id in each.acknowledged]
        assert [seq for seq, _client_id in said] == list(range(1, len(said) + 1)), "no holes"
        assert sorted(client_id for _seq, client_id in said) == sorted(acknowledged), "none lost, none doubled"
        for each in self.talkers:
            held = [[message["seq"], message["client_id"]] for message in each.replica.content()["messages"]]
            assert held == said[held[0][0] - 1 :], f"{each.name} sees something else"
            assert each.replica.snapshots > 1 or len(held) == len(said)


@asynccontextmanager
async def conversation() -> AsyncIterator[Conversation]:
    site = os.environ["MYWEB_TEST_URL"]
    made = await ask(PREPARE, tag=uuid4().hex[:8], password=PASSWORD, count=TALKERS)
    cookies = [await asyncio.to_thread(sign_in, site, email, PASSWORD) for email in made["emails"]]
    talkers = [Talker(site, cookie, made["room"], f"Talker {n}") for n, cookie in enumerate(cookies)]
    lives = [asyncio.create_task(each.live()) for each in talkers]
    try:
        talk = Conversation(talkers, made["room"])
        await talk.goes_on()
        yield talk
        for life in lives:
            if life.done():
                life.result()
    finally:
        for life in lives:
            life.cancel()
        await stack("up")  # whatever was killed, for the next test


async def test_one_of_two_socket_servers_dies() -> None:
    async with conversation() as talk:
        before = sum(each.connections for each in talk.talkers)
        await stack("kill", "live1")
        await talk.goes_on()
        await stack("start", "live1")
        await talk.goes_on()
        await stack("kill", "live2")
        await talk.goes_on()
        await stack("start", "live2")
        await talk.ends()
        assert sum(each.connections for each in talk.talkers) >= before + TALKERS


async def test_redis_dies() -> None:
    async with conversation() as talk:
        before = sum(each.connections for each in talk.talkers)
        await stack("kill", "redis")
        await talk.goes_on()
        await stack("start", "redis")
        await talk.goes_on()
        await talk.ends()
        assert sum(each.connections for each in talk.talkers) == before, "no socket was lost over it"


async def test_the_database_dies() -> None:
    async with conversation() as talk:
        await stack("kill", "postgres")
        await talk.stalls()
        await stack("start", "postgres")
        await talk.goes_on()
        await talk.ends()
        assert any(each.refusals for each in talk.talkers), "they were told"


async def test_everything_dies_in_turn() -> None:
    async with conversation() as talk:
        for part in ("live1", "redis", "live2", "postgres"):
            await stack("kill", part)
            await (talk.stalls() if part == "postgres" else talk.goes_on(2))
            await stack("start", part)
            await talk.goes_on(2)
        await talk.ends()
