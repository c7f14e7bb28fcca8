from typing import Any

from link_previews import protocol, services
from realtime.hub import Hub
from realtime.socket import Socket
from realtime.streams import command
from realtime.users import run_as_user


@command(protocol.RemovePreview)
async def handle_remove_preview(hub: Hub, socket: Socket, request: protocol.RemovePreview) -> Any:
    return await run_as_user(socket, services.remove_preview, request.message, request.preview)
