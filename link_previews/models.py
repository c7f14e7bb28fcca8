from typing import ClassVar
from uuid import uuid4

from django.db import models

from chat.models import Message, Room
from files.models import File


class PreviewSettings(models.Model):
    """Whether links are fetched at all. Without a row: never yet."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    is_enabled = models.BooleanField(default=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_preview_settings")]

    def __str__(self) -> str:
        return "Link previews: on" if self.is_enabled else "Link previews: off"


class RoomWithoutPreviews(models.Model):
    """A room in which links are not fetched."""

    room = models.OneToOneField(Room, on_delete=models.CASCADE, primary_key=True, related_name="+")

    def __str__(self) -> str:
        return f"No previews in {self.room}"


class LinkPreview(models.Model):
    """What was found at a URL. It never changes, since messages show it: a later look makes another one."""

    TITLE_LENGTH: ClassVar[int] = 200
    TEXT_LENGTH: ClassVar[int] = 300
    SITE_LENGTH: ClassVar[int] = 100

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    key = models.CharField(max_length=64)  # of the URL, see links.py
    title = models.CharField(max_length=TITLE_LENGTH, blank=True)  # empty: there is nothing to show
    text = models.CharField(max_length=TEXT_LENGTH, blank=True)
    site = models.CharField(max_length=SITE_LENGTH, blank=True)
    is_picture = models.BooleanField(default=False)  # the URL itself is one
    picture = models.CharField(max_length=64, blank=True)  # SHA-256 of the thumbnail; empty: there is none
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    tiny = models.CharField(max_length=File.TINY_LENGTH, blank=True)
    fetched_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["key", "-fetched_at"], name="preview_of_url"),
            models.Index(fields=["fetched_at"], name="preview_age"),
        ]

    def __str__(self) -> str:
        return self.title or f"Nothing at {self.key}"


class MessageLink(models.Model):
    """A link of a message that has a preview, or waits for one."""

    URL_LENGTH: ClassVar[int] = 2_000

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=64)
    url = models.CharField(max_length=URL_LENGTH)  # as in the message
    position = models.PositiveSmallIntegerField()
    preview = models.ForeignKey(LinkPreview, on_delete=models.SET_NULL, null=True, related_name="links")
    is_removed = models.BooleanField(default=False)  # taken off by the author or an admin: it stays off

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "key"], name="one_link_per_message_and_url")]
        indexes = [
            models.Index(fields=["key"], name="link_waiting", condition=models.Q(preview=None, is_removed=False))
        ]

    def __str__(self) -> str:
        return f"{self.url} in {self.message}"


class HostTurn(models.Model):
    """When a host may be asked next, by any worker."""

    host = models.CharField(max_length=255, primary_key=True)
    free_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.host} from {self.free_at}"
