"""Handlers of chat's socket commands. Each goes to the database once and calls the same service as the pages do."""

import asyncio
from functools import partial
from typing import Any

from chat import message_services, protocol, services, slash
from chat.markdown_queue import parse_in_turn
from chat.member_search import list_role_mentions, read_member_page
from chat.message_validation import parse_body, parse_incoming
from chat.notifications.services import set_room_notifications
from chat.notifications.urgent import read_availability, send_urgent
from chat.streams import presence_stream
from chat.writer import get_writer
from myweb.errors import NotFound
from realtime.database import in_thread
from realtime.hub import Hub
from realtime.protocol import Event, encode
from realtime.socket import Socket
from realtime.streams import command
from realtime.users import run_as_user

TYPING_SECONDS = 5.0  # longer than the pause in which a client repeats the command


@command(protocol.SendMessage)
async def handle_send(hub: Hub, socket: Socket, request: protocol.SendMessage) -> "asyncio.Future[protocol.Sent]":
    make = partial(
        parse_incoming,
        request.room,
        socket.user_id,
        request.client_id,
        request.body,
        request.reply,
        files=request.files,
    )
    return get_writer().submit(await parse_in_turn(socket.user_id, request.body, make))


@command(protocol.EditMessage)
async def handle_edit(hub: Hub, socket: Socket, request: protocol.EditMessage) -> Any:
    parsed = await parse_in_turn(socket.user_id, request.body, lambda: parse_body(request.body, may_be_empty=True))
    return await run_as_user(socket, message_services.edit_parsed_message, request.message, parsed)


@command(protocol.DeleteMessage)
async def handle_delete(hub: Hub, socket: Socket, request: protocol.DeleteMessage) -> Any:
    return await run_as_user(socket, message_services.delete_message, request.message)


@command(protocol.SetReaction)
async def handle_reaction(hub: Hub, socket: Socket, request: protocol.SetReaction) -> Any:
    return await run_as_user(socket, message_services.set_reaction, request.message, request.emoji, request.on)


@command(protocol.SendUrgent)
async def handle_urgent(hub: Hub, socket: Socket, request: protocol.SendUrgent) -> Any:
    return await run_as_user(socket, send_urgent, request.message)


@command(protocol.GetAvailability)
async def handle_availability(hub: Hub, socket: Socket, request: protocol.GetAvailability) -> Any:
    return await run_as_user(socket, read_availability, request.room)


@command(protocol.GetRoleMentions)
async def handle_role_mentions(hub: Hub, socket: Socket, request: protocol.GetRoleMentions) -> Any:
    return await in_thread(list_role_mentions, socket.user_id, request.room)


@command(protocol.ListMembers)
async def handle_members(hub: Hub, socket: Socket, request: protocol.ListMembers) -> protocol.MemberPage:
    return await in_thread(read_member_page, socket.user_id, request.room, request.text, request.after, request.limit)


@command(protocol.GetMessageSource)
async def handle_source(hub: Hub, socket: Socket, request: protocol.GetMessageSource) -> protocol.MessageSource:
    return protocol.MessageSource(await run_as_user(socket, message_services.get_message_source, request.message))


@command(protocol.MarkRead)
async def handle_mark_read(hub: Hub, socket: Socket, request: protocol.MarkRead) -> None:
    await in_thread(message_services.mark_room_read, socket.user_id, request.room, request.seq)


@command(protocol.SetFavourite)
async def handle_favourite(hub: Hub, socket: Socket, request: protocol.SetFavourite) -> None:
    await in_thread(services.set_favourite, socket.user_id, request.room, request.on)


@command(protocol.SetRoomNotifications)
async def handle_room_notifications(hub: Hub, socket: Socket, request: protocol.SetRoomNotifications) -> None:
    await in_thread(set_room_notifications, socket.user_id, request.room, request.level, request.muted_until)


@command(protocol.RunSlashCommand)
async def handle_slash(hub: Hub, socket: Socket, request: protocol.RunSlashCommand) -> protocol.SlashResult:
    return protocol.SlashResult(
        await run_as_user(socket, slash.run_slash_command, request.room, request.client_id, request.text)
    )


@command(protocol.SendTyping)
async def handle_typing(hub: Hub, socket: Socket, request: protocol.SendTyping) -> None:
    name = f"presence.{request.room}"
    if name not in socket.following:  # only a member can subscribe to it
        raise NotFound
    included = await presence_stream.include_members(hub, str(request.room), [socket.user_id])
    typing = protocol.Typing(socket.user_id, TYPING_SECONDS)
    event = encode(Event(name, 0, "typing", typing, included=[*included])).decode()
    hub.publish(f"room.{request.room}", {"type": "event", "topic": name, "first": 0, "events": [event]})
