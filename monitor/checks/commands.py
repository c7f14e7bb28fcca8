"""Handlers of the socket commands of runs."""

from monitor.checks import services
from monitor.checks.protocol import StopRun
from realtime.hub import Hub
from realtime.socket import Socket
from realtime.streams import command
from realtime.users import run_as_user


@command(StopRun)
async def handle_stop_run(hub: Hub, socket: Socket, request: StopRun) -> None:
    await run_as_user(socket, services.stop_run, request.run)
