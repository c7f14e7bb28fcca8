"""Checks and their changes of state, commands and their runs."""

from math import ceil, floor

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.models import Message, Room
from monitor.checks import result_text
from myweb.formats import format_duration
from myweb.stored_text import StoredTextField

DEFAULT_INTERVAL, DEFAULT_TIMEOUT, DEFAULT_RETRIES = 30, 5, 1  # of a check; seconds


class CheckState(models.TextChoices):
    UP = "up", _("Up")
    DEGRADED = "degraded", _("Degraded")  # up, but slower than the check allows
    DOWN = "down", _("Down")
    UNKNOWN = "unknown", _("Unknown")  # not checked yet, or its parent is down
    PAUSED = "paused", _("Paused")


class Check(models.Model):
    """The collector runs it every ``interval`` seconds. ``options`` holds the options of its kind."""

    name = models.CharField(_("name"), max_length=60)
    slug = models.SlugField(_("short name"), max_length=40, unique=True)
    kind = models.CharField(max_length=8)
    target = models.CharField(_("target"), max_length=500)
    options = models.JSONField(default=dict)
    interval = models.PositiveIntegerField(_("interval"), default=DEFAULT_INTERVAL)  # seconds, also the timeout
    timeout = models.PositiveIntegerField(_("timeout"), default=DEFAULT_TIMEOUT)
    retries = models.PositiveSmallIntegerField(_("retries before it is down"), default=DEFAULT_RETRIES)
    slow_after = models.PositiveIntegerField(_("degraded when slower than"), null=True, blank=True)  # milliseconds
    room = models.ForeignKey(Room, on_delete=models.SET_NULL, null=True, blank=True, related_name="checks")
    parent = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="behind")
    group = models.CharField(_("group"), max_length=40, blank=True)
    tags = models.JSONField(default=list)  # list of strings
    notify_room = models.BooleanField(_("tell the room"), default=True)
    paused_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    paused_until = models.DateTimeField(null=True)  # None while paused: until someone resumes it
    state = models.CharField(max_length=8, choices=CheckState.choices, default=CheckState.UNKNOWN)
    since = models.DateTimeField(default=timezone.now)
    said = StoredTextField(blank=True)  # one sentence: the reason
    seconds = models.FloatField(null=True)  # response time of the last probe
    certificate_days = models.FloatField(null=True)
    checked_at = models.DateTimeField(null=True)
    outage_message = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True, related_name="+")  # open outage

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_paused(self) -> bool:
        return self.state == CheckState.PAUSED

    @property
    def is_up(self) -> bool:
        return self.state in {CheckState.UP, CheckState.DEGRADED}

    @property
    def pause_left(self) -> str:
        """In whole minutes; empty if it is paused until someone resumes it."""
        if self.paused_until is None:
            return ""
        minutes = ceil((self.paused_until - timezone.now()).total_seconds() / 60)
        return format_duration(60 * max(1, minutes))

    @property
    def days_left(self) -> int | None:
        """Of the certificate."""
        return None if self.certificate_days is None else floor(self.certificate_days)

    @property
    def reason(self) -> str:
        """The result as the end of a sentence."""
        return result_text.as_clause(self.said)

    @property
    def took(self) -> str:
        return "" if self.seconds is None else format_duration(self.seconds)


class CheckChange(models.Model):
    """A change of the state of a check. Single probes are not stored."""

    of = models.ForeignKey(Check, on_delete=models.CASCADE, related_name="changes")
    at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=8, choices=CheckState.choices)
    said = StoredTextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["of", "-at"], name="changes_of_a_check")]
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.of}: {self.state}"


class ProbeCommand(models.Model):
    """A program that users can run, with the accepted arguments. See monitor/checks/command_template.py."""

    class Who(models.TextChoices):
        ADMINS = "admins", _("Admins")
        MEMBERS = "members", _("Members of the room")

    name = models.SlugField(_("name"), max_length=40, unique=True)
    summary = models.CharField(_("description"), max_length=200, blank=True)
    argv = models.JSONField()  # list of strings
    timeout = models.PositiveIntegerField(_("timeout"), default=30)  # seconds
    who = models.CharField(_("who can run it"), max_length=7, choices=Who.choices, default=Who.ADMINS)
    room = models.ForeignKey(Room, on_delete=models.SET_NULL, null=True, blank=True, related_name="commands")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ProbeRun(models.Model):
    """One run of a command or probe. Open rows are the queue, finished rows the run history."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        STOPPED = "stopped", _("Stopped")
        LOST = "lost", _("Lost")  # the collector exited, or none was available
        REFUSED = "refused", _("Rejected")

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    room = models.ForeignKey(Room, on_delete=models.SET_NULL, null=True, related_name="+")
    message = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True, related_name="+")
    client_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=8)  # kind of the probe, or "command"
    command = models.ForeignKey(ProbeCommand, on_delete=models.SET_NULL, null=True, related_name="runs")
    words = models.CharField(max_length=2000)  # as typed: "disk-free /srv"
    argv = models.JSONField(default=list)
    timeout = models.PositiveIntegerField(default=10)  # seconds
    status = models.CharField(max_length=7, choices=Status.choices, default=Status.QUEUED)
    stop_asked = models.BooleanField(default=False)
    ok = models.BooleanField(null=True)
    said = StoredTextField(blank=True)
    numbers = models.JSONField(default=dict)
    exit_code = models.SmallIntegerField(null=True)
    signal = models.PositiveSmallIntegerField(null=True)
    timed_out = models.BooleanField(default=False)
    truncated = models.BooleanField(default=False)
    lines = models.JSONField(default=list)  # [0 | 1, text]: 1 for stderr
    seconds = models.FloatField(null=True)
    queued_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["by", "client_id"], name="one_run_per_asking")]
        indexes = [
            models.Index(fields=["status"], name="runs_to_do", condition=models.Q(status__in=["queued", "running"])),
            models.Index(fields=["-queued_at"], name="runs_by_time"),
        ]
        ordering = ["-queued_at", "-pk"]

    def __str__(self) -> str:  # a URL names its protocol itself
        return self.words.removeprefix("http ") if self.kind == "http" and "://" in self.words else self.words

    @property
    def is_over(self) -> bool:
        return self.status not in {self.Status.QUEUED, self.Status.RUNNING}

    @property
    def tone(self) -> str:
        """The CSS modifier in lists: up, down or none."""
        if self.status == self.Status.REFUSED or (self.status == self.Status.DONE and self.ok is False):
            return CheckState.DOWN
        return CheckState.UP if self.ok else ""

    @property
    def figures(self) -> str:
        return result_text.format_figures(self.numbers)

    @property
    def stdout(self) -> str:
        return "\n".join(text for stream, text in self.lines if not stream)

    @property
    def stderr(self) -> str:
        return "\n".join(text for stream, text in self.lines if stream)
