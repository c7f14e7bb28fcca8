"""The verbs of chat on the socket. Each crosses to the database once and calls the same service as the pages do."""

import asyncio
from functools import partial
from typing import Any

from chat import events, messages, slash
from chat.drafts import make_draft, parse_body
from chat.parsing import parse_in_turn
from chat.writer import get_writer
from myweb.errors import NotFound
from realtime.database import in_thread
from realtime.hub import Hub
from realtime.protocol import Event, encode
from realtime.socket import Socket
from realtime.streams import command
from realtime.users import run_as_user


@command(events.SendMessage)
async def send(hub: Hub, socket: Socket, asked: events.SendMessage) -> "asyncio.Future[events.Sent]":
    make = partial(make_draft, asked.room, socket.user_id, asked.client_id, asked.body, asked.reply)
    return get_writer().ask(await parse_in_turn(socket.user_id, asked.body, make))


@command(events.EditMessage)
async def edit(hub: Hub, socket: Socket, asked: events.EditMessage) -> Any:
    parsed = await parse_in_turn(socket.user_id, asked.body, lambda: parse_body(asked.body))
    return await run_as_user(socket, messages.change_body, asked.message, parsed)


@command(events.DeleteMessage)
async def delete(hub: Hub, socket: Socket, asked: events.DeleteMessage) -> Any:
    return await run_as_user(socket, messages.delete, asked.message)


@command(events.React)
async def react(hub: Hub, socket: Socket, asked: events.React) -> Any:
    return await run_as_user(socket, messages.react, asked.message, asked.emoji, asked.on)


@command(events.Source)
async def source(hub: Hub, socket: Socket, asked: events.Source) -> events.SourceText:
    return events.SourceText(await run_as_user(socket, messages.source, asked.message))


@command(events.Read)
async def read(hub: Hub, socket: Socket, asked: events.Read) -> None:
    await in_thread(messages.mark_read, socket.user_id, asked.room, asked.seq)


@command(events.Slash)
async def run_slash(hub: Hub, socket: Socket, asked: events.Slash) -> events.Done:
    return events.Done(await run_as_user(socket, slash.run, asked.room, asked.client_id, asked.text))


@command(events.Type)
async def typing(hub: Hub, socket: Socket, asked: events.Type) -> None:
    name = f"presence.{asked.room}"
    if name not in socket.following:  # following it was allowed, so this is
        raise NotFound
    event = encode(Event(name, 0, "typing", events.Typing(socket.user_id))).decode()
    hub.post(f"room.{asked.room}", {"type": "bell", "topic": name, "first": 0, "events": [event]})
