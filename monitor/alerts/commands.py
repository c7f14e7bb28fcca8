"""The verbs of alerts on the socket: the same services as replies and pages call."""

from monitor.alerts import actions, protocol
from realtime.hub import Hub
from realtime.socket import Socket
from realtime.streams import command
from realtime.users import run_as_user


@command(protocol.Acknowledge)
async def acknowledge(hub: Hub, socket: Socket, asked: protocol.Acknowledge) -> None:
    await run_as_user(socket, actions.acknowledge, asked.alert, asked.minutes, asked.words)


@command(protocol.Unacknowledge)
async def unacknowledge(hub: Hub, socket: Socket, asked: protocol.Unacknowledge) -> None:
    await run_as_user(socket, actions.unacknowledge, asked.alert)


@command(protocol.Silence)
async def silence(hub: Hub, socket: Socket, asked: protocol.Silence) -> None:
    await run_as_user(socket, actions.silence, asked.alert, asked.minutes, asked.words)


@command(protocol.Unsilence)
async def unsilence(hub: Hub, socket: Socket, asked: protocol.Unsilence) -> None:
    await run_as_user(socket, actions.unsilence, asked.alert)


@command(protocol.Close)
async def close(hub: Hub, socket: Socket, asked: protocol.Close) -> None:
    await run_as_user(socket, actions.close, asked.alert)
