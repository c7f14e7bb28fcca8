"""Handlers of the socket commands of dashboards."""

from monitor.dashboards.pins import set_pin
from monitor.dashboards.protocol import ConfirmTicks, SetPin
from monitor.dashboards.streams import STREAM_NAME, DashboardStream
from realtime import rate_limits
from realtime.hub import Hub
from realtime.socket import Socket
from realtime.streams import command, streams
from realtime.users import run_as_user

# All screens of a wall share one bucket. A refused confirmation would stop their ticks.
rate_limits.COSTS[ConfirmTicks] = 0.0


@command(SetPin)
async def handle_set_pin(hub: Hub, socket: Socket, request: SetPin) -> None:
    await run_as_user(socket, set_pin, request.message, request.on)


@command(ConfirmTicks, guests=True)
async def handle_confirm_ticks(hub: Hub, socket: Socket, request: ConfirmTicks) -> None:
    stream = streams[STREAM_NAME]
    assert isinstance(stream, DashboardStream)
    stream.confirm(hub, socket, request.key, request.t)
