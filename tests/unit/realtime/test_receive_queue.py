"""What a socket server holds of a client's frames: bounded, in order, and nothing of it lost."""

import asyncio
from collections.abc import Callable

import pytest

from realtime.receive_queue import FRAMES_PER_SECOND, HELD_BYTES, HELD_FRAMES, ReceiveQueue


@pytest.fixture
def calls() -> list[str]:
    """The calls to the transport, in order."""
    return []


@pytest.fixture
def queue(calls: list[str]) -> ReceiveQueue:
    return ReceiveQueue(lambda: calls.append("pause"), lambda: calls.append("resume"))


Clock = Callable[[float], None]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """``at(12.5)``: it is so late."""
    now = [10.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])

    def at(seconds: float) -> None:
        now[0] = seconds

    return at


def numbered(number: int) -> dict[str, int]:
    return {"number": number}


async def test_frames_come_out_in_the_order_in_which_they_went_in(queue: ReceiveQueue) -> None:
    for number in range(3):
        queue.put(numbered(number))
    assert [await queue.get() for _frame in range(3)] == [numbered(number) for number in range(3)]


async def test_who_waits_gets_the_next_frame(queue: ReceiveQueue) -> None:
    waiting = asyncio.ensure_future(queue.get())
    await asyncio.sleep(0)
    assert not waiting.done()
    queue.put(numbered(1))
    queue.put(numbered(2))
    assert await waiting == numbered(1)
    assert await queue.get() == numbered(2)


async def test_who_stopped_waiting_takes_nothing_away(queue: ReceiveQueue) -> None:
    gone = asyncio.ensure_future(queue.get())
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait([gone])
    queue.put(numbered(1))
    assert await queue.get() == numbered(1)


async def test_a_full_queue_reads_no_more_until_half_of_it_is_done(queue: ReceiveQueue, calls: list[str]) -> None:
    for number in range(HELD_FRAMES):
        queue.put(numbered(number))
    assert calls == []
    queue.put(numbered(HELD_FRAMES))
    assert calls == ["pause"]
    while len(queue.held) > HELD_FRAMES // 2 + 1:
        await queue.get()
        assert calls == ["pause"]
    await queue.get()
    assert calls == ["pause", "resume"]


async def test_what_was_on_its_way_when_reading_stopped_is_kept(queue: ReceiveQueue, calls: list[str]) -> None:
    many = 20 * HELD_FRAMES
    for number in range(many):
        queue.put(numbered(number))
    assert [await queue.get() for _frame in range(many)] == [numbered(number) for number in range(many)]
    assert calls == ["pause", "resume"]


async def test_few_frames_that_are_large_fill_it_too(queue: ReceiveQueue, calls: list[str]) -> None:
    for _frame in range(4):
        queue.put({}, HELD_BYTES // 4)
    assert calls == []
    queue.put({}, 1)
    assert calls == ["pause"]
    for _frame in range(2):
        await queue.get()
    assert calls == ["pause"], "one byte more than half"
    await queue.get()
    assert calls == ["pause", "resume"]


async def test_it_fills_and_empties_again_and_again(queue: ReceiveQueue, calls: list[str]) -> None:
    for _round in range(3):
        for number in range(HELD_FRAMES + 1):
            queue.put(numbered(number), 1_000)
        for _frame in range(HELD_FRAMES + 1):
            await queue.get()
    assert calls == ["pause", "resume"] * 3
    assert queue.bytes == 0


async def test_too_many_frames_in_a_second_are_a_flood(queue: ReceiveQueue, at: Clock) -> None:
    at(10.0)
    assert not any(queue.is_flooded() for _frame in range(FRAMES_PER_SECOND))
    at(10.9)
    assert queue.is_flooded()


async def test_as_many_in_each_of_several_seconds_are_none(queue: ReceiveQueue, at: Clock) -> None:
    for second in range(5):
        at(10.5 + second)
        assert not any(queue.is_flooded() for _frame in range(FRAMES_PER_SECOND))
