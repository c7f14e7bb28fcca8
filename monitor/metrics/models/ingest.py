"""What comes from outside: sources that programs push to, those that are scraped, and the heartbeats of jobs.

Of a token only its digest is kept: whoever reads the database can push nothing.
"""

from django.db import models
from django.db.models import Value
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.models import Room
from monitor.metrics.models.series import Source


class Pushed(models.Model):
    source = models.OneToOneField(Source, on_delete=models.CASCADE, primary_key=True, related_name="pushed")
    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    every = models.PositiveIntegerField(default=60)  # seconds that a value counts
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(null=True)  # exact to some seconds
    refused = models.PositiveBigIntegerField(default=0)
    why = models.JSONField(
        default=list, db_default=Value([], models.JSONField())
    )  # of the last push: the first reasons for what was refused
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Latest(models.Model):
    """What was pushed last, where there is no Redis to hold it."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=2_048)
    value = models.FloatField()
    counter = models.BooleanField()
    at = models.FloatField()  # seconds since 1970

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "name"], name="one_latest_per_name")]

    def __str__(self) -> str:
        return f"{self.source_id} {self.name}"


class Scraped(models.Model):
    source = models.OneToOneField(Source, on_delete=models.CASCADE, primary_key=True, related_name="scraped")
    name = models.CharField(max_length=60)
    url = models.CharField(max_length=500)
    interval = models.PositiveIntegerField(default=15)  # seconds
    timeout = models.PositiveIntegerField(default=5)  # seconds
    bearer = models.TextField(blank=True)  # sealed, see monitor/metrics/encryption.py
    ca = models.TextField(blank=True, default="", db_default="")  # in PEM; trusted instead of the system's
    allowed = models.TextField(blank=True)  # patterns of names, separated by spaces; none: all
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    paused = models.BooleanField(default=False)
    trouble = models.CharField(max_length=300, blank=True)
    refused = models.PositiveIntegerField(default=0)  # series of the last answer that were beyond the limit
    skipped = models.PositiveIntegerField(default=0, db_default=0)  # lines of the last answer that were not understood
    why = models.JSONField(default=list, db_default=Value([], models.JSONField()))  # the first reasons for those

    def __str__(self) -> str:
        return self.name


class Beat(models.Model):
    """A job that is expected to say that it ran: every ``period``, or when ``cron`` says."""

    class State(models.TextChoices):
        NEW = "new", _("New")  # has never said anything
        UP = "up", _("Up")
        LATE = "late", _("Delay")  # should have come, and may still
        DOWN = "down", _("Down")
        PAUSED = "paused", _("Paused")

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    room = models.ForeignKey(Room, on_delete=models.SET_NULL, null=True, related_name="beats")
    digest = models.CharField(max_length=64, unique=True)
    period = models.PositiveIntegerField(default=86_400)  # seconds
    cron = models.CharField(max_length=100, blank=True)
    zone = models.CharField(max_length=60, default="UTC")
    grace = models.PositiveIntegerField(default=3_600)  # seconds
    state = models.CharField(max_length=6, choices=State.choices, default=State.NEW)
    pinged_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)  # it runs since then
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
    """One row a change of state; a job that goes on as before leaves none."""

    beat = models.ForeignKey(Beat, on_delete=models.CASCADE, related_name="changes")
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
