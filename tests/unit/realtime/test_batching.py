"""Requests that share a query: which waits for which, and which an error reaches."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import pytest

from realtime.batching import RESULTS_AT_ONCE, Batcher
from tests.support.wire import reached

Results = Sequence[str | Exception]


class Database:
    """Answers each request with itself in capitals; a request in ``held`` waits until it is released."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.working = self.most_concurrent = 0
        self.held: dict[str, threading.Event] = {}

    def hold(self, request: str) -> Callable[[], None]:
        self.held[request] = threading.Event()
        return self.held[request].set

    def __call__(self, requests: Sequence[str]) -> Results:
        self.batches.append([*requests])
        self.working += 1
        self.most_concurrent = max(self.most_concurrent, self.working)
        try:
            return self.answer(requests)
        finally:
            self.working -= 1

    def answer(self, requests: Sequence[str]) -> Results:
        for request in requests:
            assert request not in self.held or self.held[request].wait(20)
        if "crash" in requests:
            raise RuntimeError("the whole batch")
        return [ValueError(each) if each.startswith("wrong") else each.upper() for each in requests]


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setattr("myweb.connection_health.close_old_connections", lambda: None)  # no test here has a connection
    database = Database()
    yield database
    for event in database.held.values():
        event.set()


@pytest.fixture(params=[1, 3])
def batches(request: pytest.FixtureRequest, database: Database) -> Batcher[str, str]:
    return Batcher(database, size=100, concurrency=request.param)


def in_turn(database: Database, size: int = 100) -> Batcher[str, str]:
    return Batcher(database, size=size, concurrency=1)


def beside(database: Database) -> Batcher[str, str]:
    return Batcher(database, size=100, concurrency=3)


async def started(database: Database, *requests: str) -> None:
    await reached(lambda: {*requests} <= {each for batch in database.batches for each in batch}, f"{requests}")


async def test_one_request_alone_runs_at_once(database: Database, batches: Batcher[str, str]) -> None:
    for request in "abc":
        assert await batches.submit(request) == request.upper()
    assert database.batches == [["a"], ["b"], ["c"]]


async def test_what_comes_while_a_batch_runs_goes_into_the_next(database: Database) -> None:
    batches, let_go = in_turn(database), database.hold("first")
    futures = [batches.submit("first")]
    await started(database, "first")
    futures += [batches.submit(f"{number}") for number in range(50)]
    let_go()
    assert await asyncio.gather(*futures) == ["FIRST", *(f"{number}" for number in range(50))]
    assert database.batches == [["first"], [f"{number}" for number in range(50)]]


async def test_no_batch_is_larger_than_its_size_and_all_keep_their_order(database: Database) -> None:
    batches, done = in_turn(database, size=10), list[str]()
    futures = [batches.submit(f"{number}") for number in range(95)]
    for future in futures:
        future.add_done_callback(lambda future: done.append(future.result()))
    await asyncio.gather(*futures)
    assert [each for batch in database.batches for each in batch] == [f"{number}" for number in range(95)]
    assert max(len(batch) for batch in database.batches) == 10
    assert done == [f"{number}" for number in range(95)]


async def test_batches_that_follow_each_other_never_overlap(database: Database) -> None:
    batches, let_go = in_turn(database), database.hold("slow")
    slow = batches.submit("slow")
    await started(database, "slow")
    later = batches.submit("later")
    let_go()
    assert (await slow, await later) == ("SLOW", "LATER")
    assert database.most_concurrent == 1


async def test_a_slow_batch_does_not_hold_up_what_comes_later(database: Database) -> None:
    batches, let_go = beside(database), database.hold("slow")
    slow = batches.submit("slow")
    await started(database, "slow")
    for request in "abc":
        assert await asyncio.wait_for(batches.submit(request), 10) == request.upper()
    assert not slow.done()
    let_go()
    assert await slow == "SLOW"


async def test_no_more_batches_run_at_once_than_allowed(database: Database) -> None:
    batches, slow = beside(database), ["s1", "s2", "s3"]
    let_go = [database.hold(each) for each in slow]
    futures = []
    for each in slow:
        futures.append(batches.submit(each))
        await started(database, each)
    last = batches.submit("last")
    await reached(lambda: batches.timer is None, "the moment for one more batch")
    assert database.batches == [["s1"], ["s2"], ["s3"]]
    let_go[1]()
    assert await asyncio.wait_for(last, 10) == "LAST"
    assert not futures[0].done()
    assert not futures[2].done()


async def test_requests_that_come_together_are_spread_when_nothing_runs(database: Database) -> None:
    batches, let_go = beside(database), database.hold("slow")
    slow, quick = batches.submit("slow"), batches.submit("quick")
    assert await asyncio.wait_for(quick, 10) == "QUICK"
    assert not slow.done()
    let_go()
    await slow


async def test_many_results_come_in_several_turns_of_the_loop(database: Database) -> None:
    batches, let_go = beside(database), database.hold("slow")
    slow = batches.submit("slow")
    await started(database, "slow")
    turn, resolved = 0, Counter[int]()

    async def count_turns() -> None:
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count_turns())
    futures = [batches.submit(f"{number}") for number in range(100)]
    for future in futures:
        future.add_done_callback(lambda _future: resolved.update([turn]))
    await asyncio.gather(*futures)
    counting.cancel()
    assert [len(batch) for batch in database.batches] == [1, 100]
    assert max(resolved.values()) <= RESULTS_AT_ONCE
    let_go()
    await slow


async def test_a_storm_makes_few_batches(database: Database) -> None:
    batches = Batcher[str, str](database, size=200, concurrency=3)
    answers = await asyncio.gather(*(batches.submit(f"{number}") for number in range(600)))
    assert answers == [f"{number}" for number in range(600)]
    assert len(database.batches) <= 6


async def test_an_error_of_one_request_reaches_only_its_caller(database: Database, batches: Batcher[str, str]) -> None:
    one, wrong, other = [batches.submit(each) for each in ("a", "wrong", "b")]
    assert (await one, await other) == ("A", "B")
    with pytest.raises(ValueError, match="wrong"):
        await wrong


async def test_an_error_of_the_work_reaches_all_of_its_batch_and_nobody_later(database: Database) -> None:
    batches, let_go = in_turn(database), database.hold("first")
    first = batches.submit("first")
    await started(database, "first")
    futures = [batches.submit(each) for each in ("a", "crash", "b")]
    let_go()
    assert await first == "FIRST"
    for future in futures:
        with pytest.raises(RuntimeError, match="the whole batch"):
            await asyncio.wait_for(future, 10)
    assert await batches.submit("later") == "LATER"


async def test_who_has_gone_holds_up_nobody(database: Database, batches: Batcher[str, str]) -> None:
    let_go = database.hold("gone")
    gone = batches.submit("gone")
    await started(database, "gone")
    others = [batches.submit(each) for each in ("gone too", "a", "wrong and gone", "b")]
    gone.cancel()
    others[0].cancel()
    others[2].cancel()
    let_go()
    assert [await asyncio.wait_for(others[place], 10) for place in (1, 3)] == ["A", "B"]
    assert await asyncio.wait_for(batches.submit("later"), 10) == "LATER"
