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
from django.db import Error as AnyDatabaseError  # includes InterfaceError
from django.utils import translation
from django.utils.translation import gettext as _

from myweb.errors import Error, Refused
from myweb.failure_log import FailureLog
from realtime import guests, rate_limits, streams
from realtime.database import in_thread
from realtime.housekeeping import HEADS_EVERY
from realtime.hub import Hub, get_hub
from realtime.identity import get_user_name, read_expected_user, read_header, read_language, read_session_cookie
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
database_failures = FailureLog(logger)

PATH = "/ws/"
NO_CODE = 1006  # the connection was lost (RFC 6455, section 7.1.5)
STRIKES = 3  # malformed commands in a row

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Head(msgspec.Struct):
    id: int = 0


class SocketConsumer(AsyncConsumer):  # type: ignore[misc]
    channel_layer_alias = None

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        if scope["path"] != PATH or read_origin(scope) not in settings.ORIGINS:
            await send({"type": "websocket.close"})
            return
        translation.activate(read_language(scope["headers"]))  # for this socket's task and its threads
        # Accept, then close: a browser cannot tell a rejected handshake from a server that is down.
        await send({"type": "websocket.accept"})
        wire = scope.get("extensions", {}).get("myweb.wire") or AsgiWire(send)
        hub = get_hub()
        try:
            guest = guests.read_guest_identity(scope["query_string"], scope["headers"])
            identity = await (
                hub.guest_authenticator.submit(guest)
                if guest
                else hub.authenticator.submit(read_session_cookie(scope["headers"]))
            )
        except AnyDatabaseError:
            wire.close(Close.RESTART)
            return
        if identity is None:
            wire.close(Close.SIGNED_OUT)
            return
        socket = Socket(identity, wire)
        expected = None if guest else read_expected_user(scope["query_string"])
        if expected not in {None, identity.user_id}:
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
    """Another user has signed in since the page was loaded: its drafts must not be sent as that user."""
    meters.count(f"closed.{int(Close.OTHER_USER)}")
    with suppress(AnyDatabaseError, ObjectDoesNotExist):  # the close code alone says enough
        name = await in_thread(get_user_name, socket.user_id)
        socket.write(encode([Event("socket", 0, "other_user", OtherUser(socket.user_id, name))]))
    socket.wire.close(Close.OTHER_USER)


def read_origin(scope: dict[str, Any]) -> str:
    return read_header(scope["headers"], b"origin").lower()


class Conversation:
    """Runs commands one after the other. A command that returns a future does not delay the next."""

    def __init__(self, hub: Hub, socket: Socket, wire: Wire) -> None:
        self.hub, self.socket, self.wire = hub, socket, wire
        self.decoder = get_command_decoder()
        self.strikes = 0
        self.bucket = rate_limits.command_buckets()
        self.ended_with = NO_CODE

    async def run(self, receive: Receive) -> None:
        hello = Hello(VERSION, self.socket.user_id, now_iso(), HEADS_EVERY)
        self.socket.write(encode([Event("socket", 0, "hello", hello)]))
        while (message := await receive())["type"] != "websocket.disconnect":
            text = message.get("text")
            await self.receive_command(message["bytes"] if text is None else text, is_text=text is not None)
            if self.strikes >= STRIKES:
                self.wire.close(Close.MALFORMED)
                self.ended_with = int(Close.MALFORMED)
                return
        self.ended_with = message.get("code") or NO_CODE

    async def receive_command(self, text: str | bytes, *, is_text: bool = True) -> None:
        """``text`` comes from ASGI. LiveServer does not decode: it passes text as bytes, too."""
        try:
            if not is_text:
                raise msgspec.DecodeError("Frames must be text")
            command = self.decoder.decode(text)
        except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
            self.strikes += 1
            self.reply(*explain_malformed(text, error))
            return
        self.strikes = 0
        meters.count("commands")
        if wait := self.bucket.take(self.socket.user_id, rate_limits.command_cost(command)):
            self.fail(command.id, rate_limits.TooFast(wait))
            return
        if self.socket.identity.is_guest and type(command) not in streams.for_guests:
            self.fail(command.id, Refused("forbidden", _("Guests have read-only access.")))
            return
        handler = streams.commands[type(command)]
        try:
            result = await handler(self.hub, self.socket, command)
        except Exception as error:
            self.fail(command.id, error)
            return
        if isinstance(result, asyncio.Future):
            result.add_done_callback(lambda future: self.send_result(command.id, future))
        elif result is not ALREADY_ANSWERED:
            self.socket.write(encode(Answer(command.id, ok=result if result is not None else {})))

    def send_result(self, number: int, future: "asyncio.Future[Any]") -> None:
        if future.cancelled():
            return
        if error := future.exception():
            self.fail(number, error)
        else:
            database_failures.record_success(COMMAND)
            self.socket.write(encode(Answer(number, ok=future.result())))

    def fail(self, number: int, error: BaseException) -> None:
        if isinstance(error, Refused):
            self.reply(number, error.answer())
        elif isinstance(error, AnyDatabaseError):
            database_failures.record_failure(COMMAND, error)
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


COMMAND = "A command that needs the database"
ALREADY_ANSWERED = object()  # returned by a handler that has written its own answer

_decoder: "msgspec.json.Decoder[Command] | None" = None


def get_command_decoder() -> "msgspec.json.Decoder[Command]":
    global _decoder  # noqa: PLW0603 - built once, when every app has registered
    if _decoder is None:
        _decoder = streams.build_decoder()
    return _decoder


def explain_malformed(text: str | bytes, error: Exception) -> tuple[int, Error]:
    """The id of a malformed command, 0 if it cannot be read, and the error."""
    try:
        number = msgspec.json.decode(text, type=Head).id
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        number = 0
    unknown = isinstance(error, msgspec.ValidationError) and "`$.do`" in str(error)
    return number, Error("unknown" if unknown else "malformed", f"{error}. See docs/protocol.md.", retry=False)


@streams.command(Subscribe, guests=True)
async def subscribe(hub: Hub, socket: Socket, request: Subscribe) -> object:
    await hub.subscribe(socket, request)
    database_failures.record_success(COMMAND)
    return ALREADY_ANSWERED


@streams.command(Unsubscribe, guests=True)
async def unsubscribe(hub: Hub, socket: Socket, request: Unsubscribe) -> None:
    await hub.unsubscribe(socket, request.stream)


@streams.command(Ping, guests=True)
async def ping(hub: Hub, socket: Socket, request: Ping) -> None:
    return None
