"""A topic delivers every event once, in order, or says that some are missing."""

import asyncio
import json
from typing import Any

import pytest

from realtime.identity import Identity
from realtime.socket import Frame, Socket
from realtime.topic import Topic


class Paper:
    """A wire that keeps what was written."""

    def __init__(self) -> None:
        self.frames: list[Any] = []

    def write(self, frame: Frame) -> None:
        self.frames.append(json.loads(frame.payload))

    def close(self, code: int) -> None:
        self.frames.append(code)


def make_socket() -> tuple[Socket, Paper]:
    paper = Paper()
    return Socket(Identity(1, "key"), paper), paper


def events(*numbers: int) -> list[bytes]:
    return [str(number).encode() for number in numbers]


def heard(paper: Paper) -> list[int]:
    """The events in all frames, without answers."""
    return [event for frame in paper.frames if isinstance(frame, list) for event in frame]


@pytest.fixture
async def followed() -> tuple[Topic, Paper]:
    """A topic at 10 with one socket on it, whose loop lets nothing wait."""
    topic, (socket, paper) = Topic("room.1"), make_socket()
    topic.await_answer(socket)
    topic.begin(10)
    topic.admit(socket, b'{"re": 1}')
    return topic, paper


async def flushed(topic: Topic) -> None:
    if topic.due:
        topic.due.cancel()
        topic.flush()


async def test_events_in_order_are_delivered(followed: tuple[Topic, Paper]) -> None:
    topic, paper = followed
    assert topic.receive(11, events(11, 12))
    assert topic.receive(13, events(13))
    await flushed(topic)
    assert heard(paper) == [11, 12, 13]
    assert topic.head == 13


async def test_an_echo_is_dropped(followed: tuple[Topic, Paper]) -> None:
    topic, paper = followed
    assert topic.receive(11, events(11, 12))
    assert topic.receive(11, events(11, 12))
    assert topic.receive(9, events(9, 10))
    await flushed(topic)
    assert heard(paper) == [11, 12]
    assert topic.head == 12


async def test_of_a_half_known_notification_only_the_rest_is_taken(followed: tuple[Topic, Paper]) -> None:
    topic, paper = followed
    topic.receive(11, events(11, 12))
    assert topic.receive(12, events(12, 13, 14))
    await flushed(topic)
    assert heard(paper) == [11, 12, 13, 14]


async def test_a_gap_is_reported_and_nothing_of_it_taken(followed: tuple[Topic, Paper]) -> None:
    topic, paper = followed
    assert not topic.receive(12, events(12, 13))
    await flushed(topic)
    assert heard(paper) == []
    assert topic.head == 10


async def test_what_was_read_again_fills_the_gap(followed: tuple[Topic, Paper]) -> None:
    topic, paper = followed
    topic.receive(13, events(13))
    topic.advance(13, events(11, 13))
    assert topic.receive(12, events(12, 13))
    assert topic.receive(14, events(14))
    await flushed(topic)
    assert heard(paper) == [11, 13, 14]


async def test_what_rings_before_the_head_is_known_waits_for_it() -> None:
    topic, (socket, paper) = Topic("room.1"), make_socket()
    topic.await_answer(socket)
    assert topic.receive(10, events(10))
    assert topic.receive(11, events(11, 12))
    assert topic.head is None
    topic.begin(11)
    topic.admit(socket, b'{"re": 1}')
    await flushed(topic)
    assert topic.head == 12
    assert heard(paper) == [12]


async def test_an_answer_comes_before_the_events_that_rang_meanwhile() -> None:
    topic, (first, one), (second, two) = Topic("room.1"), make_socket(), make_socket()
    topic.await_answer(first)
    topic.begin(10)
    topic.admit(first, b'{"re": 1}')
    topic.await_answer(second)
    topic.receive(11, events(11))
    await flushed(topic)
    assert heard(one) == [11]
    assert two.frames == []
    topic.begin(11)
    topic.admit(second, b'{"re": 2}')
    topic.receive(12, events(12))
    await flushed(topic)
    assert two.frames == [{"re": 2}, [11], [12]]


async def test_who_asks_again_gets_the_answer_first_as_well(followed: tuple[Topic, Paper]) -> None:
    topic, paper = followed
    (socket,) = topic.sockets
    topic.await_answer(socket)
    topic.receive(11, events(11))
    await flushed(topic)
    topic.admit(socket, b'{"re": 2}')
    assert paper.frames == [{"re": 1}, {"re": 2}, [11]]


async def test_a_second_reader_does_not_move_the_head_back_or_forth(followed: tuple[Topic, Paper]) -> None:
    topic, paper = followed
    topic.begin(99)
    assert topic.head == 10
    topic.receive(11, events(11))
    await flushed(topic)
    assert heard(paper) == [11]


async def test_who_has_left_hears_nothing_even_while_joining(followed: tuple[Topic, Paper]) -> None:
    topic, _paper = followed
    socket, paper = make_socket()
    topic.await_answer(socket)
    topic.forget(socket)
    topic.admit(socket, b'{"re": 2}')
    topic.receive(11, events(11))
    await flushed(topic)
    assert paper.frames == []


async def test_events_soon_after_a_flush_share_one_frame(followed: tuple[Topic, Paper]) -> None:
    topic, paper = followed
    topic.free_at = asyncio.get_running_loop().time() + 60
    for number in range(11, 21):
        topic.receive(number, events(number))
    assert heard(paper) == []
    await flushed(topic)
    assert [frame for frame in paper.frames if isinstance(frame, list)] == [list(range(11, 21))]


async def test_a_topic_waits_as_long_as_its_flush_took(followed: tuple[Topic, Paper]) -> None:
    topic, paper = followed
    topic.receive(11, events(11))
    assert heard(paper) == [11], "nothing flushed before, so at once"
    assert topic.due is None
    assert topic.free_at - asyncio.get_running_loop().time() < 1
