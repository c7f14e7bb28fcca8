"""Schedules, and how users are called."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.models import Message, Room
from myweb.stored_text import StoredTextField


class Schedule(models.Model):
    """People take turns; see ``rotation.py``."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    room = models.ForeignKey(Room, verbose_name=_("room"), on_delete=models.CASCADE, related_name="schedules")
    zone = models.CharField(_("time zone"), max_length=64)
    at = models.TimeField(_("hand-over"))  # local
    weekdays = models.JSONField(_("weekdays"))  # of the hand-overs, ascending; 0 is Monday
    length = models.PositiveSmallIntegerField(_("length of a turn"), default=1)  # hand-overs
    people = models.JSONField(_("people"))  # user ids, in turn
    begins_on = models.DateField()  # the first hand-over from this day on is to the person number ``first``
    first = models.PositiveSmallIntegerField(default=0)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    announced_until = models.DateTimeField(default=timezone.now)  # hand-overs up to then are announced

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Override(models.Model):
    """This user is on call instead. Of overlapping ones the newest counts."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="overrides")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    begins = models.DateTimeField(_("from"))
    ends = models.DateTimeField(_("to"))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["schedule", "ends"])]
        ordering = ["begins", "id"]

    def __str__(self) -> str:
        return f"{self.user} {self.begins} – {self.ends}"


class ShiftOffer(models.Model):
    """A shift that a user offers to the others in the room. Who takes it gets an override."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="offers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    begins = models.DateTimeField()
    ends = models.DateTimeField()
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)  # taken or withdrawn
    message = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["begins", "id"]

    def __str__(self) -> str:
        return f"{self.user} {self.begins} – {self.ends}"


class Feed(models.Model):
    """An address from which calendars read shifts. Only the hash of its token is stored."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    # None: the shifts of the user in all schedules.
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, null=True, related_name="feeds")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "schedule"], name="one_feed_of_a_schedule"),
            models.UniqueConstraint(fields=["user"], condition=Q(schedule=None), name="one_feed_of_own_shifts"),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.schedule or ''}"


class ContactSettings(models.Model):
    """How a user is called, after push. Without a row the defaults hold."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="contact_settings"
    )
    mail_after = models.PositiveSmallIntegerField(_("mail after"), null=True, default=2)  # minutes; None: never
    address_after = models.PositiveSmallIntegerField(_("address after"), default=5)  # minutes
    sealed = models.TextField(blank=True, editable=False)  # an encrypted Apprise URL

    def __str__(self) -> str:
        return f"Contact settings of {self.user}"


class Method(models.TextChoices):
    PUSH = "push", _("Push")
    MAIL = "mail", _("Mail")
    ADDRESS = "address", _("Apprise address")


class Call(models.Model):
    """A user is called until the cause ends, each method after its time."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    cause = models.CharField(max_length=100)  # "alert.7"; ends all its calls
    title = models.CharField(max_length=200)
    body = models.TextField()
    path = models.CharField(max_length=200)  # on this site
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["cause", "created_at"])]

    def __str__(self) -> str:
        return f"{self.user}: {self.title}"


class CallAttempt(models.Model):
    """One method of a call."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="attempts")
    method = models.CharField(max_length=7, choices=Method.choices)
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    problem = StoredTextField(blank=True)  # of the last try

    class Meta:
        constraints = [models.UniqueConstraint(fields=["call", "method"], name="one_attempt_of_a_method")]
        ordering = ["due_at", "id"]

    def __str__(self) -> str:
        return f"{self.method} {self.call}"
