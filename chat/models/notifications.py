"""What users want to be notified of, and what they are told and mailed."""

from django.conf import settings
from django.db import models

from chat.models.rooms import Level, Room

DEFAULT_MAIL_DELAY = 30  # minutes until unread messages are mailed; 0: never


class NotificationSettings(models.Model):
    """When a user is notified, and of what. Without a row the defaults hold."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="notification_settings"
    )
    room_level = models.CharField(max_length=8, choices=Level.choices, default=Level.MENTIONS)  # without a choice there
    direct_level = models.CharField(max_length=8, choices=Level.choices, default=Level.ALL)
    zone = models.CharField(max_length=64, blank=True)  # IANA name; empty: UTC
    quiet_periods = models.JSONField(default=list)  # [begin, length], both in minutes; begin is since Monday 00:00
    off_channels = models.JSONField(default=list)  # where they are not notified of what; see channels.py
    mail_delay = models.PositiveSmallIntegerField(default=DEFAULT_MAIL_DELAY)
    mail_shows_text = models.BooleanField(default=False)  # rooms, authors and words, not only that there is news
    summary_hour = models.PositiveSmallIntegerField(null=True)  # of the daily mail, in the zone; null: none
    summary_on = models.DateField(null=True)  # the last day whose daily mail was sent or had nothing to tell

    def __str__(self) -> str:
        return f"Notification settings of {self.user}"


class Notification(models.Model):
    """The newest message of a room that a user is notified of."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications", db_index=False
    )
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="+")
    seq = models.BigIntegerField()
    is_urgent = models.BooleanField(default=False)
    in_tab = models.BooleanField(default=True)  # tabs show it, unless the user wants it elsewhere only
    due_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)  # empty: it waits

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "room"], name="one_notification_per_person_and_room")]
        indexes = [
            models.Index(fields=["due_at"], name="notification_waits", condition=models.Q(told_at=None)),
            models.Index(fields=["told_at"], name="notification_told"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.room} {self.seq}"


class RoomMail(models.Model):
    """Up to which message of a room a user had mail, and what was notified since and is still to be mailed."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="+")
    mailed_seq = models.BigIntegerField(default=0)
    seq = models.BigIntegerField()  # the newest message that was notified
    is_urgent = models.BooleanField(default=False)
    notified_at = models.DateTimeField()  # the oldest that is to be mailed
    due_at = models.DateTimeField(null=True)  # null: nothing is to be mailed
    try_at = models.DateTimeField(null=True)  # later than due_at once it was tried or put off

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "room"], name="one_mail_per_person_and_room")]
        indexes = [models.Index(fields=["try_at"])]

    def __str__(self) -> str:
        return f"{self.user}: {self.room} {self.mailed_seq}"
