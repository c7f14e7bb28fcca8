"""Writes docs/protocol.md from the typed messages, so that the page is never older than the code."""

import inspect
import re
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chat import protocol as chat_protocol
from link_previews import protocol as previews
from monitor.alerts import cards as alerts
from monitor.checks import cards as checks
from monitor.dashboards import protocol as dashboards
from monitor.dashboards.charts import cards as charts
from monitor.status import protocol as status
from myweb.errors import Error
from realtime import consumers, protocol
from realtime.streams import commands

assert consumers  # imported for the commands that it registers
PAGE = Path(settings.BASE_DIR) / "docs" / "protocol.md"

Kinds = list[type[msgspec.Struct]]

STREAMS: dict[str, Kinds] = {
    "Any socket": [protocol.Hello, protocol.OtherUser],
    "`room.<id>`, a log": [
        chat_protocol.RoomSnapshot,
        chat_protocol.MessageState,
        chat_protocol.FileState,
        chat_protocol.PreviewState,
        chat_protocol.Reply,
        chat_protocol.MemberState,
        chat_protocol.RoomState,
    ],
    "`me`, a state": [chat_protocol.Me, chat_protocol.MyRoom, chat_protocol.NotificationState],
    "`watching`, a state": [status.Watching],
    "`presence.<room>`, a state": [chat_protocol.Presence, chat_protocol.PresenceChange, chat_protocol.Typing],
    "`dashboard.<key>`, a state": [
        dashboards.BoardSnapshot,
        dashboards.BoardColumn,
        dashboards.ShownDashboard,
        dashboards.ShownPanel,
        dashboards.BoardTick,
    ],
    "Cards, in `MessageState.card`": [
        alerts.AlertCard,
        alerts.AlertLine,
        alerts.Picture,
        charts.ChartCard,
        charts.ChartColumn,
        checks.ProbeCard,
        checks.RunCard,
    ],
}
ANSWERS: Kinds = [
    protocol.Subscribed,
    chat_protocol.Sent,
    chat_protocol.SlashResult,
    chat_protocol.MessageSource,
    chat_protocol.RoleMentions,
    chat_protocol.RoleMentionState,
    chat_protocol.MemberPage,
]
FRAMES: Kinds = [protocol.Answer, Error, protocol.Event]
HTTP: Kinds = [
    chat_protocol.HistoryPage,
    previews.LinkedMessage,
    chat_protocol.PaletteGroup,
    chat_protocol.PaletteEntry,
    dashboards.BoardHistory,
    dashboards.Dockable,
    dashboards.Mark,
]


class Command(BaseCommand):
    help = "Writes docs/protocol.md from the typed messages."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; fail if the page is not current")

    def handle(self, *args: Any, **options: Any) -> None:
        text = render_page()
        if not options["check"]:
            PAGE.write_text(text, encoding="utf-8")
            self.stdout.write(f"Wrote {PAGE.relative_to(settings.BASE_DIR)}.")
        elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
            raise CommandError("docs/protocol.md is not current. Run: manage.py protocol")


def render_page() -> str:
    parts = [INTRODUCTION.strip()]
    parts += ["## Frames from the server", *map(describe_struct, FRAMES)]
    parts += [
        "## Commands",
        *(describe_struct(kind) for kind in sorted(commands, key=get_verb)),
        *map(describe_struct, ANSWERS),
    ]
    for title, kinds in STREAMS.items():
        parts += [f"## {title}", *map(describe_struct, kinds)]
    parts += ["## By HTTP", *map(describe_struct, HTTP), CLOSING.strip(), list_close_codes()]
    return "\n\n".join(parts) + "\n"


def get_verb(kind: type[msgspec.Struct]) -> str:
    return str(kind.__struct_config__.tag)


