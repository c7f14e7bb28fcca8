from typing import Any
from uuid import uuid4

from channels.generic.websocket import AsyncJsonWebsocketConsumer

from .models import Message


class PostConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]
    """The user and the room are fixed, because looking them up would cost another query."""

    async def connect(self) -> None:
        self.acknowledged = 0
        await self.accept()

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        await Message.objects.acreate(room_id=1, author_id=1, client_id=uuid4(), body=content["message"])
        self.acknowledged += 1
        await self.send_json({"ack": self.acknowledged})
