"""Who is let in, who waits and who is told to come later, when more come than can be served at once."""

import asyncio
from types import SimpleNamespace

import pytest

from realtime import admission, server
from realtime.admission import (
    EAGERNESS,
    FIRST_RATE,
    MAX_ENTERING,
    MAX_HINT,
    MAX_TURN,
    MAX_WAIT,
    MIN_ENTERING,
    MIN_LINE,
    MIN_RATE,
    STEP,
    Admission,
)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Visitor:
    def __init__(self, clock: Clock, *, gone: bool = False, takes: float = 0.0) -> None:
        self.clock, self.gone, self.takes = clock, gone, takes
        self.entered_at: float | None = None
        self.told: float | None = None

    def is_gone(self) -> bool:
        return self.gone

    def enter(self) -> None:
        self.clock.now += self.takes
        self.entered_at = self.clock.now

    def turn_away(self, seconds: float) -> None:
        self.told = seconds


async def turn() -> None:
    """One turn of the loop."""
    await asyncio.sleep(0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def door(clock: Clock) -> Admission:
    """It has seen that as many as possible can enter at the same time."""
    door = Admission(clock)
    door.limit = MAX_ENTERING
    return door


def arrive(door: Admission, clock: Clock, count: int, *, takes: float = 0.0) -> list[Visitor]:
    visitors = [Visitor(clock, takes=takes) for _number in range(count)]
    for visitor in visitors:
        door.arrive(visitor)
    return visitors


def entered(visitors: list[Visitor]) -> int:
    return sum(visitor.entered_at is not None for visitor in visitors)


async def test_a_single_client_is_let_in_at_once(door: Admission, clock: Clock) -> None:
    (visitor,) = arrive(door, clock, 1)
    await turn()
    assert visitor.entered_at == clock.now


async def test_no_more_than_a_batch_is_let_in_at_a_time_and_in_order(door: Admission, clock: Clock) -> None:
    visitors = arrive(door, clock, MAX_ENTERING + 10)
    await turn()
    assert entered(visitors[:MAX_ENTERING]) == entered(visitors) == MAX_ENTERING
    for _number in range(4):
        door.leave()
    await turn()
    assert entered(visitors[: MAX_ENTERING + 4]) == entered(visitors) == MAX_ENTERING + 4


async def test_handshakes_leave_the_loop_to_others_after_a_step(door: Admission, clock: Clock) -> None:
    visitors = arrive(door, clock, 10, takes=STEP * 0.4)
    await turn()
    assert entered(visitors) == 3
    await turn()
    assert entered(visitors) == 6


async def test_fewer_enter_together_while_the_turns_of_the_loop_are_long(door: Admission, clock: Clock) -> None:
    arrive(door, clock, MAX_ENTERING * 2)
    for _turn in range(40):
        clock.now += MAX_TURN * 2  # others take so long
        await turn()
        door.leave()
    assert door.limit == MIN_ENTERING
    for _turn in range(200):
        arrive(door, clock, 1)
        await turn()
        while door.entering > door.limit - 1:
            door.leave()
    assert door.limit > MIN_ENTERING * 2


async def test_nothing_is_done_for_those_who_have_gone(door: Admission, clock: Clock) -> None:
    first = arrive(door, clock, MAX_ENTERING)
    await turn()
    noticed, unread, patient = arrive(door, clock, 3)
    door.forget(noticed)
    unread.gone = True
    door.leave()
    await turn()
    assert entered(first) == MAX_ENTERING
    assert (entered([noticed, unread]), entered([patient])) == (0, 1)


async def test_who_would_wait_too_long_is_told_when_to_come_one_after_another(door: Admission, clock: Clock) -> None:
    waiting = MAX_ENTERING + int(FIRST_RATE * MAX_WAIT)
    arrive(door, clock, waiting)
    late = [visitor.told or 0 for visitor in arrive(door, clock, 1_000)]
    assert late == sorted(late)
    assert min(late) > MAX_WAIT / 2
    assert late[-1] - late[0] == pytest.approx(999 / (FIRST_RATE * EAGERNESS))
    assert max(visitor.told or 0 for visitor in arrive(door, clock, 50_000)) <= MAX_HINT


async def test_who_waits_is_turned_away_as_soon_as_it_is_known_that_it_would_take_too_long(
    door: Admission, clock: Clock
) -> None:
    visitors = arrive(door, clock, MAX_ENTERING + int(FIRST_RATE * MAX_WAIT))
    await turn()
    clock.now += 1
    for _number in range(30):
        door.leave()
    await turn()
    told = [visitor for visitor in visitors if visitor.told]
    assert len(door.line) == pytest.approx(30 * MAX_WAIT, abs=1)
    assert len(told) == len(visitors) - entered(visitors) - len(door.line)
    assert set(told).isdisjoint(visitors[: entered(visitors) + len(door.line)]), "those who came last"


async def measured(door: Admission, clock: Clock, per_s: int, seconds: int) -> None:
    """So many are let in while more wait."""
    arrive(door, clock, MAX_ENTERING + 100)
    await turn()
    for _step in range(seconds * 50):
        clock.now += 1 / 50
        for _number in range(per_s // 50):
            door.leave()
        arrive(door, clock, max(1, per_s // 50))
        await turn()


@pytest.mark.parametrize("per_s", [50, 500, 5_000])
async def test_the_times_follow_the_rate_at_which_clients_are_let_in(door: Admission, clock: Clock, per_s: int) -> None:
    await measured(door, clock, per_s, 8)
    assert door.rate == pytest.approx(per_s, rel=0.1)


async def test_an_outage_does_not_send_everybody_away_for_long(door: Admission, clock: Clock) -> None:
    await measured(door, clock, 0, 30)
    assert door.rate == MIN_RATE
    while door.entering:
        door.leave()
        await turn()
    visitors = arrive(door, clock, MAX_ENTERING)
    await turn()
    assert entered(visitors) == MAX_ENTERING


def test_the_line_is_served_within_the_patience_of_a_page() -> None:
    assert MAX_WAIT + MIN_LINE / MIN_RATE < 10, "see connect() in realtime/static/realtime/socket.js"
    assert admission.MAX_HINT <= 60, "see MAX_WAIT there"


async def test_a_client_that_never_stops_sending_keeps_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "ENTERING_LIMIT", 0.01)
    left = asyncio.Event()
    protocol = server.SocketProtocol()
    protocol.transport = SimpleNamespace(pauseProducing=None, resumeProducing=None)
    protocol.server = SimpleNamespace(admission=SimpleNamespace(leave=left.set))
    queue = protocol.application_queue = protocol.open_receive_queue()
    queue.put({"type": "websocket.connect"})
    async with asyncio.timeout(20):
        while not left.is_set():
            queue.put({"type": "websocket.receive"})  # before the one of before is done
            await queue.get()
            await turn()
