"""Rooms, their members and messages.

Two dense counters stand on the room: ``seq`` numbers its messages, ``rev`` its events. Every row carries the ``rev`` of
the last event that touched it, so that "what happened after N" is one indexed query over present states.
"""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Room(models.Model):
    class Kind(models.TextChoices):
        OPEN = "open", _("Open")
        PRIVATE = "private", _("Private")
        DIRECT = "direct", _("Direct")

    kind = models.CharField(_("kind"), max_length=7, choices=Kind.choices, default=Kind.OPEN)
    name = models.CharField(_("name"), max_length=60, blank=True)
    description = models.CharField(_("description"), max_length=200, blank=True)
    welcome = models.BooleanField(_("new users join automatically"), default=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    direct_key = models.CharField(max_length=200, unique=True, null=True, editable=False)  # sorted user ids, "3-17"
    seq = models.BigIntegerField(default=0)
    rev = models.BigIntegerField(default=0)
    own_rev = models.BigIntegerField(default=0)  # the last event that touched the room itself
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name or f"Room {self.pk}"

    @property
    def is_direct(self) -> bool:
        return self.kind == self.Kind.DIRECT


class Level(models.TextChoices):
    """What of a room a member is notified of."""

    ALL = "all", _("All messages")
    MENTIONS = "mentions", _("Mentions")
    NOTHING = "nothing", _("Nothing")


class Membership(models.Model):
    """A user in a room. The row stays when the user leaves: their messages still need a name."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    active = models.BooleanField(default=True)
    rev = models.BigIntegerField(default=0)
    last_read = models.BigIntegerField(default=0)  # a seq; only ever grows
    favourite = models.BooleanField(default=False)  # listed first in the user's sidebar
    level = models.CharField(max_length=8, choices=Level.choices, blank=True)  # empty: the default of the room's kind
    muted_until = models.BigIntegerField(default=0)  # seconds since 1970, the same in both databases
    joined_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "user"], name="one_membership_per_person_and_room")]
        indexes = [models.Index(fields=["room", "rev"]), models.Index(fields=["user", "active"])]

    def __str__(self) -> str:
        return f"{self.user} in {self.room}"


class Message(models.Model):
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="messages")
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

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mentions")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="mentions")
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="+")
    seq = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "user"], name="one_mention_per_person_and_message")]
        indexes = [models.Index(fields=["user", "room", "seq"])]

    def __str__(self) -> str:
        return f"{self.user} in {self.message}"


class Reaction(models.Model):
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="reactions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    emoji = models.CharField(max_length=16)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "user", "emoji"], name="one_reaction_per_person_and_emoji")
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.emoji} by {self.user}"


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
    mail_delay = models.PositiveSmallIntegerField(default=30)  # minutes until unread messages are mailed; 0: never
    mail_shows_text = models.BooleanField(default=False)  # rooms, authors and words, not only that there is news
    summary_hour = models.PositiveSmallIntegerField(null=True)  # of the daily mail, in the zone; null: none
    summary_on = models.DateField(null=True)  # the last day whose daily mail was sent or had nothing to tell

    def __str__(self) -> str:
        return f"Notification settings of {self.user}"


class Notification(models.Model):
    """The newest message of a room that a user is notified of."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
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


class RoomReader(models.Model):
    """A reader of all rooms. See readers.py."""

    name = models.CharField(max_length=40, primary_key=True)

    def __str__(self) -> str:
        return self.name


class RoomCursor(models.Model):
    """How far a reader is in a room. Without a row: at the beginning."""

    reader = models.ForeignKey(RoomReader, on_delete=models.CASCADE, related_name="cursors")
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="cursors")
    position = models.BigIntegerField(default=0)  # a seq or a rev, as the reader counts

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reader", "room"], name="one_cursor_per_reader_and_room")]

    def __str__(self) -> str:
        return f"{self.reader_id} in {self.room}: {self.position}"


class RoomMail(models.Model):
    """Up to which message of a room a user had mail, and what was notified since and is still to be mailed."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
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
