"""Handlers of the socket commands of alerts."""

from monitor.alerts import actions, protocol
from realtime.hub import Hub
from realtime.socket import Socket
from realtime.streams import command
from realtime.users import run_as_user


@command(protocol.AcknowledgeAlert)
async def handle_acknowledge(hub: Hub, socket: Socket, request: protocol.AcknowledgeAlert) -> None:
    await run_as_user(socket, actions.acknowledge_alert, request.alert, request.minutes, request.words)


@command(protocol.UnacknowledgeAlert)
async def handle_unacknowledge(hub: Hub, socket: Socket, request: protocol.UnacknowledgeAlert) -> None:
    await run_as_user(socket, actions.unacknowledge_alert, request.alert)


@command(protocol.SilenceAlert)
async def handle_silence(hub: Hub, socket: Socket, request: protocol.SilenceAlert) -> None:
    await run_as_user(socket, actions.silence_alert, request.alert, request.minutes, request.words)


@command(protocol.UnsilenceAlert)
async def handle_unsilence(hub: Hub, socket: Socket, request: protocol.UnsilenceAlert) -> None:
    await run_as_user(socket, actions.unsilence_alert, request.alert)


@command(protocol.CloseAlert)
async def handle_close(hub: Hub, socket: Socket, request: protocol.CloseAlert) -> None:
    await run_as_user(socket, actions.close_alert, request.alert)
