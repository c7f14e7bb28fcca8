"""Handlers of the socket commands of on call."""

from monitor.oncall import protocol, services
from realtime.hub import Hub
from realtime.socket import Socket
from realtime.streams import command
from realtime.users import run_as_user


@command(protocol.TakeShift)
async def handle_take(hub: Hub, socket: Socket, request: protocol.TakeShift) -> None:
    await run_as_user(socket, services.take_offered_shift, request.offer)


@command(protocol.WithdrawShift)
async def handle_withdraw(hub: Hub, socket: Socket, request: protocol.WithdrawShift) -> None:
    await run_as_user(socket, services.withdraw_offer, request.offer)
