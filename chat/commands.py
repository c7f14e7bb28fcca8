"""The verbs of chat on the socket. Each crosses to the database once and calls the same service as the pages do."""

import asyncio
from functools import partial
from typing import Any

from chat import messages, protocol, slash
from chat.incoming import parse_body, parse_incoming
from chat.parsing import parse_in_turn
from chat.writer import get_writer
from myweb.errors import NotFound
from realtime.database import in_thread
from realtime.hub import Hub
from realtime.protocol import Event, encode
from realtime.socket import Socket
from realtime.streams import command
from realtime.users import run_as_user


@command(protocol.SendMessage)
async def handle_send(hub: Hub, socket: Socket, asked: protocol.SendMessage) -> "asyncio.Future[protocol.Sent]":
    make = partial(parse_incoming, asked.room, socket.user_id, asked.client_id, asked.body, asked.reply)
    return get_writer().ask(await parse_in_turn(socket.user_id, asked.body, make))


@command(protocol.EditMessage)
async def handle_edit(hub: Hub, socket: Socket, asked: protocol.EditMessage) -> Any:
    parsed = await parse_in_turn(socket.user_id, asked.body, lambda: parse_body(asked.body))
    return await run_as_user(socket, messages.edit_parsed_message, asked.message, parsed)


@command(protocol.DeleteMessage)
async def handle_delete(hub: Hub, socket: Socket, asked: protocol.DeleteMessage) -> Any:
    return await run_as_user(socket, messages.delete_message, asked.message)


@command(protocol.SetReaction)
async def handle_reaction(hub: Hub, socket: Socket, asked: protocol.SetReaction) -> Any:
    return await run_as_user(socket, messages.set_reaction, asked.message, asked.emoji, asked.on)


@command(protocol.GetMessageSource)
async def handle_source(hub: Hub, socket: Socket, asked: protocol.GetMessageSource) -> protocol.MessageSource:
    return protocol.MessageSource(await run_as_user(socket, messages.get_message_source, asked.message))


@command(protocol.MarkRead)
async def handle_mark_read(hub: Hub, socket: Socket, asked: protocol.MarkRead) -> None:
    await in_thread(messages.mark_room_read, socket.user_id, asked.room, asked.seq)


@command(protocol.RunSlashCommand)
async def handle_slash(hub: Hub, socket: Socket, asked: protocol.RunSlashCommand) -> protocol.SlashResult:
    return protocol.SlashResult(
        await run_as_user(socket, slash.run_slash_command, asked.room, asked.client_id, asked.text)
    )


@command(protocol.SendTyping)
async def handle_typing(hub: Hub, socket: Socket, asked: protocol.SendTyping) -> None:
    name = f"presence.{asked.room}"
    if name not in socket.following:  # following it was allowed, so this is
        raise NotFound
    event = encode(Event(name, 0, "typing", protocol.Typing(socket.user_id))).decode()
    hub.post(f"room.{asked.room}", {"type": "bell", "topic": name, "first": 0, "events": [event]})
