"""The typed structs of chat on the wire: states, snapshots and commands. See docs/protocol.md.

Every event of a room's log is the *present state* of one thing (a message, a member, the room), to be put in the place
of the state held before. So events may be merged, repeated or skipped without harm, and a resume needs no history.
"""

from typing import Any

import msgspec

from realtime.protocol import Command


class Reply(msgspec.Struct):
    """The message of the same room that a message answers. It never changes; its text may."""

    seq: int
    author: int


class FileState(msgspec.Struct, omit_defaults=True):
    """A file of a message. ``GET /files/<id>/`` has its bytes, with ``?download`` as an attachment; a picture that is
    ready also has ``/files/<id>/thumbnail/`` (WebP, up to 720 px) and ``/files/<id>/picture/`` (up to 4096 px). A video
    with ``tiny`` has a poster at ``/files/<id>/thumbnail/``, which its sender made: ``POST /files/<id>/poster/``.
    """

    id: str
    name: str
    size: int  # bytes
    kind: str  # image, video, audio, pdf, text; other: a line with its name
    state: str  # working: what it is follows in a new state of the message; ready; refused: there are no bytes
    type: str = ""  # media type, by the content
    width: int = 0  # of a picture or video, in pixels as it is shown; 0: not known
    height: int = 0
    seconds: float = 0.0
    lines: int = 0  # of a text
    tiny: str = ""  # of a picture, in base64: width, height, then red, green, blue of each pixel, one byte each
    reason: str = ""  # why it was refused: broken, too_large


class PreviewState(msgspec.Struct, omit_defaults=True):
    """What a link of a message leads to. If it has a ``width``, ``GET /link-previews/<id>/picture/`` is a picture of
    it (WebP, up to 720 px).
    """

    id: str
    url: str  # as in the message
    site: str  # its name, or the host
    title: str
    text: str = ""
    width: int = 0  # of the picture, in pixels; 0: there is none
    height: int = 0
    tiny: str = ""  # of the picture, as in FileState
    is_picture: bool = False  # the URL itself is a picture; the title is the end of its path


class MessageState(msgspec.Struct, omit_defaults=True):
    """Data of ``message.created``, ``.updated`` and ``.deleted`` in ``room.<id>``. Key: ``id``; place: ``seq``."""

    id: int
    seq: int
    rev: int
    author: int  # a user id; the room's members have the name
    at: str  # ISO 8601, UTC
    client_id: str
    html: str = ""  # made by the server, safe to insert as it is
    edited: str | None = None
    deleted: bool = False  # a tombstone: html is empty
    urgent: bool = False  # its author had the recipient notified in spite of quiet hours or a mute
    mentions: list[int] = []
    reactions: dict[str, list[int]] = {}  # emoji -> user ids, in order of arrival
    reply: Reply | None = None
    card: Any = None  # shown in place of html by a client that knows its ``kind``
    files: list[FileState] = []
    previews: list[PreviewState] = []  # up to 3, in the order of the links


class MemberState(msgspec.Struct, omit_defaults=True):
    """Data of ``member.updated`` in ``room.<id>``. Key: ``id``, of the user. ``active`` is false after leaving."""

    id: int
    rev: int
    name: str
    handle: str
    initials: str
    colour: int
    active: bool = True
    bot: bool = False  # posts messages, but is no member and cannot be written to
    deactivated: bool = False  # has no account at present
    picture: str = ""  # its digest: /people/<id>/picture/<digest>/64/, or /256/; empty: show the initials


class RoomState(msgspec.Struct, omit_defaults=True):
    """Data of ``room.updated`` in ``room.<id>``. A direct room has no name: show its other members."""

    id: int
    rev: int
    kind: str  # open, private, direct
    name: str = ""
    description: str = ""
    archived: bool = False
    large: bool = False  # more people than a snapshot carries; it never ends


