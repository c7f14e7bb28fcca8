"""Reads the present states that the wire carries: one function per shape, and the three ways of asking for them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from chat.events import HistoryPage, MemberState, MessageState, Reply, RoomSnapshot, RoomState
from chat.models import Membership, Message, Room
from realtime.protocol import Event

PAGE = 50  # messages of a snapshot or a history page
TOO_FAR = 500  # events; who has missed more starts from a snapshot


def iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def message_state(message: Message) -> MessageState:
    """Reads ``message.mentions`` and ``message.reactions``: prefetch them."""
    state = MessageState(
        id=message.pk,
        seq=message.seq,
        rev=message.rev,
        author=message.author_id,
        at=iso(message.created_at),
        client_id=str(message.client_id),
    )
    if message.deleted_at:
        state.deleted = True
        return state
    state.html, state.card = message.html, message.card
    if message.reply_seq is not None:
        state.reply = Reply(message.reply_seq, message.reply_author_id or 0)
    state.edited = iso(message.edited_at) if message.edited_at else None
    state.mentions = sorted(mention.user_id for mention in message.mentions.all())
    reactions: dict[str, list[int]] = {}
    for reaction in message.reactions.all():
        reactions.setdefault(reaction.emoji, []).append(reaction.user_id)
    state.reactions = reactions
    return state


def message_type(message: Message) -> str:
    if message.deleted_at:
        return "message.deleted"
    return "message.updated" if message.edited_at else "message.created"


def member_state(membership: Membership) -> MemberState:
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
        program=user.is_program,
        deactivated=not user.is_active,
    )


def room_state(room: Room) -> RoomState:
    return RoomState(
        id=room.pk,
        rev=room.own_rev,
        kind=room.kind,
        name=room.name,
        description=room.description,
        archived=room.archived_at is not None,
    )


def messages_of(room_id: int, **conditions: Any) -> Any:
    return Message.objects.filter(room=room_id, **conditions).prefetch_related("mentions", "reactions")


def members_of(room_id: int, **conditions: Any) -> Iterable[Membership]:
    return Membership.objects.filter(room=room_id, **conditions).select_related("user").order_by("user_id")


def snapshot(room: Room, limit: int = PAGE) -> RoomSnapshot:
    """The room was read first, so states may be younger than its ``rev``, never older."""
    latest = list(messages_of(room.pk).order_by("-seq")[: limit + 1])
    return RoomSnapshot(
        room=room_state(room),
        members=[member_state(membership) for membership in members_of(room.pk)],
        messages=[message_state(message) for message in reversed(latest[:limit])],
        more=len(latest) > limit,
    )


def since(room: Room, after: int) -> list[Event]:
    """What was touched after ``after`` and up to the room's ``rev``, as present states by rising ``rev``."""
    stream, window = f"room.{room.pk}", {"rev__gt": after, "rev__lte": room.rev}
    events = [
        Event(stream, message.rev, message_type(message), message_state(message))
        for message in messages_of(room.pk, **window)
    ]
    events += [
        Event(stream, membership.rev, "member.updated", member_state(membership))
        for membership in members_of(room.pk, **window)
    ]
    if room.own_rev > after:
        events.append(Event(stream, room.own_rev, "room.updated", room_state(room)))
    return sorted(events, key=lambda event: event.rev)


def history(room_id: int, *, before: int | None = None, after: int | None = None, limit: int = PAGE) -> HistoryPage:
    """A page that ends just before a seq, or begins just after one. No offset: it costs the same everywhere."""
    if after is not None:
        found = list(messages_of(room_id, seq__gt=after).order_by("seq")[: limit + 1])
        page, newer, older = found[:limit], len(found) > limit, after > 0
    else:
        conditions = {} if before is None else {"seq__lt": before}
        found = list(messages_of(room_id, **conditions).order_by("-seq")[: limit + 1])
        page, newer, older = found[:limit][::-1], before is not None, len(found) > limit
    return HistoryPage([message_state(message) for message in page], before=older, after=newer)


def around(room_id: int, seq: int, limit: int = PAGE) -> HistoryPage:
    below = history(room_id, before=seq + 1, limit=limit // 2)
    above = history(room_id, after=seq, limit=limit // 2)
    return HistoryPage(below.messages + above.messages, before=below.before, after=above.after)
