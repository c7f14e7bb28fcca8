"""The page's own client in a Node process; its sockets end in the real consumer, in the process of the test."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings

from accounts.models import User
from realtime.consumers import SocketConsumer
from realtime.database import in_thread
from tests.support.wire import ORIGIN, TIMEOUT, open_session

SCRIPT = Path(__file__).parents[1] / "scripts/clients.js"
Line = dict[str, Any]


class Connection:
    """One websocket: what the client sends goes to the consumer, what the consumer sends goes to the client."""

    def __init__(self, client: "Client", number: int) -> None:
        self.client, self.clients, self.number = client, client.clients, number
        self.to_server: asyncio.Queue[Line] = asyncio.Queue()
        self.to_server.put_nowait({"type": "websocket.connect"})
        cookie = f"{settings.SESSION_COOKIE_NAME}={client.session}".encode()
        headers = [(b"cookie", cookie), (b"origin", ORIGIN.encode())]
        scope = {"type": "websocket", "path": "/ws/", "headers": headers, "query_string": b"", "subprotocols": []}
        self.task = asyncio.create_task(SocketConsumer.as_asgi()(scope, self.to_server.get, self.send))

    async def send(self, message: Line) -> None:
        if message["type"] == "websocket.accept":
            self.clients.write(do="opened", socket=self.number)
        elif message["type"] == "websocket.close":
            self.clients.write(do="closed", socket=self.number, code=message.get("code", 1000))
        elif text := self.client.lose_some(message["text"]):
            self.clients.write(do="frame", socket=self.number, text=text)

    async def end(self) -> None:
        self.to_server.put_nowait({"type": "websocket.disconnect", "code": 1001})
        await asyncio.wait_for(self.task, TIMEOUT)


class Client:
    def __init__(self, clients: "Clients", name: str, user: User, room: int) -> None:
        self.clients, self.name, self.user = clients, name, user
        self.session = ""
        self.connection: Connection | None = None
        self.to_lose = 0  # events of the room that do not reach the client
        self.state: Line = {"live": False, "rev": None, "unsent": 0}
        clients.write(do="create", client=name, user=user.pk, room=room)

    async def connect(self) -> None:
        if self.connection is None:
            self.session = await in_thread(open_session, self.user)
            self.clients.write(do="online", client=self.name)
        await self.clients.until(lambda: self.state["live"], "a live connection")

    async def cut(self) -> None:
        self.clients.write(do="offline", client=self.name)
        if self.connection:
            connection, self.connection = self.connection, None
            self.state["live"] = False
            await connection.end()
            self.clients.write(do="closed", socket=connection.number, code=1006)

    def lose_some(self, frame: str) -> str:
        """The frame without those events that are to be lost: an empty text if nothing is left."""
        events = json.loads(frame)
        if not self.to_lose or not isinstance(events, list):
            return frame
        kept = []
        for event in events:
            if self.to_lose and event["stream"].startswith("room.") and event.get("rev"):
                self.to_lose -= 1
            else:
                kept.append(event)
        return json.dumps(kept) if kept else ""

    def follow(self) -> None:
        self.state["rev"] = None
        self.clients.write(do="follow", client=self.name)

    def post(self, body: str) -> None:
        self.clients.write(do="post", client=self.name, body=body)

    async def command(self, name: str, **fields: Any) -> Line:
        return await self.clients.ask(do="command", client=self.name, name=name, fields=fields)

    async def content(self) -> Line:
        content: Line = (await self.clients.ask(do="content", client=self.name))["ok"]
        return content


class Clients:
    def __init__(self) -> None:
        self.clients: dict[str, Client] = {}
        self.connections: dict[int, Connection] = {}
        self.results: dict[int, Line] = {}
        self.number = 0
        self.changed = asyncio.Event()

    async def start(self) -> None:
        pipe = asyncio.subprocess.PIPE
        self.node = await asyncio.create_subprocess_exec("node", SCRIPT, stdin=pipe, stdout=pipe, limit=2**24)
        self.reader = asyncio.create_task(self.read())

    async def stop(self) -> None:
        assert self.node.stdin
        self.node.stdin.close()
        await self.node.wait()
        await self.reader

    def add(self, user: User, room: int) -> Client:
        name = str(len(self.clients))
        self.clients[name] = Client(self, name, user, room)
        return self.clients[name]

    def write(self, **line: Any) -> None:
        assert self.node.stdin
        self.node.stdin.write(json.dumps(line).encode() + b"\n")

    async def read(self) -> None:
        assert self.node.stdout
        async for text in self.node.stdout:
            self.take(json.loads(text))
            self.changed.set()

    def take(self, line: Line) -> None:
        if line["type"] == "result":
            self.results[line["number"]] = line
        elif line["type"] == "state":
            self.clients[line["client"]].state = line
        elif line["type"] == "open":
            client = self.clients[line["client"]]
            client.connection = Connection(client, line["socket"])
            self.connections[line["socket"]] = client.connection
        elif line["type"] == "send":
            message = {"type": "websocket.receive", "text": line["text"]}
            self.connections[line["socket"]].to_server.put_nowait(message)
        else:
            message = {"type": "websocket.disconnect", "code": 1000}
            self.connections[line["socket"]].to_server.put_nowait(message)

    async def ask(self, **line: Any) -> Line:
        self.number += 1
        number = self.number
        self.write(number=number, **line)
        await self.until(lambda: number in self.results, f"the answer to {line}")
        return self.results.pop(number)

    async def until(self, reached: Callable[[], object], what: str) -> None:
        try:
            async with asyncio.timeout(TIMEOUT):
                while not reached():
                    self.changed.clear()
                    await self.changed.wait()
        except TimeoutError:
            raise AssertionError(f"{what} did not come within {TIMEOUT} s") from None