class RoomSnapshot(msgspec.Struct):
    """The snapshot of ``room.<id>``: the last messages, its present and former members, and the room itself.

    Of a large room it has only the members that its messages name. Who else is named later is in ``included`` of the
    event: up to ten people of a message (its author, that of the message it answers, those mentioned, those who
    reacted), and those who come online or type. ``member.updated`` is of every member. For the others there is
    ``room.members``.
    """

    room: RoomState
    members: list[MemberState]
    messages: list[MessageState]  # ascending seq
    more: bool  # older messages exist before the first of these


class HistoryPage(msgspec.Struct):
    """``GET /rooms/<id>/history/?before=SEQ`` (or ``after=``, ``around=``): up to ``limit`` messages, ascending seq."""

    messages: list[MessageState]
    before: bool  # older ones exist
    after: bool  # newer ones exist
    members: list[MemberState] = []  # of a large room: those that the messages name


class PaletteEntry(msgspec.Struct, omit_defaults=True):
    """A place that the palette leads to, or an action."""

    name: str
    href: str  # identifies it among the recent ones
    hint: str = ""  # shown beside the name
    words: str = ""  # found too, not shown
    icon: str = ""  # in place of the group's
    tone: str = ""  # "bad" or "warn": a sign of its state in place of the icon
    place: str = ""  # part of the site, as in ``data-place``, where an action is offered first
    now: bool = False  # an action that the present state calls for: offered before the others
    fields: dict[str, str] | None = None  # of a form that is posted to ``href``; None: it is a page
    person: list[Any] | None = None  # [user id, initials, colour, picture]: an avatar in place of the icon


class PaletteGroup(msgspec.Struct, omit_defaults=True):
    """``GET /palette/`` is a list of these: what this user may open or do, besides their own rooms."""

    kind: str  # such as "check"; "action", "page" and "settings" are offered before anything is typed
    label: str  # in the reader's language
    icon: str
    entries: list[PaletteEntry]
    search: str = ""  # not all are here; this URL and the typed text lead to the rest


class NotificationState(msgspec.Struct, omit_defaults=True):
    """What a user is notified of. A tab that has shown this ``seq`` of the room, or a later one, shows it no more."""

    seq: int  # of the message
    author: str
    text: str = ""  # its beginning, without markup
    urgent: bool = False


class MyRoom(msgspec.Struct, omit_defaults=True):
    """Data of ``room`` in stream ``me``: a line of the sidebar. Key: ``id``. ``gone`` takes the line away."""

    id: int
    kind: str = ""
    name: str = ""
    people: list[MemberState] = []  # the others in a direct room
    head: int = 0  # seq of the newest message
    last_read: int = 0  # seq; the same on all my tabs and devices
    unread: int = 0  # others' messages after it, tombstones left out; 100 means "100 or more"
    mentions: int = 0  # of them, those that name me
    archived: bool = False
    favourite: bool = False  # listed first
    level: str = ""  # what I am notified of: "all", "mentions" or "nothing"; empty: the default of the kind
    muted_until: int = 0  # seconds since 1970
    notification: NotificationState | None = None  # until it is read
    gone: bool = False


class Me(msgspec.Struct):
    """The snapshot of ``me``."""

    id: int
    name: str
    handle: str
    initials: str
    colour: int
    role: str
    rooms: list[MyRoom]
    picture: str = ""


class Presence(msgspec.Struct, omit_defaults=True):
    """The snapshot of ``presence.<room>``: members online. Above 200 ``here`` is empty, ``count`` holds."""

    count: int
    here: list[int]
    members: list[MemberState] = []  # of a large room: those who are here


class PresenceChange(msgspec.Struct, omit_defaults=True):
    """Data of ``presence`` in ``presence.<room>``: users came or went, or members joined or left.

    Above 200 nobody is listed: drop those who were. When the number is back at 200, ``joined`` has all of them.
    """

    count: int
    joined: list[int] = []
    left: list[int] = []


class Typing(msgspec.Struct):
    """Data of ``typing`` in ``presence.<room>``: shown for ``seconds``, or until the user's message arrives."""

    user: int
    seconds: float


