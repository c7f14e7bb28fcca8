"""Storing messages, many in one transaction: numbered, written, and rung once a room."""

import itertools
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chat import cards, sql
from chat.incoming import IncomingMessage, RenderedMessage, render_incoming
from chat.models import Mention
from chat.protocol import MessageState, Reply, Sent
from chat.room_log import RoomLog
from chat.sql import MessageRow, RepliedMessage, SendCheck
from myweb.errors import NotFound, Refused
from myweb.timestamps import format_timestamp

StoreResult = Sent | Refused


def store_messages(drafts: Sequence[IncomingMessage], at: Sequence[datetime] = ()) -> list[StoreResult]:
    """Stores drafts in one transaction and rings once a room. A draft that may not be stored is refused alone.

    ``at`` gives the messages other moments than now, one for each draft (imports, the demo).
    """
    rendered = render_incoming(drafts)
    with transaction.atomic():
        rooms, verdicts = sql.lock_and_check(drafts)
        batch = MessageBatch({room.pk: RoomLog(room) for room in rooms})
        moments = at or itertools.repeat(timezone.now(), len(drafts))
        outcomes = [
            batch.add(each, moment, verdict) for each, moment, verdict in zip(rendered, moments, verdicts, strict=True)
        ]
        batch.write()
    return outcomes


class MessageBatch:
    """The messages of one transaction: numbered, then written."""

    def __init__(self, logs: dict[int, RoomLog]) -> None:
        self.logs = logs
        self.sent: dict[tuple[int, int, UUID], Sent] = {}
        self.fresh: list[tuple[MessageRow, list[int], Sent]] = []

    def add(self, rendered: RenderedMessage, at: datetime, verdict: SendCheck) -> StoreResult:
        draft = rendered.draft
        log = self.logs.get(draft.room_id)
        if not verdict.is_member or not log:
            return NotFound()
        try:
            log.check_writable()
        except Refused as refused:
            return refused
        key = (draft.room_id, draft.author_id, draft.client_id)
        if key not in self.sent:
            self.sent[key] = verdict.known or self.number(rendered, log, at, verdict.answered)
        return self.sent[key]

    def number(self, rendered: RenderedMessage, log: RoomLog, at: datetime, answered: RepliedMessage | None) -> Sent:
        draft = rendered.draft
        sent = Sent(0, log.next_seq(), log.next_rev())
        row = MessageRow(
            draft.room_id, draft.author_id, draft.client_id, sent.seq, sent.rev, draft.body, rendered.html, at
        )
        if answered:  # what is gone meanwhile is not answered, but the words are said
            row = row._replace(reply_seq=draft.reply, reply_author_id=answered.author_id)
            if answered.card_kind:
                answer = cards.CardReply(draft.author_id, answered.message_id, draft.body)
                transaction.on_commit(partial(cards.handle_card_reply, answered.card_kind, answer))
        self.fresh.append((row, rendered.mentions, sent))
        return sent

    def write(self) -> None:
        if not self.fresh:
            return
        numbers = sql.insert_messages(
            (row for row, _mentions, _sent in self.fresh), (log.room for log in self.logs.values())
        )
        for row, mentions, sent in self.fresh:
            sent.message = numbers[row.room_id, row.seq]
            self.logs[row.room_id].record(row.rev, "message.created", state(row, mentions, sent.message))
        Mention.objects.bulk_create(
            Mention(message_id=sent.message, user_id=user_id, room_id=row.room_id, seq=row.seq)
            for row, mentions, sent in self.fresh
            for user_id in mentions
        )
        for log in self.logs.values():
            log.ring()


def state(row: MessageRow, mentions: list[int], number: int) -> MessageState:
    return MessageState(
        id=number,
        seq=row.seq,
        rev=row.rev,
        author=row.author_id,
        at=format_timestamp(row.created_at),
        client_id=str(row.client_id),
        html=row.html,
        mentions=sorted(mentions),
        reply=Reply(row.reply_seq, row.reply_author_id or 0) if row.reply_seq is not None else None,
    )
