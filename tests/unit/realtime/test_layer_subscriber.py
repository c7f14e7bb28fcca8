"""Closing the layer subscriber, at any point of its work."""

import asyncio
from typing import Any

import pytest

from realtime.layer_subscriber import LayerSubscriber


class Quick:
    """A layer that answers at once, and never has news."""

    async def new_channel(self) -> str:
        return "mine"

    async def receive(self, _channel: str) -> None:
        await asyncio.Event().wait()

    async def group_add(self, _group: str, _channel: str) -> None: ...

    async def group_discard(self, _group: str, _channel: str) -> None: ...

    async def group_send(self, _group: str, _message: dict[str, Any]) -> None: ...


@pytest.mark.parametrize("steps", range(8))
async def test_a_closed_subscriber_ends_though_the_layer_has_just_answered(
    monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    monkeypatch.setattr("realtime.layer_subscriber.channel_layers", {"default": Quick()})
    subscriber = LayerSubscriber(lambda _message: None)
    subscriber.hold("room.1")
    subscriber.publish("room.1", {"type": "event"})
    for _turn in range(steps):
        await asyncio.sleep(0)
    subscriber.close()
    done, _still = await asyncio.wait((subscriber.listening, *subscriber.tasks), timeout=1)
    assert all(each.cancelled() for each in done)
    assert len(done) == 1 + len(subscriber.tasks), "something goes on"
