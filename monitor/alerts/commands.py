"""The verbs of alerts on the socket: the same services as replies and pages call."""

from chat.commands import as_person
from monitor.alerts import answers, events
from realtime.hub import Hub
from realtime.socket import Socket
from realtime.streams import command


@command(events.Acknowledge)
async def acknowledge(hub: Hub, socket: Socket, asked: events.Acknowledge) -> None:
    await as_person(socket, answers.acknowledge, asked.alert, asked.minutes, asked.words)


@command(events.Unacknowledge)
async def unacknowledge(hub: Hub, socket: Socket, asked: events.Unacknowledge) -> None:
    await as_person(socket, answers.unacknowledge, asked.alert)


@command(events.Silence)
async def silence(hub: Hub, socket: Socket, asked: events.Silence) -> None:
    await as_person(socket, answers.silence, asked.alert, asked.minutes, asked.words)


@command(events.Unsilence)
async def unsilence(hub: Hub, socket: Socket, asked: events.Unsilence) -> None:
    await as_person(socket, answers.unsilence, asked.alert)


@command(events.Close)
async def close(hub: Hub, socket: Socket, asked: events.Close) -> None:
    await as_person(socket, answers.close, asked.alert)