def describe_struct(kind: type[msgspec.Struct]) -> str:
    """A struct as a heading, its docstring, and a table of its fields with the comments that stand beside them."""
    title = f"`{get_verb(kind)}`" if issubclass(kind, protocol.Command) else kind.__name__
    rows = [
        f"| `{field.name}` | {format_type(field)} | {find_comment(kind, field.name)} |" for field in list_fields(kind)
    ]
    table = "\n".join(["| field | type | |", "| --- | --- | --- |", *rows]) if rows else ""
    text = re.sub(
        r"``(.+?)``", r"`\1`", re.sub(r":class:`[~.\w]*?(\w+)`", r"`\1`", inspect.cleandoc(kind.__doc__ or ""))
    )
    return "\n\n".join(part for part in (f"### {title}", text, table) if part)


def list_fields(kind: type[msgspec.Struct]) -> list[Any]:
    return [
        field for field in msgspec.structs.fields(kind) if field.name != "id" or not issubclass(kind, protocol.Command)
    ]


def format_type(field: Any) -> str:
    name = getattr(field.type, "__name__", "") if not hasattr(field.type, "__args__") else str(field.type)
    name = re.sub(r"\b[a-z]+\.(?:\w+\.)*(\w+)", r"\1", name or str(field.type)).replace("|", "or")
    default = field.default if field.default is not msgspec.NODEFAULT else field.default_factory
    if default is msgspec.NODEFAULT:
        return name
    return f"{name}, may be left out" if default in (None, "", 0, False, list, dict) else f"{name} = {default}"


def find_comment(kind: type[msgspec.Struct], name: str) -> str:
    """The comment behind a field's line, in the class or in the one that it comes from."""
    for base in [base for base in kind.__mro__ if base.__module__ == kind.__module__ or base is protocol.Command]:
        match = re.search(rf"^\s+{name}: [^#\n]*#\s*(.+)$", inspect.getsource(base), re.MULTILINE)
        if match:
            return match.group(1)
    return ""


def list_close_codes() -> str:
    return "\n".join(
        ["| code | name |", "| --- | --- |", *(f"| {code.value} | {code.name.lower()} |" for code in protocol.Close)]
    )


INTRODUCTION = """
<!-- Made by `manage.py protocol` from the typed messages; change those. -->

# Protocol v1

Each tab opens one WebSocket, `GET /ws/`, with the session cookie and an `Origin` from `MYWEB_ORIGINS`. Frames are JSON text, at
most 64 KiB from the client. Clients may ask for `permessage-deflate`; it is accepted without context takeover in both directions, and the 64 KiB hold for
the inflated message.

**From the client**: one command per frame. `id` is a number that the client chooses, `do` is the command, and its fields follow:

```json
{"id": 7, "do": "message.send", "room": 12, "client_id": "5f0c…", "body": "Hello"}
```

**From the server**: the answer to one command (an object), or events (always an array, several per frame):

```json
{"re": 7, "ok": {"message": 901, "seq": 403, "rev": 510}}
{"re": 8, "error": {"code": "forbidden", "text": "This room is archived: it can be read, not written to.", "retry": false}}
[{"stream": "room.12", "rev": 510, "type": "message.created", "data": {"…": "…"}}]
```

Fields with their default value are omitted. Clients ignore unknown event types.

Commands are rate limited: `MYWEB_COMMANDS_PER_SECOND` over all sockets of a user, with bursts of five times as many. `subscribe` costs a
quarter, `ping` and `unsubscribe` nothing, and a text one for each 1,500 characters. Further commands get an error with `wait`; the first
one after `wait` seconds is executed:

```json
{"re": 9, "error": {"code": "too_fast", "text": "Too many commands at once. Try again in 2 s.", "retry": true, "wait": 1.7}}
```

## Subscribing to a stream

`subscribe` answers with a snapshot, or, if `after` and `epoch` are given and few events are missing, with the events since then.
Both lead to the same state. Events that are published before the answer is sent follow it.

A **log** stream counts its events: `rev` increases, and an event follows `after` (or `rev - 1` if that is omitted). Ignore events that
you already have. If events are missing in between, subscribe again with `after`. Every event carries the current state of
one object: replace the state that you have, unless that one has a higher `rev`.

A **state** stream has no numbers (`rev` is 0): the last value of a key is valid, and a new subscription starts with a snapshot.

Every 20 s the server sends `{"stream": "socket", "type": "heads", "data": {"room.12": 510}}`. A client with a lower `rev` has missed the last
events and subscribes again. An event of type `closed` in a stream means that the user lost access to it.

A page opens `/ws/?user=<id>` with the user that it was made for. If the session belongs to another user, the server sends an event of type
`other_user` instead of `hello` and closes with 4102. So no text of the page is stored under another user's name.

A **guest**, such as a wall screen, opens `/ws/?guest=<number>` with the cookie that its link has set. It may `subscribe` to
the dashboards of its link, `unsubscribe`, `ping` and send `dashboard.seen`; all other commands are rejected.

Sending is idempotent: the same `client_id` in the same room by the same author answers with the first message.
"""

