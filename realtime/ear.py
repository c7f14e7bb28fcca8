"""The process's one channel on the layer: hears the bells of the groups it listens to, and rings for others.

Redis may be away. Listening is then repeated until it works; ringing is dropped: the database is read again anyway.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any

from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import channel_layers

from realtime.background import start

logger = logging.getLogger(__name__)

UNSENT_LIMIT = 10_000
PATIENCE = 3.0  # seconds for one word with the layer
ECHO_PATIENCE = 2.0  # seconds until what is rung to oneself has to be heard


class Ear:
    def __init__(self, heard: Callable[[dict[str, Any]], None]) -> None:
        self.heard = heard
        self.layer = channel_layers[DEFAULT_CHANNEL_LAYER]
        self.channel = ""
        self.holders: dict[str, int] = {}  # group -> how many need it
        self.joined: set[str] = set()
        self.unsent: deque[tuple[str, dict[str, Any]]] = deque(maxlen=UNSENT_LIMIT)
        self.wake_sender = asyncio.Event()
        self.wake_joiner = asyncio.Event()
        self.trouble = False
        self.sounds = 0  # heard so far, echoes too
        self.listening = asyncio.ensure_future(self.listen())
        self.tasks = [asyncio.ensure_future(work()) for work in (self.send, self.join)]

    def hold(self, group: str) -> None:
        self.holders[group] = self.holders.get(group, 0) + 1
        if group not in self.joined:
            self.wake_joiner.set()

    def release(self, group: str) -> None:
        self.holders[group] -= 1
        if not self.holders[group]:
            del self.holders[group]
            self.wake_joiner.set()

    def ring(self, group: str, bell: dict[str, Any]) -> None:
        self.unsent.append((group, bell))
        self.wake_sender.set()

    async def listen(self) -> None:
        while True:
            if not self.channel:
                self.channel = await self.try_to(self.layer.new_channel) or ""
                self.wake_joiner.set()
                if not self.channel:
                    await asyncio.sleep(1)
                    continue
            try:
                message = await self.layer.receive(self.channel)
                self.sounds += 1
                if message.get("type") != "echo":
                    self.heard(message)
            except Exception:
                logger.exception("A notification could not be decoded")
                self.channel = ""
                self.joined.clear()
                await asyncio.sleep(1)

    async def check(self) -> None:
        """A line can be dead without a sign: its server hangs, or has lost its power, and another took its place.

        Whoever can ring, but does not hear what they ring to themselves, is on such a line.
        """
        channel, sounds = self.channel, self.sounds
        if not channel or not await self.try_to(self.layer.send, channel, {"type": "echo"}):
            return
        await asyncio.sleep(ECHO_PATIENCE)
        if self.sounds == sounds and self.channel == channel:
            logger.warning("Redis: publishing works but nothing is received; resubscribing on a new connection.")
            self.listen_anew()

    def listen_anew(self) -> None:
        """On a new line. The old one is given up in its own time: words to a dead server can take long."""
        self.listening.cancel()
        start(self.layer.flush())
        self.layer = channel_layers.make_backend(DEFAULT_CHANNEL_LAYER)
        self.channel = ""
        self.joined.clear()
        self.listening = asyncio.ensure_future(self.listen())

    async def join(self) -> None:
        """Keeps the layer's list of our groups equal to what is held."""
        while True:
            await self.wake_joiner.wait()
            self.wake_joiner.clear()
            if not self.channel:
                continue
            channel = self.channel
            for group in [*(self.holders.keys() - self.joined)]:
                if await self.try_to(self.layer.group_add, group, channel) is None or self.channel != channel:
                    break  # another line, where nothing is joined yet: its coming wakes us again
                self.joined.add(group)
            for group in [*(self.joined - self.holders.keys())]:
                if await self.try_to(self.layer.group_discard, group, self.channel) is None:
                    break
                self.joined.discard(group)
            if self.trouble:
                await asyncio.sleep(1)
                self.wake_joiner.set()

    async def send(self) -> None:
        while True:
            await self.wake_sender.wait()
            self.wake_sender.clear()
            while self.unsent:
                group, bell = self.unsent.popleft()
                await self.try_to(self.layer.group_send, group, bell)

    async def try_to(self, call: Callable[..., Any], *args: object) -> Any:
        """What the layer answered, True for nothing, None for trouble (said once until it is over)."""
        try:
            async with asyncio.timeout(PATIENCE):  # wait_for loses a cancel, until Python 3.12
                answer = await call(*args)
        except Exception as error:
            if not self.trouble:
                logger.warning("The channel layer does not respond (%s); falling back to the database.", error)
            self.trouble = True
            return None
        if self.trouble:
            logger.warning("The channel layer responds again.")
        self.trouble = False
        return True if answer is None else answer

    def close(self) -> None:
        for task in (self.listening, *self.tasks):
            task.cancel()
