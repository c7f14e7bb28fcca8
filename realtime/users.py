"""Runs services on behalf of the user of a socket."""

from collections.abc import Callable
from typing import Any

from accounts.models import User
from realtime.database import in_thread
from realtime.socket import Socket


async def run_as_user(socket: Socket, service: Callable[..., Any], *args: Any) -> Any:
    """Calls ``service(user, *args)`` in a thread of the database. The user must still be active."""
    return await in_thread(lambda: service(User.objects.get(pk=socket.user_id, is_active=True), *args))
