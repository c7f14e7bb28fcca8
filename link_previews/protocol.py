"""The typed structs of previews on the wire. ``PreviewState`` is in chat/protocol.py."""

import msgspec

from realtime.protocol import Command


class RemovePreview(Command, tag_field="do", tag="preview.remove"):
    """Take a preview off one's own message, or off any for an admin and the creator of the room. -> Sent"""

    message: int
    preview: str  # its id


class LinkedMessage(msgspec.Struct, omit_defaults=True):
    """``GET /link-previews/messages/?at=ROOM-SEQ`` (up to 20 times ``at``) is a list of these: messages that links lead
    to. What this user may not read now is left out.
    """

    room: int
    seq: int
    room_name: str
    author: str  # a name
    at: str  # ISO 8601, UTC
    text: str  # its beginning, without markup; names of files if it has no text
