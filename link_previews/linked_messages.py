"""Messages that links lead to, as each reader may see them. Nothing of this is stored with the message of the link."""

from collections.abc import Collection
from functools import reduce
from operator import or_

from django.db.models import Q

from accounts.models import User
from chat.attachments import read_files_of
from chat.models import Message
from chat.notifications.mail_contents import name_conversations
from files.access import select_rooms
from link_previews.models import LinkPreview
from link_previews.protocol import LinkedMessage
from myweb.numbers import parse_number
from myweb.text_cleaning import shorten_text, summarize_html
from myweb.times import format_timestamp

MAX_LINKS = 20

Place = tuple[int, int]  # room, seq


def parse_place(text: str) -> Place | None:
    """``ROOM-SEQ``"""
    room, _dash, seq = text.partition("-")
    numbers = parse_number(room), parse_number(seq)
    return (numbers[0], numbers[1]) if numbers[0] is not None and numbers[1] is not None else None


def list_linked_messages(user: User, places: Collection[Place]) -> list[LinkedMessage]:
    if not places:
        return []
    wanted = reduce(or_, (Q(room=room_id, seq=seq) for room_id, seq in places))
    readable = Message.objects.filter(room__in=select_rooms(user), deleted_at=None)
    messages = list(readable.filter(wanted).select_related("room", "author"))
    direct = name_conversations(user, {message.room_id for message in messages if message.room.is_direct})
    files = read_files_of(messages)
    return [
        LinkedMessage(
            room=message.room_id,
            seq=message.seq,
            room_name=message.room.name or direct.get(message.room_id, user.name),
            author=message.author.name,
            at=format_timestamp(message.created_at),
            text=summarize_html(message.html, LinkPreview.TEXT_LENGTH)
            or shorten_text(", ".join(file.name for file in files.get(message.pk, [])), LinkPreview.TEXT_LENGTH),
        )
        for message in messages
    ]
