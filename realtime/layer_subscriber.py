"""The one channel of this process on the channel layer: subscribes to groups, and publishes to others.

If Redis is away, subscribing is retried and publishing is dropped: the database is read again anyway.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any

from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import channel_layers

from realtime.background import start_task

logger = logging.getLogger(__name__)

MAX_UNSENT_EVENTS = 10_000
TIMEOUT = 3.0  # seconds for a call of the layer
ECHO_TIMEOUT = 2.0  # seconds until an echo must arrive


class LayerSubscriber:
    def __init__(self, on_message: Callable[[dict[str, Any]], None]) -> None:
        self.on_message = on_message
        self.layer = channel_layers[DEFAULT_CHANNEL_LAYER]
        self.channel = ""
        self.holders: dict[str, int] = {}  # group -> how many hold it
        self.joined: set[str] = set()
        self.unsent: deque[tuple[str, dict[str, Any]]] = deque(maxlen=MAX_UNSENT_EVENTS)
        self.wake_sender = asyncio.Event()
        self.wake_sync = asyncio.Event()
        self.failing = False
        self.received = 0  # messages so far, with echoes
        self.listening = asyncio.ensure_future(self.listen())
        self.tasks = [asyncio.ensure_future(work()) for work in (self.send_pending, self.sync_groups)]

    def hold(self, group: str) -> None:
        self.holders[group] = self.holders.get(group, 0) + 1
        if group not in self.joined:
            self.wake_sync.set()

    def release(self, group: str) -> None:
        self.holders[group] -= 1
        if not self.holders[group]:
            del self.holders[group]
            self.wake_sync.set()

    def publish(self, group: str, event: dict[str, Any]) -> None:
        self.unsent.append((group, event))
        self.wake_sender.set()

    async def listen(self) -> None:
        while True:
            if not self.channel:
                self.channel = await self.call_layer(self.layer.new_channel) or ""
                self.wake_sync.set()
                if not self.channel:
                    await asyncio.sleep(1)
                    continue
            try:
                message = await self.layer.receive(self.channel)
                self.received += 1
                if message.get("type") != "echo":
                    self.on_message(message)
            except Exception:
                logger.exception("A notification could not be decoded")
                self.channel = ""
                self.joined.clear()
                await asyncio.sleep(1)

    async def check_echo(self) -> None:
        """Detects a half-open connection: its server hangs, or was replaced without closing it.

        On such a connection publishing to ourselves works, but the echo never arrives.
        """
        channel, received = self.channel, self.received
        if not channel or not await self.call_layer(self.layer.send, channel, {"type": "echo"}):
            return
        await asyncio.sleep(ECHO_TIMEOUT)
        if self.received == received and self.channel == channel:
            logger.warning("Redis: publishing works but nothing is received; resubscribing on a new connection.")
            self.resubscribe()

    def resubscribe(self) -> None:
        """On a new connection. The old one is closed in the background: a dead server can take long to time out."""
        self.listening.cancel()
        start_task(self.layer.flush())
        self.layer = channel_layers.make_backend(DEFAULT_CHANNEL_LAYER)
        self.channel = ""
        self.joined.clear()
        self.listening = asyncio.ensure_future(self.listen())

    async def sync_groups(self) -> None:
        """Keeps our groups on the layer equal to those that are held."""
        while True:
            await self.wake_sync.wait()
            self.wake_sync.clear()
            if not self.channel:
                continue
            channel = self.channel
            for group in [*(self.holders.keys() - self.joined)]:
                if await self.call_layer(self.layer.group_add, group, channel) is None or self.channel != channel:
                    break  # a new connection, which has joined nothing yet and wakes us again
                self.joined.add(group)
            for group in [*(self.joined - self.holders.keys())]:
                if await self.call_layer(self.layer.group_discard, group, self.channel) is None:
                    break
                self.joined.discard(group)
            if self.failing:
                await asyncio.sleep(1)
                self.wake_sync.set()

    async def send_pending(self) -> None:
        while True:
            await self.wake_sender.wait()
            self.wake_sender.clear()
            while self.unsent:
                group, event = self.unsent.popleft()
                await self.call_layer(self.layer.group_send, group, event)

    async def call_layer(self, call: Callable[..., Any], *args: object) -> Any:
        """The result of the call, True for none. On failure None; the log says so once until it works again."""
        try:
            async with asyncio.timeout(TIMEOUT):  # wait_for loses a cancel, until Python 3.12
                result = await call(*args)
        except Exception as error:
            if not self.failing:
                logger.warning("The channel layer does not respond (%s); falling back to the database.", error)
            self.failing = True
            return None
        if self.failing:
            logger.warning("The channel layer responds again.")
        self.failing = False
        return True if result is None else result

    def close(self) -> None:
        for task in (self.listening, *self.tasks):
            task.cancel()
