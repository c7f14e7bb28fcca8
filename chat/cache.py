"""Encoded snapshots and pages of rooms, cached in this process: a room at a ``rev`` never changes.

When a hundred users open a room at once, all get the bytes that were encoded for the first.
"""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar

import msgspec

from chat import serializers
from chat.models import Membership, Room
from myweb.http import json_script
from realtime.protocol import encode

CACHE_LIMIT = 32 * 1024 * 1024  # bytes

BYTES_OF_A_COPY = 600  # besides its contents

Key = tuple[object, ...]  # kind, epoch, room, rev, and the part
T = TypeVar("T")

_kept: OrderedDict[Key, tuple[int, Any]] = OrderedDict()
_size = 0
_lock = Lock()


def get_room_snapshot(epoch: str, room: Room) -> msgspec.Raw:
    """An encoded :class:`chat.protocol.RoomSnapshot`."""
    return get_or_build(
        ("snapshot", epoch, room.pk, room.rev), lambda: msgspec.Raw(encode(serializers.read_room_snapshot(room))), len
    )


def get_events_since(epoch: str, room: Room, after: int) -> msgspec.Raw | None:
    """The encoded events after ``after``, unless they are more than a page."""
    if after == room.rev:
        return msgspec.Raw(b"[]")

    def read() -> msgspec.Raw | None:
        head, events = serializers.read_events_since(room, after)
        return msgspec.Raw(encode(events)) if head == room.rev else None

    return get_or_build(("since", epoch, room.pk, room.rev, after), read, lambda raw: len(raw or b""))


def get_snapshot_script(epoch: str, room: Room) -> bytes:
    """The snapshot as the room's page holds it."""
    return get_or_build(
        ("page", epoch, room.pk, room.rev),
        lambda: json_script("page-room", get_room_snapshot(epoch, room)).encode(),
        len,
    )


def get_history_page(epoch: str, room: Room, limit: int, **part: int) -> bytes:
    """An encoded :class:`chat.protocol.HistoryPage`. ``part`` is ``before``, ``after`` or ``around``, or nothing."""
    key = ("history", epoch, room.pk, room.rev, limit, *part.items())

    def read() -> bytes:
        if "around" in part:
            page = serializers.read_history_around(room.pk, part["around"], limit)
        else:
            page = serializers.read_history_page(room.pk, **part, limit=limit)
        page.members = serializers.read_named_members(room, page.messages)
        return encode(page)

    return get_or_build(key, read, len)


def get_member_count(epoch: str, room_id: int) -> int:
    """The members with an active account. They are counted once after each change of one of them."""
    members = Membership.objects.filter(room=room_id)
    rev = members.order_by("-rev").values_list("rev", flat=True).first()
    active = members.filter(active=True, user__is_active=True)
    return get_or_build(("member_count", epoch, room_id, rev), active.count, lambda _count: 0)


def get_or_build(key: Key, read: Callable[[], T], size: Callable[[T], int]) -> T:
    global _size  # noqa: PLW0603 - the sum of what is kept
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            kept: T = _kept[key][1]
            return kept
    fresh = read()
    with _lock:
        if key not in _kept:
            _kept[key] = (size(fresh) + BYTES_OF_A_COPY, fresh)
            _size += _kept[key][0]
        while _size > CACHE_LIMIT:
            _size -= _kept.popitem(last=False)[1][0]
    return fresh


def clear_room_cache() -> None:
    global _size  # noqa: PLW0603
    with _lock:
        _kept.clear()
        _size = 0
