"""Stores messages of users, bots and cards, many in one transaction: numbers, writes and publishes them."""

import itertools
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chat import sql
from chat.attachments import LockedFiles, lock_files_of
from chat.cards import CardReply, handle_card_reply
from chat.memberships import add_author
from chat.message_validation import IncomingMessage, RenderedMessage, render_incoming
from chat.models import Mention
from chat.protocol import FileState, MessageState, Sent
from chat.room_log import RoomLog
from chat.serializers import make_message_state, read_included_members
from chat.sql import MessageRow, SendCheck
from myweb.errors import NotFound, Refused

StoreResult = Sent | Refused


def store_message(message: IncomingMessage) -> Sent:
    """Stores one message. Raises :class:`Refused`."""
    result = store_messages([message])[0]
    if isinstance(result, Refused):
        raise result
    return result


def store_messages(messages: Sequence[IncomingMessage], at: Sequence[datetime] = ()) -> list[StoreResult]:
    """Stores messages in one transaction and publishes once a room. Refuses single messages without the others.

    ``at`` gives the messages other timestamps than now, one for each message (imports, the demo).
    """
    rendered = render_incoming(messages)
    with transaction.atomic():
        rooms, checks = sql.lock_and_check(messages)
        batch = MessageBatch({room.pk: RoomLog(room) for room in rooms}, lock_files_of(messages))
        moments = at or itertools.repeat(timezone.now(), len(messages))
        results = [
            batch.add(message, moment, check) for message, moment, check in zip(rendered, moments, checks, strict=True)
        ]
        batch.write()
    return results


class FreshMessage(NamedTuple):
    row: MessageRow
    mentions: list[int]
    files: list[FileState]
    sent: Sent


class MessageBatch:
    """The messages of one transaction: numbered, then written."""

    def __init__(self, logs: dict[int, RoomLog], files: LockedFiles) -> None:
        self.logs, self.files = logs, files
        self.sent: dict[tuple[int, int, UUID], Sent] = {}
        self.fresh: list[FreshMessage] = []

    def add(self, rendered: RenderedMessage, at: datetime, check: SendCheck) -> StoreResult:
        message = rendered.message
        log = self.logs.get(message.room_id)
        if not log or not (check.is_member or message.is_trusted):
            return NotFound()
        key = (message.room_id, message.author_id, message.client_id)
        try:
            log.check_writable()
            if key not in self.sent:
                self.sent[key] = check.known or self.number(rendered, log, at, check)
        except Refused as refused:
            return refused
        return self.sent[key]

    def number(self, rendered: RenderedMessage, log: RoomLog, at: datetime, check: SendCheck) -> Sent:
        message, replied = rendered.message, check.replied
        files = self.files.take(message) if message.files else []
        if not check.is_member:
            add_author(log, message.author_id)
        sent = Sent(0, log.next_seq(), log.next_rev())
        row = MessageRow(
            message.room_id, message.author_id, message.client_id, sent.seq, sent.rev, message.body, rendered.html, at
        )
        if message.card is not None:
            row = row._replace(card=message.card)
        if replied:  # a reply to a message that was deleted meanwhile is stored as no reply
            row = row._replace(reply_seq=message.reply, reply_author_id=replied.author_id)
            if replied.card_kind and not message.is_trusted:
                reply = CardReply(message.author_id, replied.message_id, message.body)
                transaction.on_commit(partial(handle_card_reply, replied.card_kind, reply))
        self.fresh.append(FreshMessage(row, rendered.mentions, files, sent))
        return sent

    def write(self) -> None:
        if not self.fresh:
            return
        ids = sql.insert_messages([message.row for message in self.fresh], (log.room for log in self.logs.values()))
        states: dict[int, list[MessageState]] = {}
        for row, mentions, files, sent in self.fresh:
            sent.message = ids[row.room_id, row.seq]
            state = make_message_state(row, sent.message, mentions)
            if files:
                state.files = files
                self.files.attach(sent.message, files)
            states.setdefault(row.room_id, []).append(state)
        for room_id, made in states.items():
            log = self.logs[room_id]
            for state, included in zip(made, read_included_members(log.room, made), strict=True):
                log.record(state.rev, "message.created", state, included)
        Mention.objects.bulk_create(
            Mention(message_id=sent.message, user_id=user_id, room_id=row.room_id, seq=row.seq)
            for row, mentions, _files, sent in self.fresh
            for user_id in mentions
        )
        for log in self.logs.values():
            log.publish_on_commit()
