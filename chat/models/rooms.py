"""Rooms, their members, and how far those have come who read them all.

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
    # More people were ever in it than a snapshot carries (memberships.py); from then on it carries some of them.
    large = models.BooleanField(default=False, db_default=False, editable=False)
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

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="memberships", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships", db_index=False
    )
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


class UserSearchTerm(models.Model):
    """What a user is found by when its beginning is typed: the folded name and handle, from each of their words on.

    Bytes are compared and ordered by their value in both databases, so one index finds beginnings and orders lists.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    term = models.BinaryField()  # UTF-8
    is_name = models.BooleanField(default=False)  # the whole name: lists of people are ordered by it

    class Meta:
        indexes = [models.Index(fields=["term", "user"], name="user_search_term")]

    def __str__(self) -> str:
        return bytes(self.term).decode()


class RoomReader(models.Model):
    """A reader of all rooms. See readers.py."""

    name = models.CharField(max_length=40, primary_key=True)

    def __str__(self) -> str:
        return self.name


class RoomCursor(models.Model):
    """How far a reader is in a room. Without a row: at the beginning."""

    reader = models.ForeignKey(RoomReader, on_delete=models.CASCADE, related_name="cursors", db_index=False)
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="cursors")
    position = models.BigIntegerField(default=0)  # a seq or a rev, as the reader counts

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reader", "room"], name="one_cursor_per_reader_and_room")]

    def __str__(self) -> str:
        return f"{self.reader_id} in {self.room}: {self.position}"
