"""Group commit: a storm needs few transactions, keeps each sender's order, and an error reaches whom it concerns."""

import asyncio
from collections.abc import Sequence

import pytest
from django.db import DataError, IntegrityError, OperationalError

from accounts.models import User
from chat import writer
from chat.message_validation import IncomingMessage
from chat.models import Message, Room
from chat.protocol import Sent
from chat.store import StoreResult, store_messages
from realtime.database import in_thread
from realtime.hub import Hub
from tests.conftest import Connect
from tests.support.rooms import draft

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the transactions."""
    sizes: list[int] = []

    def counted(drafts: Sequence[IncomingMessage]) -> list[StoreResult]:
        sizes.append(len(drafts))
        return store_messages(drafts)

    monkeypatch.setattr(writer, "store_messages", counted)
    return sizes


def break_store(monkeypatch: pytest.MonkeyPatch, error: Exception, only: str = "") -> None:
    def broken(drafts: Sequence[IncomingMessage]) -> list[StoreResult]:
        if any(not only or each.body == only for each in drafts):
            raise error
        return store_messages(drafts)

    monkeypatch.setattr(writer, "store_messages", broken)


def seqs(sent: Sequence[object]) -> list[int]:
    return [each.seq for each in sent if isinstance(each, Sent)]


async def test_a_storm_of_sends_makes_few_transactions(hub: Hub, room: Room, ada: User, batches: list[int]) -> None:
    drafts = [draft(room, ada, str(number)) for number in range(200)]
    sent = await asyncio.gather(*[writer.get_writer().submit(each) for each in drafts])
    assert sum(batches) == 200
    assert len(batches) <= 3
    assert seqs(sent) == list(range(1, 201))
    assert await in_thread(Message.objects.count) == 200


async def test_one_message_alone_waits_for_no_other(hub: Hub, room: Room, ada: User, batches: list[int]) -> None:
    for _number in range(3):
        await writer.get_writer().submit(draft(room, ada))
    assert batches == [1, 1, 1]


async def test_no_transaction_is_larger_than_the_limit(
    hub: Hub, room: Room, ada: User, batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "BATCH_SIZE", 10)
    await asyncio.gather(*[writer.get_writer().submit(draft(room, ada)) for _number in range(45)])
    assert max(batches) == 10


async def test_what_each_socket_sends_keeps_its_order(
    connect: Connect, room: Room, ada: User, ben: User, batches: list[int]
) -> None:
    tabs = [await connect(ada), await connect(ben), await connect(ben)]
    asked = [(tab, tab.say(room.pk, f"{turn}")) for turn in range(40) for tab in tabs]
    answers = [(tab, (await tab.answer(number))["ok"]["seq"]) for tab, number in asked]
    assert sorted(seq for _tab, seq in answers) == list(range(1, 121))
    for tab in tabs:
        mine = [seq for each, seq in answers if each is tab]
        assert mine == sorted(mine)
    assert len(batches) < 60


async def test_a_database_that_is_away_is_told_to_every_sender(
    connect: Connect, room: Room, ada: User, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    tabs = [await connect(ada), await connect(ben)]
    with monkeypatch.context() as patch:
        break_store(patch, OperationalError("gone"))
        asked = [(tab, tab.say(room.pk, "Hello")) for tab in tabs for _turn in range(5)]
        for tab, number in asked:
            error = (await tab.answer(number))["error"]
            assert (error["code"], error["retry"]) == ("unavailable", True)
    for tab in tabs:
        await tab.send(room.pk, "again")
    assert await in_thread(Message.objects.count) == 2


@pytest.mark.parametrize(
    ("error", "code", "retry"), [(IntegrityError("no"), "unavailable", True), (DataError("no"), "invalid", False)]
)
async def test_a_message_that_breaks_its_batch_fails_alone(
    connect: Connect, room: Room, ada: User, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str, retry: bool
) -> None:
    break_store(monkeypatch, error, only="poison")
    tab = await connect(ada)
    asked = [tab.say(room.pk, body) for body in ("zero", "one", "poison", "two")]
    answers = [await tab.answer(number) for number in asked]
    assert [answer["ok"]["seq"] for answer in answers if "ok" in answer] == [1, 2, 3]
    assert (answers[2]["error"]["code"], answers[2]["error"]["retry"]) == (code, retry)


async def test_a_sender_who_has_gone_does_not_hold_up_the_others(
    hub: Hub, room: Room, ada: User, batches: list[int]
) -> None:
    puts = [writer.get_writer().submit(draft(room, ada, str(number))) for number in range(6)]
    puts[2].cancel()
    outcomes = await asyncio.gather(*puts, return_exceptions=True)
    assert isinstance(outcomes[2], asyncio.CancelledError)
    assert len(seqs(outcomes)) == 5


async def test_nothing_is_acknowledged_before_its_commit(
    connect: Connect, room: Room, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = await connect(ada)
    seen: list[bool] = []

    def watched(drafts: Sequence[IncomingMessage]) -> list[StoreResult]:
        outcomes = store_messages(drafts)
        seen.append(bool(tab.answers))
        return outcomes

    monkeypatch.setattr(writer, "store_messages", watched)
    sent = await tab.send(room.pk, "Hello")
    assert seen == [False]
    assert await in_thread(lambda: Message.objects.filter(pk=sent["message"]).exists())