CLOSING = """
`POST /rooms/<id>/messages/` with `{"client_id": …, "body": …}` and the CSRF token sends without a socket. It answers with `Sent`
or, with status 400, 403, 404 or 429, with `{"error": …}` as above. The header `X-Page-User: <id>` is compared with the session's user;
another user gets 409 with the code `stale_page`, and nothing is stored. `"files": [id, …]` beside the body names uploads.

## Uploads

The core of [tus 1.0](https://tus.io/protocols/resumable-upload) with the extensions creation and termination. Every request has the header `Tus-Resumable: 1.0.0` (412
without it) and, if it changes something, the CSRF token. A refusal is `{"error": …}` as above.

| request | headers | answer |
| --- | --- | --- |
| `OPTIONS /files/uploads/` | | 204, with `Tus-Version`, `Tus-Extension` and `Tus-Max-Size` |
| `POST /files/uploads/` | `Upload-Length`, and `Upload-Metadata` with `name` and `room` (its id), both in base64 | 201, `Location: /files/uploads/<id>/` |
| `PATCH /files/uploads/<id>/` | `Upload-Offset`, `Content-Type: application/offset+octet-stream`, up to 8 MiB | 204, `Upload-Offset`: where the next piece begins |
| `HEAD /files/uploads/<id>/` | | 200, `Upload-Offset` and `Upload-Length` |
| `DELETE /files/uploads/<id>/` | | 204: the upload or the file, if no message has it |

| status | code | what happened |
| --- | --- | --- |
| 400 | `malformed` | a header is missing or no number, or the metadata cannot be read |
| 403, 404 | `forbidden`, `not_found` | the room is archived; there is no such room or upload for this user |
| 409 | `conflict` | another offset, or another piece is being received: ask with HEAD |
| 413 | `too_large` | more than one file may have, than a piece may have, or than was said |
| 415 | `media_type` | the type of a piece is another |
| 429 | `too_fast` | `wait` says for how long |
| 507 | `full` | the limit of the user or of the workspace, or no space on the disk |

Metadata may also have `as_is` with `yes`: the file is kept as it is, also a picture, and is only ever a download. An upload that is complete is sent by
`message.send` to the same room within a day; `room` cannot be changed. `state` is `working` until the worker has found out what it is. A new state of the
message follows then. `GET /files/<id>/` answers 404 until then, and to everybody who may not read the room at that moment.

A video has no picture of its own. Its sender may give it one: `POST /files/<id>/poster/` with a JPEG, PNG or WebP of at most 500 KB as the body is answered with 202, and a new
state of the message follows, with `tiny`. It is 404 for others, 409 once there is one, and 413 for more bytes.

## Close codes

4000-4099: reconnect after a random delay. 4100-4199: do not reconnect before the user has acted. The server accepts the socket first and
then closes it, because a browser cannot read why a handshake failed. Only a wrong origin or address is rejected in the handshake.

The reason of 4003 is a number such as `12.5`: reconnect after so many seconds, without a delay of your own. After a restart each client gets a
time at which it can be let in.
"""
