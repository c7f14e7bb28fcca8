from typing import ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from chat.models import Message, Room


class State(models.TextChoices):
    UPLOADING = "uploading"
    WORKING = "working"  # complete; the worker finds out what it is
    READY = "ready"
    REFUSED = "refused"  # not kept, see Reason


class Kind(models.TextChoices):
    """How a page shows a file."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    PDF = "pdf"
    TEXT = "text"
    OTHER = "other"


class Reason(models.TextChoices):
    """Why a file was refused."""

    BROKEN = "broken"  # a picture that can't be decoded
    TOO_LARGE = "too_large"  # more pixels or frames than are decoded


class PictureUpload(models.Model):
    """The last picture that somebody chose for themselves, or for the workspace. Its bytes go when it is processed."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    is_logo = models.BooleanField(default=False)
    state = models.CharField(max_length=9, choices=State.choices, default=State.WORKING)
    reason = models.CharField(max_length=9, choices=Reason.choices, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner"], condition=models.Q(is_logo=False), name="picture_of_user"),
            models.UniqueConstraint(fields=["is_logo"], condition=models.Q(is_logo=True), name="picture_of_workspace"),
        ]

    def __str__(self) -> str:
        return f"Picture of {'the workspace' if self.is_logo else self.owner}"


class File(models.Model):
    """A file of a user, in a room. It is seen by the members once a message has it."""

    NAME_LENGTH: ClassVar[int] = 200
    TINY_LENGTH: ClassVar[int] = 400

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="files")
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="files")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, null=True, related_name="files")
    position = models.PositiveSmallIntegerField(default=0)  # among the files of the message
    name = models.CharField(max_length=NAME_LENGTH)
    size = models.BigIntegerField()  # bytes, as the sender said; of a picture, those that are kept
    received = models.BigIntegerField(default=0)  # bytes of the upload
    sha256 = models.CharField(max_length=64, blank=True)  # of what is kept; empty until it is processed
    type = models.CharField(max_length=60, blank=True)  # by its content; empty until it is processed
    kind = models.CharField(max_length=5, choices=Kind.choices, default=Kind.OTHER)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0.0)
    lines = models.PositiveIntegerField(default=0, db_default=0)  # of a text
    is_kept_as_sent = models.BooleanField(default=False)  # never shown, only downloaded: nothing is taken out of it
    # See FileState in chat/protocol.py. A video has one once it has a poster, which is its thumbnail.
    tiny = models.CharField(max_length=TINY_LENGTH, blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.UPLOADING)
    reason = models.CharField(max_length=9, choices=Reason.choices, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())  # when the last piece came

    class Meta:
        indexes = [models.Index(fields=["updated_at"], name="file_unattached", condition=models.Q(message=None))]

    def __str__(self) -> str:
        return f"{self.name} of {self.owner}"