class SendMessage(Command, tag_field="do", tag="message.send"):
    """Send a message. Repeating it with the same ``client_id`` answers with the first message. -> Sent"""

    room: int
    client_id: str
    body: str
    reply: int | None = None  # the seq of the message that this one answers
    files: list[str] = []  # ids of up to 10 own uploads to this room that are complete; then the body may be empty

    @property
    def text_size(self) -> int:
        return len(self.body)


class RunSlashCommand(Command, tag_field="do", tag="slash.run"):
    """Run a slash command, such as ``/chart cpu 1h``. -> SlashResult"""

    room: int
    client_id: str
    text: str

    @property
    def text_size(self) -> int:
        return len(self.text)


class SlashResult(msgspec.Struct):
    say: str = ""  # one sentence for the user, or nothing


class Sent(msgspec.Struct):
    message: int
    seq: int
    rev: int


class EditMessage(Command, tag_field="do", tag="message.edit"):
    """Change one's own message. -> Sent"""

    message: int
    body: str

    @property
    def text_size(self) -> int:
        return len(self.body)


class DeleteMessage(Command, tag_field="do", tag="message.delete"):
    """Leave a tombstone: one's own message, or any message for an admin. -> Sent"""

    message: int


class SetReaction(Command, tag_field="do", tag="message.react"):
    """Add or take back one emoji. -> Sent"""

    message: int
    emoji: str
    on: bool = True


class SendUrgent(Command, tag_field="do", tag="message.urgent"):
    """Notify the recipient of one's own direct message in spite of their quiet hours or mute. -> Sent"""

    message: int


class GetAvailability(Command, tag_field="do", tag="room.availability"):
    """Whether the other person of a direct conversation is notified of a message now. -> Availability"""

    room: int


class Availability(msgspec.Struct, omit_defaults=True):
    """Both are empty: they are notified at once, or it is no conversation of two people."""

    until: int = 0  # quiet hours hold the notification until then, in seconds since 1970
    off: bool = False  # they are not notified of this conversation


class GetRoleMentions(Command, tag_field="do", tag="room.roles"):
    """The words after @ that name users of a room by what they do, such as ``@oncall``. -> RoleMentions"""

    room: int


class RoleMentionState(msgspec.Struct):
    word: str  # without @
    label: str  # in the reader's language
    users: list[int]  # whom it names now; members of the room


class RoleMentions(msgspec.Struct, omit_defaults=True):
    roles: list[RoleMentionState]
    members: list[MemberState] = []  # of a large room: those whom they name


class ListMembers(Command, tag_field="do", tag="room.members"):
    """A page of a room's members by name, or of those whose name or handle has a word that begins with ``text``.
    -> MemberPage
    """

    room: int
    text: str = ""
    after: str = ""  # of the page before
    limit: int = 50  # and not more

    @property
    def text_size(self) -> int:
        return len(self.text) + len(self.after)


class MemberPage(msgspec.Struct, omit_defaults=True):
    members: list[MemberState]
    after: str = ""  # where the next page begins; empty: there is none
    total: int = 0  # of the room, on the first page of all


class GetMessageSource(Command, tag_field="do", tag="message.source"):
    """The Markdown of one's own message, for the editor. -> MessageSource"""

    message: int


class MessageSource(msgspec.Struct):
    body: str


class MarkRead(Command, tag_field="do", tag="room.read"):
    """Everything up to ``seq`` was seen. Merged with max. -> {}"""

    room: int
    seq: int


class SetFavourite(Command, tag_field="do", tag="room.favourite"):
    """List a room first in one's own sidebar, or no longer. -> {}"""

    room: int
    on: bool = True


class SetRoomNotifications(Command, tag_field="do", tag="room.notifications"):
    """What of a room I am notified of, and until when nothing (in seconds since 1970, 0: not muted). -> {}"""

    room: int
    level: str = ""
    muted_until: int = 0


class SendTyping(Command, tag_field="do", tag="typing"):
    """I am typing; repeat every 3 s while it is so. -> {}"""

    room: int
