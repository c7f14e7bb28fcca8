"""Messages that users pinned to the time axis of charts."""

from django.db import models
from django.utils import timezone

from accounts.models import User
from chat.models import Message, Room


class Pin(models.Model):
    """Appears at the time of its message. The pin of a deleted message is hidden."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="+")
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["room", "at"])]
        ordering = ["-at"]

    def __str__(self) -> str:
        return str(self.message)
