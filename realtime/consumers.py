"""The consumer behind ``/ws/``: one plain receive loop a socket; no task, thread hop or layer channel per event."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import msgspec
from channels.consumer import AsyncConsumer
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import Error as DatabaseTrouble  # also InterfaceError, which DatabaseError leaves out
from django.utils import translation
from django.utils.translation import gettext as _

from myweb.errors import Error, Refused
from realtime import guests, limits, session, streams
from realtime.database import in_thread
from realtime.duties import HEADS_EVERY
from realtime.hub import Hub, get_hub
from realtime.meters import meters
from realtime.protocol import (
    VERSION,
    Answer,
    Close,
    Command,
    Event,
    Hello,
    OtherUser,
    Ping,
    Subscribe,
    Unsubscribe,
    encode,
    now_iso,
)
from realtime.socket import AsgiWire, Socket, Wire

logger = logging.getLogger(__name__)

PATH = "/ws/"
NO_CODE = 1006  # the connection was lost (RFC 6455, section 7.1.5)
STRIKES = 3  # commands in a row that make no sense

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Head(msgspec.Struct):
    id: int = 0


class SocketConsumer(AsyncConsumer):  # type: ignore[misc]
    channel_layer_alias = None

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        if scope["path"] != PATH or origin_of(scope) not in settings.ORIGINS:
            await send({"type": "websocket.close"})
            return
        translation.activate(session.language_of(scope["headers"]))  # for this socket's task and its threads
        # Accept first and close then: a browser cannot tell a refused handshake from a server that is down.
        await send({"type": "websocket.accept"})
        wire = scope.get("extensions", {}).get("myweb.wire") or AsgiWire(send)
        hub = get_hub()
        try:
            guest = guests.asked_for(scope["query_string"], scope["headers"])
            person = await (hub.visits.ask(guest) if guest else hub.arrivals.ask(session.cookie_of(scope["headers"])))
        except DatabaseTrouble:
            wire.close(Close.RESTART)
            return
        if person is None:
            wire.close(Close.SIGNED_OUT)
            return
        socket = Socket(person, wire)
        expected = None if guest else session.expected_user(scope["query_string"])
        if expected not in {None, person.user_id}:
            await refuse_page(socket)
            return
        hub.open(socket)
        meters.count("opened")
        conversation = Conversation(hub, socket, wire)
        try:
            await conversation.run(receive)
        finally:
            meters.count(f"closed.{conversation.ended_with}")
            await hub.close(socket)


async def refuse_page(socket: Socket) -> None:
    """Another user has signed in since the page was opened: what was written on it must not become theirs."""
    meters.count(f"closed.{int(Close.OTHER_USER)}")
    with suppress(DatabaseTrouble, ObjectDoesNotExist):  # the close code alone says enough
        name = await in_thread(session.name_of, socket.user_id)
        socket.write(encode([Event("socket", 0, "other_user", OtherUser(socket.user_id, name))]))
    socket.wire.close(Close.OTHER_USER)


def origin_of(scope: dict[str, Any]) -> str:
    return session.header(scope["headers"], b"origin").lower()


class Conversation:
    """Commands in, answers out, one after the other; a command that returns a future does not hold up the next."""

    def __init__(self, hub: Hub, socket: Socket, wire: Wire) -> None:
        self.hub, self.socket, self.wire = hub, socket, wire
        self.decoder = command_decoder()
        self.strikes = 0
        self.bucket = limits.commands()
        self.ended_with = NO_CODE

    async def run(self, receive: Receive) -> None:
        hello = Hello(VERSION, self.socket.user_id, now_iso(), HEADS_EVERY)
        self.socket.write(encode([Event("socket", 0, "hello", hello)]))
        while (message := await receive())["type"] != "websocket.disconnect":
            text = message.get("text")
            await self.hear(message["bytes"] if text is None else text, is_text=text is not None)
            if self.strikes >= STRIKES:
                self.wire.close(Close.MALFORMED)
                self.ended_with = int(Close.MALFORMED)
                return
        self.ended_with = message.get("code") or NO_CODE

    async def hear(self, text: str | bytes, *, is_text: bool = True) -> None:
        """``text`` is what ASGI gives; our own server spares itself the decoding and gives bytes for text, too."""
        try:
            if not is_text:
                raise msgspec.DecodeError("Frames must be text")
            command = self.decoder.decode(text)
        except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
            self.strikes += 1
            self.reply(*explain(text, error))
            return
        self.strikes = 0
        meters.count("commands")
        if wait := self.bucket.take(self.socket.user_id, limits.command_cost(command)):
            self.fail(command.id, limits.TooFast(wait))
            return
        if self.socket.person.is_guest and type(command) not in streams.for_guests:
            self.fail(command.id, Refused("forbidden", _("Guests have read-only access.")))
            return
        handler = streams.commands[type(command)]
        try:
            result = await handler(self.hub, self.socket, command)
        except Exception as error:
            self.fail(command.id, error)
            return
        if isinstance(result, asyncio.Future):
            result.add_done_callback(lambda future: self.settle(command.id, future))
        elif result is not ANSWERED:
            self.socket.write(encode(Answer(command.id, ok=result if result is not None else {})))

    def settle(self, number: int, future: "asyncio.Future[Any]") -> None:
        if future.cancelled():
            return
        if error := future.exception():
            self.fail(number, error)
        else:
            self.socket.write(encode(Answer(number, ok=future.result())))

    def fail(self, number: int, error: BaseException) -> None:
        if isinstance(error, Refused):
            self.reply(number, error.answer())
        elif isinstance(error, DatabaseTrouble):
            logger.warning("A command failed: the database is not available: %s", error)
            self.reply(
                number, Error("unavailable", _("The database does not respond. Retrying automatically."), retry=True)
            )
        else:
            logger.error("A command failed", exc_info=error)
            self.reply(
                number,
                Error("internal", _("An error occurred on the server and was logged."), retry=False),
            )

    def reply(self, number: int, error: Error) -> None:
        self.socket.write(encode(Answer(number, error=error)))


ANSWERED = object()  # returned by a handler that has written its own answer

_decoder: "msgspec.json.Decoder[Command] | None" = None


def command_decoder() -> "msgspec.json.Decoder[Command]":
    global _decoder  # noqa: PLW0603 - built once, when every app has registered
    if _decoder is None:
        _decoder = streams.decoder()
    return _decoder


def explain(text: str | bytes, error: Exception) -> tuple[int, Error]:
    """The number of a command that could not be read, as far as it can be told, and what was wrong with it."""
    try:
        number = msgspec.json.decode(text, type=Head).id
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        number = 0
    unknown = isinstance(error, msgspec.ValidationError) and "`$.do`" in str(error)
    return number, Error("unknown" if unknown else "malformed", f"{error}. See docs/protocol.md.", retry=False)


@streams.command(Subscribe, guests=True)
async def subscribe(hub: Hub, socket: Socket, asked: Subscribe) -> object:
    await hub.subscribe(socket, asked)
    return ANSWERED


@streams.command(Unsubscribe, guests=True)
async def unsubscribe(hub: Hub, socket: Socket, asked: Unsubscribe) -> None:
    await hub.unsubscribe(socket, asked.stream)


@streams.command(Ping, guests=True)
async def ping(hub: Hub, socket: Socket, asked: Ping) -> None:
    return None
