"""Questions that share a trip to the database: who waits for whom, and whom an error reaches."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence

import pytest

from realtime.batches import Batches
from tests.wire import reached

Outcomes = Sequence[str | Exception]


class Database:
    """Answers each question with itself in capitals; a question in ``held`` takes until it is let go."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.working = self.most_at_once = 0
        self.held: dict[str, threading.Event] = {}

    def hold(self, question: str) -> Callable[[], None]:
        self.held[question] = threading.Event()
        return self.held[question].set

    def __call__(self, questions: Sequence[str]) -> Outcomes:
        self.asked.append([*questions])
        self.working += 1
        self.most_at_once = max(self.most_at_once, self.working)
        try:
            return self.answer(questions)
        finally:
            self.working -= 1

    def answer(self, questions: Sequence[str]) -> Outcomes:
        for question in questions:
            assert question not in self.held or self.held[question].wait(20)
        if "crash" in questions:
            raise RuntimeError("the whole batch")
        return [ValueError(each) if each.startswith("wrong") else each.upper() for each in questions]


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setattr("myweb.trust.close_old_connections", lambda: None)  # no test here has a connection
    database = Database()
    yield database
    for event in database.held.values():
        event.set()


@pytest.fixture(params=[1, 3])
def batches(request: pytest.FixtureRequest, database: Database) -> Batches[str, str]:
    return Batches(database, size=100, at_once=request.param)


def in_turn(database: Database, size: int = 100) -> Batches[str, str]:
    return Batches(database, size=size, at_once=1)


def beside(database: Database) -> Batches[str, str]:
    return Batches(database, size=100, at_once=3)


async def asked(database: Database, *questions: str) -> None:
    await reached(lambda: {*questions} <= {each for batch in database.asked for each in batch}, f"{questions}")


async def test_one_question_alone_is_asked_at_once(database: Database, batches: Batches[str, str]) -> None:
    for question in "abc":
        assert await batches.ask(question) == question.upper()
    assert database.asked == [["a"], ["b"], ["c"]]


async def test_what_comes_while_a_batch_runs_goes_into_the_next(database: Database) -> None:
    batches, let_go = in_turn(database), database.hold("first")
    futures = [batches.ask("first")]
    await asked(database, "first")
    futures += [batches.ask(f"{number}") for number in range(50)]
    let_go()
    assert await asyncio.gather(*futures) == ["FIRST", *(f"{number}" for number in range(50))]
    assert database.asked == [["first"], [f"{number}" for number in range(50)]]


async def test_no_batch_is_larger_than_its_size_and_all_keep_their_order(database: Database) -> None:
    batches, done = in_turn(database, size=10), list[str]()
    futures = [batches.ask(f"{number}") for number in range(95)]
    for future in futures:
        future.add_done_callback(lambda future: done.append(future.result()))
    await asyncio.gather(*futures)
    assert [each for batch in database.asked for each in batch] == [f"{number}" for number in range(95)]
    assert max(len(batch) for batch in database.asked) == 10
    assert done == [f"{number}" for number in range(95)]


async def test_batches_that_follow_each_other_never_overlap(database: Database) -> None:
    batches, let_go = in_turn(database), database.hold("slow")
    slow = batches.ask("slow")
    await asked(database, "slow")
    later = batches.ask("later")
    let_go()
    assert (await slow, await later) == ("SLOW", "LATER")
    assert database.most_at_once == 1


async def test_a_slow_batch_does_not_hold_up_what_comes_later(database: Database) -> None:
    batches, let_go = beside(database), database.hold("slow")
    slow = batches.ask("slow")
    await asked(database, "slow")
    for question in "abc":
        assert await asyncio.wait_for(batches.ask(question), 10) == question.upper()
    assert not slow.done()
    let_go()
    assert await slow == "SLOW"


async def test_no_more_batches_run_at_once_than_may(database: Database) -> None:
    batches, slow = beside(database), ["s1", "s2", "s3"]
    let_go = [database.hold(each) for each in slow]
    futures = []
    for each in slow:
        futures.append(batches.ask(each))
        await asked(database, each)
    last = batches.ask("last")
    await reached(lambda: batches.timer is None, "the moment for one more batch")
    assert database.asked == [["s1"], ["s2"], ["s3"]]
    let_go[1]()
    assert await asyncio.wait_for(last, 10) == "LAST"
    assert not futures[0].done()
    assert not futures[2].done()


async def test_questions_that_come_together_are_asked_apart_when_nothing_runs(database: Database) -> None:
    batches, let_go = beside(database), database.hold("slow")
    slow, quick = batches.ask("slow"), batches.ask("quick")
    assert await asyncio.wait_for(quick, 10) == "QUICK"
    assert not slow.done()
    let_go()
    await slow


async def test_a_storm_makes_few_batches(database: Database) -> None:
    batches = Batches[str, str](database, size=200, at_once=3)
    answers = await asyncio.gather(*(batches.ask(f"{number}") for number in range(600)))
    assert answers == [f"{number}" for number in range(600)]
    assert len(database.asked) <= 6


async def test_an_error_of_one_question_reaches_only_its_asker(database: Database, batches: Batches[str, str]) -> None:
    one, wrong, other = [batches.ask(each) for each in ("a", "wrong", "b")]
    assert (await one, await other) == ("A", "B")
    with pytest.raises(ValueError, match="wrong"):
        await wrong


async def test_an_error_of_the_work_reaches_all_of_its_batch_and_nobody_later(database: Database) -> None:
    batches, let_go = in_turn(database), database.hold("first")
    first = batches.ask("first")
    await asked(database, "first")
    futures = [batches.ask(each) for each in ("a", "crash", "b")]
    let_go()
    assert await first == "FIRST"
    for future in futures:
        with pytest.raises(RuntimeError, match="the whole batch"):
            await asyncio.wait_for(future, 10)
    assert await batches.ask("later") == "LATER"


async def test_who_has_gone_holds_up_nobody(database: Database, batches: Batches[str, str]) -> None:
    let_go = database.hold("gone")
    gone = batches.ask("gone")
    await asked(database, "gone")
    others = [batches.ask(each) for each in ("gone too", "a", "wrong and gone", "b")]
    gone.cancel()
    others[0].cancel()
    others[2].cancel()
    let_go()
    assert [await asyncio.wait_for(others[place], 10) for place in (1, 3)] == ["A", "B"]
    assert await asyncio.wait_for(batches.ask("later"), 10) == "LATER"
