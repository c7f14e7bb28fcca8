"""The verbs of alerts on the socket: the same services as replies and pages call."""

from monitor.alerts import answers, events
from realtime.hub import Hub
from realtime.socket import Socket
from realtime.streams import command
from realtime.users import run_as_user


@command(events.Acknowledge)
async def acknowledge(hub: Hub, socket: Socket, asked: events.Acknowledge) -> None:
    await run_as_user(socket, answers.acknowledge, asked.alert, asked.minutes, asked.words)


@command(events.Unacknowledge)
async def unacknowledge(hub: Hub, socket: Socket, asked: events.Unacknowledge) -> None:
    await run_as_user(socket, answers.unacknowledge, asked.alert)


@command(events.Silence)
async def silence(hub: Hub, socket: Socket, asked: events.Silence) -> None:
    await run_as_user(socket, answers.silence, asked.alert, asked.minutes, asked.words)


@command(events.Unsilence)
async def unsilence(hub: Hub, socket: Socket, asked: events.Unsilence) -> None:
    await run_as_user(socket, answers.unsilence, asked.alert)


@command(events.Close)
async def close(hub: Hub, socket: Socket, asked: events.Close) -> None:
    await run_as_user(socket, answers.close, asked.alert)
