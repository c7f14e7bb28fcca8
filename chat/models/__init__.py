"""Rooms, their members and messages, and notifications."""

from chat.models.messages import Mention, Message, MessageIndex, Reaction
from chat.models.notifications import Notification, NotificationSettings, RoomMail
from chat.models.rooms import Level, Membership, Room, RoomCursor, RoomReader, UserSearchTerm

__all__ = [
    "Level",
    "Membership",
    "Mention",
    "Message",
    "MessageIndex",
    "Notification",
    "NotificationSettings",
    "Reaction",
    "Room",
    "RoomCursor",
    "RoomMail",
    "RoomReader",
    "UserSearchTerm",
]
