"""What a socket server holds of a client's frames: bounded, in order, and nothing of it lost."""

import asyncio
from collections.abc import Callable

import pytest

from realtime.inbox import FRAMES_PER_SECOND, HELD_BYTES, HELD_FRAMES, Inbox


@pytest.fixture
def told() -> list[str]:
    """What the network was told, in order."""
    return []


@pytest.fixture
def inbox(told: list[str]) -> Inbox:
    return Inbox(lambda: told.append("pause"), lambda: told.append("resume"))


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


async def test_frames_come_out_in_the_order_in_which_they_went_in(inbox: Inbox) -> None:
    for number in range(3):
        inbox.put(numbered(number))
    assert [await inbox.get() for _frame in range(3)] == [numbered(number) for number in range(3)]


async def test_who_waits_gets_the_next_frame(inbox: Inbox) -> None:
    waiting = asyncio.ensure_future(inbox.get())
    await asyncio.sleep(0)
    assert not waiting.done()
    inbox.put(numbered(1))
    inbox.put(numbered(2))
    assert await waiting == numbered(1)
    assert await inbox.get() == numbered(2)


async def test_who_stopped_waiting_takes_nothing_away(inbox: Inbox) -> None:
    gone = asyncio.ensure_future(inbox.get())
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait([gone])
    inbox.put(numbered(1))
    assert await inbox.get() == numbered(1)


async def test_a_full_inbox_reads_no_more_until_half_of_it_is_done(inbox: Inbox, told: list[str]) -> None:
    for number in range(HELD_FRAMES):
        inbox.put(numbered(number))
    assert told == []
    inbox.put(numbered(HELD_FRAMES))
    assert told == ["pause"]
    while len(inbox.held) > HELD_FRAMES // 2 + 1:
        await inbox.get()
        assert told == ["pause"]
    await inbox.get()
    assert told == ["pause", "resume"]


async def test_what_was_on_its_way_when_reading_stopped_is_kept(inbox: Inbox, told: list[str]) -> None:
    many = 20 * HELD_FRAMES
    for number in range(many):
        inbox.put(numbered(number))
    assert [await inbox.get() for _frame in range(many)] == [numbered(number) for number in range(many)]
    assert told == ["pause", "resume"]


async def test_few_frames_that_are_large_fill_it_too(inbox: Inbox, told: list[str]) -> None:
    for _frame in range(4):
        inbox.put({}, HELD_BYTES // 4)
    assert told == []
    inbox.put({}, 1)
    assert told == ["pause"]
    for _frame in range(2):
        await inbox.get()
    assert told == ["pause"], "one byte more than half"
    await inbox.get()
    assert told == ["pause", "resume"]


async def test_it_fills_and_empties_again_and_again(inbox: Inbox, told: list[str]) -> None:
    for _round in range(3):
        for number in range(HELD_FRAMES + 1):
            inbox.put(numbered(number), 1_000)
        for _frame in range(HELD_FRAMES + 1):
            await inbox.get()
    assert told == ["pause", "resume"] * 3
    assert inbox.bytes == 0


async def test_too_many_frames_in_a_second_are_a_flood(inbox: Inbox, at: Clock) -> None:
    at(10.0)
    assert not any(inbox.is_flooded() for _frame in range(FRAMES_PER_SECOND))
    at(10.9)
    assert inbox.is_flooded()


async def test_as_many_in_each_of_several_seconds_are_none(inbox: Inbox, at: Clock) -> None:
    for second in range(5):
        at(10.5 + second)
        assert not any(inbox.is_flooded() for _frame in range(FRAMES_PER_SECOND))
