"""Values from other programs: push sources, scrape targets, and the heartbeats of jobs.

The database holds only the digest of a token, so its content allows no push.
"""

from django.db import models
from django.db.models import Value
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.models import Room
from monitor.metrics.models.series import Source

DEFAULT_EVERY = 60  # seconds that a pushed value is valid


class Pushed(models.Model):
    source = models.OneToOneField(Source, on_delete=models.CASCADE, primary_key=True, related_name="pushed")
    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    every = models.PositiveIntegerField(default=DEFAULT_EVERY)  # seconds that a value is valid
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(null=True)  # precise to some seconds
    refused = models.PositiveBigIntegerField(default=0)
    why = models.JSONField(
        default=list, db_default=Value([], models.JSONField())
    )  # reasons for the refusals of the last push
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Latest(models.Model):
    """The last pushed values, used without Redis."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=2_048)
    value = models.FloatField()
    counter = models.BooleanField()
    at = models.FloatField()  # seconds since 1970

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "name"], name="one_latest_per_name")]

    def __str__(self) -> str:
        return f"{self.source_id} {self.name}"


DEFAULT_INTERVAL, MIN_INTERVAL, MAX_INTERVAL = 15, 5, 3_600  # seconds between two requests of a scraped target
DEFAULT_TIMEOUT, MAX_TIMEOUT = 5, 10  # seconds that a request may take


class Scraped(models.Model):
    source = models.OneToOneField(Source, on_delete=models.CASCADE, primary_key=True, related_name="scraped")
    name = models.CharField(max_length=60)
    url = models.CharField(max_length=500)
    interval = models.PositiveIntegerField(default=DEFAULT_INTERVAL)
    timeout = models.PositiveIntegerField(default=DEFAULT_TIMEOUT)
    bearer = models.TextField(blank=True)  # encrypted, see myweb/encryption.py
    ca = models.TextField(blank=True, default="", db_default="")  # in PEM; trusted instead of the system's
    allowed = models.TextField(blank=True)  # patterns of names, separated by spaces; empty: all
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    paused = models.BooleanField(default=False)
    trouble = models.CharField(max_length=300, blank=True)
    refused = models.PositiveIntegerField(default=0)  # series of the last response beyond the limit
    skipped = models.PositiveIntegerField(
        default=0, db_default=0
    )  # lines of the last response that could not be parsed
    why = models.JSONField(
        default=list, db_default=Value([], models.JSONField())
    )  # the first reasons for skipped lines

    def __str__(self) -> str:
        return self.name


DEFAULT_PERIOD, DEFAULT_GRACE = 86_400, 3_600  # seconds between two heartbeats, and how late one may be


class Beat(models.Model):
    """A job that must report each run: every ``period`` seconds, or at the times of ``cron``."""

    class State(models.TextChoices):
        NEW = "new", _("New")  # has never reported
        UP = "up", _("Up")
        LATE = "late", _("Delay")  # overdue, within the grace period
        DOWN = "down", _("Down")
        PAUSED = "paused", _("Paused")

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    room = models.ForeignKey(Room, on_delete=models.SET_NULL, null=True, related_name="beats")
    digest = models.CharField(max_length=64, unique=True)
    period = models.PositiveIntegerField(default=DEFAULT_PERIOD)
    cron = models.CharField(max_length=100, blank=True)
    zone = models.CharField(max_length=60, default="UTC")
    grace = models.PositiveIntegerField(default=DEFAULT_GRACE)
    state = models.CharField(max_length=6, choices=State.choices, default=State.NEW)
    pinged_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)  # the current run began then
    due_at = models.DateTimeField(null=True)
    took = models.FloatField(null=True)  # seconds from start to end
    output = models.TextField(blank=True)
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class BeatChange(models.Model):
    """One change of state. A job that reports on time adds no rows."""

    beat = models.ForeignKey(Beat, on_delete=models.CASCADE, related_name="changes", db_index=False)
    at = models.DateTimeField()
    state = models.CharField(max_length=6, choices=Beat.State.choices)
    why = models.CharField(max_length=40, blank=True)  # "missed", "failed", "exit 3", "ran"

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["beat", "-at"], name="beat_changes")]

    def __str__(self) -> str:
        return f"{self.beat_id} {self.state}"

    @property
    def reason(self) -> str:
        """``why`` in the language of now."""
        if self.why.startswith("exit "):
            return gettext("exit status %(status)s") % {"status": self.why.removeprefix("exit ")}
        texts = {"missed": gettext("missed"), "failed": gettext("failed"), "still running": gettext("still running")}
        return texts.get(self.why, self.why)
