"""The end of the ear, at whatever point of its work it comes."""

import asyncio
from typing import Any

import pytest

from realtime.ear import Ear


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
async def test_an_ear_that_is_closed_ends_though_the_layer_has_just_answered(
    monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    monkeypatch.setattr("realtime.ear.channel_layers", {"default": Quick()})
    ear = Ear(lambda _bell: None)
    ear.hold("room.1")
    ear.ring("room.1", {"type": "bell"})
    for _turn in range(steps):
        await asyncio.sleep(0)
    ear.close()
    done, _still = await asyncio.wait((ear.listening, *ear.tasks), timeout=1)
    assert all(each.cancelled() for each in done)
    assert len(done) == 1 + len(ear.tasks), "something goes on"
