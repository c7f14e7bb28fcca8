from typing import Any

from django.conf import settings
from django.db import models

from chat.models.rooms import Room


class Message(models.Model):
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="messages", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="messages")
    client_id = models.UUIDField()  # made by the sender; makes a repeated send the same send
    seq = models.BigIntegerField()
    rev = models.BigIntegerField()
    reply_seq = models.BigIntegerField(null=True)  # the place of the message that this one answers
    reply_author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    body = models.TextField(blank=True)  # Markdown as typed; empty once deleted
    html = models.TextField(blank=True)
    card = models.JSONField(null=True)  # drawn by another app in place of the text; see cards.py
    created_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)
    urgent_at = models.DateTimeField(null=True)  # when its author had the recipient notified all the same

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "seq"], name="one_message_per_place"),
            models.UniqueConstraint(fields=["room", "author", "client_id"], name="one_message_per_send"),
        ]
        indexes = [
            models.Index(fields=["room", "rev"]),
            models.Index(
                fields=["room", "author", "urgent_at"],
                name="message_urgent",
                condition=models.Q(urgent_at__isnull=False),
            ),
        ]
        ordering = ["room_id", "seq"]

    def __str__(self) -> str:
        return f"{self.room} {self.seq}"


class Mention(models.Model):
    """A user mentioned in a message. A table of its own, so that counting is an index scan."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mentions", db_index=False
    )
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="mentions", db_index=False)
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="+")
    seq = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "user"], name="one_mention_per_person_and_message")]
        indexes = [models.Index(fields=["user", "room", "seq"])]

    def __str__(self) -> str:
        return f"{self.user} in {self.message}"


class Reaction(models.Model):
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="reactions", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    emoji = models.CharField(max_length=16)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "user", "emoji"], name="one_reaction_per_person_and_emoji")
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.emoji} by {self.user}"


class TokensField(models.TextField):  # type: ignore[type-arg] # of no other type than that of Django's own
    """Tokens of the search index, separated by spaces; on PostgreSQL a ``tsvector`` without positions."""

    def db_type(self, connection: Any) -> str | None:
        return "tsvector" if connection.vendor == "postgresql" else super().db_type(connection)

    def get_placeholder(self, _value: object, _compiler: object, connection: Any) -> str:
        return "array_to_tsvector(string_to_array(%s, ' '))" if connection.vendor == "postgresql" else "%s"


class MessageIndex(models.Model):
    """What a message is found by. Filled by chat/search/index.py; not in backups, since it is made anew."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, primary_key=True, related_name="+")
    tokens = TokensField()

    def __str__(self) -> str:
        return f"Index of message {self.message_id}"
