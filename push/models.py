from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Session


class PushKey(models.Model):
    """The VAPID key of the site, made on first use. Push services know the site by it; see RFC 8292."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    private = models.TextField()  # encrypted, see myweb/encryption.py
    public = models.CharField(max_length=88)  # base64url of the point
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"Push key of {self.created_at:%Y-%m-%d}"


class Content(models.TextChoices):
    TEXT = "text", _("Text of the message")
    PLACE = "place", _("Only where it was written")


class PushDevice(models.Model):
    """A browser that gets push messages. It ends with the session in which it was added."""

    NAME_LENGTH: ClassVar[int] = 60

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="push_devices")
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="push_devices")
    endpoint = models.CharField(max_length=1000, unique=True)
    service = models.CharField(max_length=280)  # the origin of the endpoint
    p256dh = models.CharField(max_length=88)  # public key of the browser, base64url
    auth = models.CharField(max_length=24)  # secret of the browser, base64url
    key = models.CharField(max_length=88)  # PushKey.public that it was made with: only its owner may send
    name = models.CharField(max_length=NAME_LENGTH)
    language = models.CharField(max_length=10)
    content = models.CharField(max_length=5, choices=Content, default=Content.TEXT)
    is_removed = models.BooleanField(default=False)  # in another browser; this one is told when it opens a page
    failures = models.PositiveIntegerField(default=0)  # since the last success
    problem = models.CharField(max_length=200, blank=True)  # of the last try; empty after a success
    last_success = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.name} of {self.user}"


class PushMessage(models.Model):
    """What is to be sent to a device. A newer one with the same tag takes its place, so the table stays small."""

    device = models.ForeignKey(PushDevice, on_delete=models.CASCADE, related_name="messages")
    tag = models.CharField(max_length=64)
    payload = models.JSONField()  # see push/protocol.py
    version = models.BigIntegerField()  # another one: a newer message has taken its place
    is_urgent = models.BooleanField(default=False)
    tries = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device", "tag"], name="one_push_message_per_device_and_tag")]
        indexes = [models.Index(fields=["due_at"])]

    def __str__(self) -> str:
        return f"{self.tag} for {self.device}"
