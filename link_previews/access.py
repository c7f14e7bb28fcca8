"""Access checks: a preview is seen by those who may read a message that shows it."""

from uuid import UUID

from django.db.models import Exists, OuterRef

from accounts.models import User
from chat import access as rooms
from chat.models import Message, Room
from files.access import select_rooms
from link_previews.models import LinkPreview, MessageLink
from myweb.errors import NotFound, get_or_not_found


def get_preview_with_picture(user: User, preview_id: UUID) -> LinkPreview:
    shown = MessageLink.objects.filter(
        preview=OuterRef("pk"), is_removed=False, message__deleted_at=None, message__room__in=select_rooms(user)
    )
    return get_or_not_found(LinkPreview.objects.filter(Exists(shown)).exclude(picture=""), pk=preview_id)


def may_remove_previews(by: User, message: Message) -> bool:
    return message.author_id == by.pk or by.is_admin or rooms.may_manage_room(by, message.room)


def may_switch_previews(by: User, room: Room) -> bool:
    """In a direct conversation each of its members."""
    return room.is_direct or rooms.may_manage_room(by, room)


def get_room_to_switch(by: User, room_id: int) -> Room:
    room = rooms.get_room(by, room_id)
    if not may_switch_previews(by, room):
        raise NotFound
    return room
