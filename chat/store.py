"""Storing messages, many in one transaction: numbered, written, and rung once a room."""

import itertools
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from chat import access
from chat.drafts import Draft, Rendered, render_all
from chat.events import Sent
from chat.log import Log
from chat.models import Membership, Mention, Message, Reaction, Room
from chat.states import message_state
from realtime.protocol import Refused

Outcome = Sent | Refused


def store(drafts: Sequence[Draft], at: Sequence[datetime] = ()) -> list[Outcome]:
    """Stores drafts in one transaction and rings once a room. A draft that may not be stored is refused alone.

    ``at`` gives the messages other moments than now, one for each draft (imports, the demo).
    """
    rendered = render_all(drafts)
    with transaction.atomic():
        room_ids = sorted({draft.room_id for draft in drafts})
        rooms = Room.objects.select_for_update().filter(pk__in=room_ids).order_by("pk")
        batch = Batch({room.pk: Log(room) for room in rooms}, drafts)
        moments = at or itertools.repeat(timezone.now())
        outcomes = [batch.add(each, moment) for each, moment in zip(rendered, moments, strict=False)]
        batch.write()
    return outcomes


class Batch:
    """The drafts of one transaction, and what must be known to judge and number them."""

    def __init__(self, logs: dict[int, Log], drafts: Sequence[Draft]) -> None:
        self.logs = logs
        authors = {draft.author_id for draft in drafts}
        members = Membership.objects.filter(room__in=logs, user__in=authors, active=True)
        self.members = set(members.values_list("room_id", "user_id"))
        known = Message.objects.filter(room__in=logs, author__in=authors, client_id__in={d.client_id for d in drafts})
        self.sent = {(m.room_id, m.author_id, m.client_id): Sent(m.pk, m.seq, m.rev) for m in known}
        self.messages: list[tuple[Message, list[int], Sent]] = []

    def add(self, rendered: Rendered, at: datetime) -> Outcome:
        draft = rendered.draft
        if (draft.room_id, draft.author_id) not in self.members:
            return access.NotFound()
        log = self.logs[draft.room_id]
        try:
            log.check_writable()
        except Refused as refused:
            return refused
        key = (draft.room_id, draft.author_id, draft.client_id)
        if key not in self.sent:
            self.sent[key] = self.number(rendered, log, at)
        return self.sent[key]

    def number(self, rendered: Rendered, log: Log, at: datetime) -> Sent:
        draft = rendered.draft
        message = Message(
            room=log.room,
            author_id=draft.author_id,
            client_id=draft.client_id,
            seq=log.next_seq(),
            rev=log.next_rev(),
            body=draft.body,
            html=rendered.html,
            created_at=at,
        )
        sent = Sent(0, message.seq, message.rev)
        self.messages.append((message, rendered.mentions, sent))
        return sent

    def write(self) -> None:
        Message.objects.bulk_create([message for message, _mentions, _sent in self.messages])
        Mention.objects.bulk_create(
            Mention(message=message, user_id=user_id, room_id=message.room_id, seq=message.seq)
            for message, mentions, _sent in self.messages
            for user_id in mentions
        )
        for message, mentions, sent in self.messages:
            sent.message = message.pk
            self.logs[message.room_id].record(message.rev, "message.created", fresh_state(message, mentions))
        for log in self.logs.values():
            log.write()


def fresh_state(message: Message, mentions: list[int]) -> object:
    """The state of a message just made, without asking the database what is known."""
    message._prefetched_objects_cache = {  # type: ignore[attr-defined]
        "mentions": Mention.objects.none(),
        "reactions": Reaction.objects.none(),
    }
    state = message_state(message)
    state.mentions = sorted(mentions)
    return state
