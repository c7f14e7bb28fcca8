"""Models to the structs of the wire, and the queries for snapshots, resumed events and history pages."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import chain, islice
from typing import Any, Protocol
from uuid import UUID

from django.db.models import QuerySet

from chat.attachments import FilesOfMessages, read_files_of
from chat.models import Membership, Message, Room
from chat.previews import PreviewsOfMessages, read_previews_of
from chat.protocol import HistoryPage, MemberState, MessageState, Reply, RoomSnapshot, RoomState
from myweb.prepared_queries import PreparedQuery, fetch_all_prepared, query_parameter
from myweb.times import format_timestamp
from realtime.protocol import Event, encode

MESSAGES_PER_PAGE = 50  # messages of a snapshot or a history page
# Characters of messages as JSON in any of these. The longest messages are 64 KB; 50 of them would be 3 MB for everybody
# who opens the room or comes back. A usual page is 30 KB. What does not fit is read like what is older.
CHARACTERS_PER_PAGE = 512 * 1024
NAMED_PER_MESSAGE = 10  # people whose names come with a message of a large room
MEMBERS_PER_READING = 500  # changed memberships that are read at a time


class MessageFields(Protocol):
    """What :class:`~chat.models.Message` and a row that is just stored have in common."""

    @property
    def seq(self) -> int: ...
    @property
    def rev(self) -> int: ...
    @property
    def author_id(self) -> int: ...
    @property
    def client_id(self) -> UUID: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def html(self) -> str: ...
    @property
    def card(self) -> Any: ...
    @property
    def reply_seq(self) -> int | None: ...
    @property
    def reply_author_id(self) -> int | None: ...


def make_message_state(message: MessageFields, message_id: int, mentions: Iterable[int]) -> MessageState:
    """The state of a message that was neither edited nor deleted and has no reactions."""
    return MessageState(
        id=message_id,
        seq=message.seq,
        rev=message.rev,
        author=message.author_id,
        at=format_timestamp(message.created_at),
        client_id=str(message.client_id),
        html=message.html,
        mentions=sorted(mentions),
        reply=Reply(message.reply_seq, message.reply_author_id or 0) if message.reply_seq is not None else None,
        card=message.card,
    )


def serialize_message(message: Message, files: FilesOfMessages, previews: PreviewsOfMessages) -> MessageState:
    """Reads ``message.mentions`` and ``message.reactions``: prefetch them. The others are from
    :func:`read_files_of` and :func:`read_previews_of`.
    """
    if message.deleted_at:
        return MessageState(
            id=message.pk,
            seq=message.seq,
            rev=message.rev,
            author=message.author_id,
            at=format_timestamp(message.created_at),
            client_id=str(message.client_id),
            deleted=True,
        )
    state = make_message_state(message, message.pk, (mention.user_id for mention in message.mentions.all()))
    state.edited = format_timestamp(message.edited_at) if message.edited_at else None
    state.urgent = message.urgent_at is not None
    state.files = files.get(message.pk, [])
    state.previews = previews.get(message.pk, [])
    for reaction in message.reactions.all():
        state.reactions.setdefault(reaction.emoji, []).append(reaction.user_id)
    return state


def get_message_event_type(message: Message) -> str:
    if message.deleted_at:
        return "message.deleted"
    return "message.updated" if message.edited_at else "message.created"


def serialize_member(membership: Membership) -> MemberState:
    """Reads ``membership.user``: select it."""
    user = membership.user
    return MemberState(
        id=user.pk,
        rev=membership.rev,
        name=user.name,
        handle=user.handle,
        initials=user.initials,
        colour=user.colour,
        active=membership.active,
        bot=user.is_bot,
        deactivated=not user.is_active,
        picture=user.picture,
    )


def serialize_room(room: Room) -> RoomState:
    return RoomState(
        id=room.pk,
        rev=room.own_rev,
        kind=room.kind,
        name=room.name,
        description=room.description,
        archived=room.archived_at is not None,
        large=bool(room.large),  # SQLite has a number, and raw SQL gives it as it is
    )


def select_messages(room_id: int, **conditions: Any) -> Any:
    return Message.objects.filter(room=room_id, **conditions).prefetch_related("mentions", "reactions")


def select_members(room_id: Any, **conditions: Any) -> QuerySet[Membership]:
    return Membership.objects.filter(room=room_id, **conditions).select_related("user").order_by("user_id")


def list_named_users(state: MessageState) -> list[int]:
    """Those whose names a message of a large room needs, the most needed first."""
    answered = [state.reply.author] if state.reply else []
    named = dict.fromkeys(chain([state.author], answered, state.mentions, *state.reactions.values()))
    return list(islice(named, NAMED_PER_MESSAGE))


known_member = PreparedQuery(lambda: select_members(query_parameter("room"), user=query_parameter("user")))
MAX_PREPARED = 20  # members; one query for more of them takes less time


def read_members(room_id: int, user_ids: Collection[int]) -> list[MemberState]:
    """A batch of messages has few authors, and every post to a large room waits for this."""
    if len(user_ids) > MAX_PREPARED:
        return [serialize_member(member) for member in select_members(room_id, user__in=user_ids)]
    if not user_ids:
        return []
    statements = [known_member.make_statement(room=room_id, user=user_id) for user_id in sorted(user_ids)]
    rows = list(chain.from_iterable(fetch_all_prepared(*statements)))
    return [serialize_member(member) for member in known_member.make_models(rows)]


def read_named_members(room: Room, states: Iterable[MessageState]) -> list[MemberState]:
    """Those whom the messages name, if the room is large: of another room all are known."""
    if not room.large:
        return []
    return read_members(room.pk, set(chain.from_iterable(map(list_named_users, states))))


def read_included_members(room: Room, states: Sequence[MessageState]) -> list[list[MemberState]]:
    """For the event of each message: the members that it names, and those before it do not."""
    members = {member.id: member for member in read_named_members(room, states)}
    return [[members.pop(user_id) for user_id in list_named_users(state) if user_id in members] for state in states]


def count_characters(state: MessageState) -> int:
    """Characters, not bytes: no script has shorter pages than another."""
    return len(encode(state).decode())


def serialize_fitting(messages: Sequence[Message], size: int) -> list[MessageState]:
    """The states of the first messages that fit into ``size`` together; of one at least."""
    states: list[MessageState] = []
    files, previews = read_files_of(messages), read_previews_of(messages)
    for message in messages:
        state = serialize_message(message, files, previews)
        size -= count_characters(state)
        if size < 0 and states:
            break
        states.append(state)
    return states


def read_room_snapshot(room: Room, limit: int = MESSAGES_PER_PAGE, size: int = CHARACTERS_PER_PAGE) -> RoomSnapshot:
    """The room was read first, so states may be younger than its ``rev``, never older."""
    latest = list(select_messages(room.pk).defer("body").order_by("-seq")[: limit + 1])
    states = serialize_fitting(latest[:limit], size)
    members = read_named_members(room, states) if room.large else list(map(serialize_member, select_members(room.pk)))
    return RoomSnapshot(
        room=serialize_room(room),
        members=members,
        messages=states[::-1],
        more=len(latest) > len(states),
    )


def read_events_since(room: Room, after: int) -> tuple[int, list[Event]]:
    """Present states changed after ``after``, by rising ``rev``, and the ``rev`` up to which they are complete.

    That is the room's ``rev``, unless they do not fit into a page: then read the rest from there.
    """
    stream = f"room.{room.pk}"
    changed = select_members(room.pk, rev__gt=after, rev__lte=room.rev).order_by("rev")
    members = list(changed[:MEMBERS_PER_READING])
    last = members[-1].rev if len(members) == MEMBERS_PER_READING else room.rev
    events, head = read_changed_messages(room, after, last)
    for event, included in zip(events, read_included_members(room, [event.data for event in events]), strict=True):
        event.included = included
    events += [
        Event(stream, membership.rev, "member.updated", serialize_member(membership))
        for membership in members
        if membership.rev <= head
    ]
    if after < room.own_rev <= head:
        events.append(Event(stream, room.own_rev, "room.updated", serialize_room(room)))
    return head, sorted(events, key=lambda event: event.rev)


def read_changed_messages(room: Room, after: int, last: int) -> tuple[list[Event], int]:
    """Those up to ``last``. A page at a time: all that was touched may be more than memory holds."""
    events: list[Event] = []
    size = CHARACTERS_PER_PAGE
    while True:
        window = {"rev__gt": events[-1].rev if events else after, "rev__lte": last}
        messages = list(select_messages(room.pk, **window).defer("body").order_by("rev")[:MESSAGES_PER_PAGE])
        files, previews = read_files_of(messages), read_previews_of(messages)
        for message in messages:
            state = serialize_message(message, files, previews)
            event = Event(f"room.{room.pk}", message.rev, get_message_event_type(message), state)
            size -= count_characters(event.data)
            if size < 0 and events:
                return events, events[-1].rev
            events.append(event)
        if len(messages) < MESSAGES_PER_PAGE:
            return events, last


def read_history_page(
    room_id: int,
    *,
    before: int | None = None,
    after: int | None = None,
    limit: int = MESSAGES_PER_PAGE,
    size: int = CHARACTERS_PER_PAGE,
) -> HistoryPage:
    """A page that ends just before a seq, or begins just after one. No offset: it costs the same everywhere."""
    messages = select_messages(room_id).defer("body")
    if after is not None:
        rows = list(messages.filter(seq__gt=after).order_by("seq")[: limit + 1])
        states = serialize_fitting(rows[:limit], size)
        return HistoryPage(states, before=after > 0, after=len(rows) > len(states))
    older = messages if before is None else messages.filter(seq__lt=before)
    rows = list(older.order_by("-seq")[: limit + 1])
    states = serialize_fitting(rows[:limit], size)
    return HistoryPage(states[::-1], before=len(rows) > len(states), after=before is not None)


def read_history_around(room_id: int, seq: int, limit: int = MESSAGES_PER_PAGE) -> HistoryPage:
    below = read_history_page(room_id, before=seq + 1, limit=limit // 2, size=CHARACTERS_PER_PAGE // 2)
    above = read_history_page(room_id, after=seq, limit=limit // 2, size=CHARACTERS_PER_PAGE // 2)
    return HistoryPage(below.messages + above.messages, before=below.before, after=above.after)
