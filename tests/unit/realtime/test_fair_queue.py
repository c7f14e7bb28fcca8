"""Users take turns: who asks for much waits, and nobody else does."""

import asyncio
from collections.abc import Callable, Iterator
from threading import Event

import pytest

from realtime import fair_queue
from realtime.fair_queue import FairQueue
from realtime.rate_limits import TooFast

ADA, BEN = 1, 2


class Gate:
    """Holds the worker, so that jobs wait; notes which were done."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.open = Event()

    def hold(self) -> None:
        assert self.open.wait(20)

    def job(self, name: str) -> Callable[[], None]:
        return lambda: self.done.append(name)


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open.set()


async def test_users_take_turns(gate: Gate) -> None:
    queue = FairQueue()
    jobs = [queue.submit(ADA, gate.hold)]
    jobs += [queue.submit(ADA, gate.job(f"ada {number}")) for number in range(3)]
    jobs += [queue.submit(BEN, gate.job(f"ben {number}")) for number in range(2)]
    gate.open.set()
    await asyncio.gather(*jobs)
    assert gate.done == ["ben 0", "ada 0", "ben 1", "ada 1", "ada 2"]


async def test_a_job_that_fails_fails_alone() -> None:
    queue = FairQueue()
    outcomes = await asyncio.gather(
        queue.submit(ADA, lambda: 1 // 0), queue.submit(ADA, lambda: 7), return_exceptions=True
    )
    assert isinstance(outcomes[0], ZeroDivisionError)
    assert outcomes[1] == 7


async def test_a_user_with_too_many_jobs_is_refused_with_a_wait_and_others_are_not(gate: Gate) -> None:
    queue = FairQueue()
    jobs = [queue.submit(ADA, gate.hold)]
    await asyncio.sleep(0)  # its turn begins: it waits no more
    jobs += [queue.submit(ADA, gate.job("ada")) for _number in range(fair_queue.PENDING)]
    with pytest.raises(TooFast) as refused:
        queue.submit(ADA, gate.job("too many"))
    assert refused.value.answer().wait == fair_queue.RETRY_AFTER
    jobs.append(queue.submit(BEN, gate.job("ben")))
    gate.open.set()
    await asyncio.gather(*jobs)
    assert gate.done.count("ada") == fair_queue.PENDING
    assert gate.done.index("ben") <= 1, "behind one job of Ada's at most"


async def test_a_job_that_nobody_waits_for_any_more_is_left_out(gate: Gate) -> None:
    queue = FairQueue()
    held, left = queue.submit(ADA, gate.hold), queue.submit(ADA, gate.job("left"))
    last = queue.submit(ADA, gate.job("last"))
    left.cancel()
    gate.open.set()
    await asyncio.gather(held, last)
    assert gate.done == ["last"]
