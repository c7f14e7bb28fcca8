"""Writes docs/protocol.md from the typed messages, so that the page cannot be older than the code."""

import inspect
import re
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chat import protocol as chat_protocol
from monitor.alerts import cards as alerts
from monitor.checks import cards as checks
from monitor.dashboards import protocol as dashboards
from monitor.dashboards.charts import cards as charts
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
        chat_protocol.Reply,
        chat_protocol.MemberState,
        chat_protocol.RoomState,
    ],
    "`me`, a state": [chat_protocol.Me, chat_protocol.MyRoom],
    "`presence.<room>`, a state": [chat_protocol.Presence, chat_protocol.PresenceChange, chat_protocol.Typing],
    "`dashboard.<key>`, a state": [
        dashboards.BoardSnapshot,
        dashboards.Column,
        dashboards.Shown,
        dashboards.ShownPanel,
        dashboards.Tick,
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
ANSWERS: Kinds = [protocol.Subscribed, chat_protocol.Sent, chat_protocol.SlashResult, chat_protocol.MessageSource]
FRAMES: Kinds = [protocol.Answer, Error, protocol.Event]
HTTP: Kinds = [chat_protocol.HistoryPage, dashboards.BoardHistory, dashboards.Dockable, dashboards.Mark]


class Command(BaseCommand):
    help = "Writes docs/protocol.md from the typed messages."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; fail if the page is not current")

    def handle(self, *args: Any, **options: Any) -> None:
        text = page()
        if not options["check"]:
            PAGE.write_text(text, encoding="utf-8")
            self.stdout.write(f"Wrote {PAGE.relative_to(settings.BASE_DIR)}.")
        elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
            raise CommandError("docs/protocol.md is not current. Run: manage.py protocol")


def page() -> str:
    parts = [INTRODUCTION.strip()]
    parts += ["## Frames from the server", *map(shape, FRAMES)]
    parts += ["## Commands", *(shape(kind) for kind in sorted(commands, key=verb)), *map(shape, ANSWERS)]
    for title, kinds in STREAMS.items():
        parts += [f"## {title}", *map(shape, kinds)]
    parts += ["## By HTTP", *map(shape, HTTP), CLOSING.strip(), closes()]
    return "\n\n".join(parts) + "\n"


def verb(kind: type[msgspec.Struct]) -> str:
    return str(kind.__struct_config__.tag)


def shape(kind: type[msgspec.Struct]) -> str:
    """A struct as a heading, its docstring, and a table of its fields with the comments that stand beside them."""
    title = f"`{verb(kind)}`" if issubclass(kind, protocol.Command) else kind.__name__
    rows = [f"| `{each.name}` | {type_name(each)} | {comment(kind, each.name)} |" for each in fields(kind)]
    table = "\n".join(["| field | type | |", "| --- | --- | --- |", *rows]) if rows else ""
    words = re.sub(
        r"``(.+?)``", r"`\1`", re.sub(r":class:`[~.\w]*?(\w+)`", r"`\1`", inspect.cleandoc(kind.__doc__ or ""))
    )
    return "\n\n".join(part for part in (f"### {title}", words, table) if part)


def fields(kind: type[msgspec.Struct]) -> list[Any]:
    return [
        each for each in msgspec.structs.fields(kind) if each.name != "id" or not issubclass(kind, protocol.Command)
    ]


def type_name(field: Any) -> str:
    name = getattr(field.type, "__name__", "") if not hasattr(field.type, "__args__") else str(field.type)
    name = re.sub(r"\b[a-z]+\.(?:\w+\.)*(\w+)", r"\1", name or str(field.type)).replace("|", "or")
    default = field.default if field.default is not msgspec.NODEFAULT else field.default_factory
    if default is msgspec.NODEFAULT:
        return name
    return f"{name}, may be left out" if default in (None, "", 0, False, list, dict) else f"{name} = {default}"


def comment(kind: type[msgspec.Struct], name: str) -> str:
    """The comment behind a field's line, in the class or in the one that it comes from."""
    for each in [each for each in kind.__mro__ if each.__module__ == kind.__module__ or each is protocol.Command]:
        found = re.search(rf"^\s+{name}: [^#\n]*#\s*(.+)$", inspect.getsource(each), re.MULTILINE)
        if found:
            return found.group(1)
    return ""


def closes() -> str:
    return "\n".join(
        ["| code | name |", "| --- | --- |", *(f"| {each.value} | {each.name.lower()} |" for each in protocol.Close)]
    )


INTRODUCTION = """
<!-- Made by `manage.py protocol` from the typed messages; change those. -->

# Protocol v1

One websocket a tab, `GET /ws/`, with the session cookie and an `Origin` that is one of `MYWEB_ORIGINS`. Frames are JSON text, at
most 64 KiB from the client.

**From the client**, one command a frame. `id` is the client's own number, `do` names the verb, its fields stand beside them:

```json
{"id": 7, "do": "message.send", "room": 12, "client_id": "5f0c…", "body": "Hello"}
```

**From the server**, either the answer to one command (an object) or events (always an array, several a frame):

```json
{"re": 7, "ok": {"message": 901, "seq": 403, "rev": 510}}
{"re": 8, "error": {"code": "forbidden", "text": "This room is archived: it can be read, not written to.", "retry": false}}
[{"stream": "room.12", "rev": 510, "type": "message.created", "data": {"…": "…"}}]
```

Fields that hold their default are left out. Unknown event types are to be ignored.

Commands are limited: `MYWEB_COMMANDS_PER_SECOND` over all sockets of a person, and five times as many at once; `subscribe` counts a
quarter, `ping` and `unsubscribe` nothing, a text one for each 1,500 characters. More are not done but answered, and the first that comes
after `wait` seconds is done:

```json
{"re": 9, "error": {"code": "too_fast", "text": "Rate limit reached. Try again in 2 s.", "retry": true, "wait": 1.7}}
```

## Following a stream

`subscribe` answers with a snapshot, or, when `after` and `epoch` are given and not too much is missing, with the events since then;
both lead to the same state. Events that happen while the answer is on its way come after it.

A **log** stream counts its events: `rev` rises, an event follows `after` (or `rev - 1` where that is left out). Drop what you have
already; subscribe again with `after` when you find that you hold less than an event follows. Every event carries the present state of
one thing: put it in the place of the state that you hold, unless that one has a higher `rev`.

A **state** stream has no numbers (`rev` is 0): the last value of a key holds, and a new subscription starts from a snapshot.

Each 20 s the server sends `{"stream": "socket", "type": "heads", "data": {"room.12": 510}}`: who holds less has missed the last events
and subscribes again. An event of type `closed` in a stream means that it may not be followed any more.

A page opens `/ws/?user=<id>` with the user that it was made for. If the session is another user's, the server sends an event of type
`other_user` in place of `hello` and closes with 4102: nothing that was written on the page may be stored as somebody else's.

A **guest**, as a screen on a wall is, opens `/ws/?guest=<number>` with the cookie that its link has brought. It may `subscribe` to
the dashboards of its link, `unsubscribe`, `ping` and say `dashboard.seen`; everything else is refused.

Sending is safe to repeat: the same `client_id` in the same room by the same author answers with the first message.
"""

CLOSING = """
`POST /rooms/<id>/messages/` with `{"client_id": …, "body": …}` and the CSRF token sends without a socket and answers with `Sent`
or, by status 400, 403, 404 or 429, with `{"error": …}` as above. A header `X-Page-User: <id>` is compared with the session's user;
another one is answered by 409, code `stale_page`, and nothing is done.

## Close codes

4000-4099: come back, after a random wait. 4100-4199: do not, until the person has done something about it. The server accepts first and
closes then, because a browser cannot read why a handshake was refused; only a wrong origin or address is refused outright.
"""
