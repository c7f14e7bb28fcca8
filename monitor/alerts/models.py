"""Rules, alerts, silences and notification channels. Times of ticks are seconds since 1970."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.models import Message, Room
from monitor.oncall.models import Schedule
from myweb.stored_text import StoredTextField


class Severity(models.TextChoices):
    INFO = "info", _("Info")
    WARNING = "warning", _("Warning")
    CRITICAL = "critical", _("Critical")

    @property
    def rank(self) -> int:
        return list(Severity).index(self)


class Route(models.Model):
    """A notification channel: an encrypted Apprise URL, since it contains passwords."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    sealed = models.TextField(editable=False)
    severities = models.JSONField(_("severities"), default=list)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    sent = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    problem = StoredTextField(blank=True)  # error message of the last attempt

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Rule(models.Model):
    class Comparison(models.TextChoices):
        ABOVE = ">", _("above")
        AT_LEAST = ">=", _("at least")
        BELOW = "<", _("below")
        AT_MOST = "<=", _("at most")
        EQUAL = "==", _("equal to")
        OTHER = "!=", _("other than")

    class NoData(models.TextChoices):
        KEEP = "keep", _("Keep the state")
        OK = "ok", _("Resolve")
        ALERT = "alert", _("Fire")

    title = models.CharField(_("title"), max_length=80)
    source = models.CharField(_("source"), max_length=60, default="host")  # a source key, or a pattern of keys
    series = models.CharField(_("series"), max_length=2_100)  # a name, or a pattern; each match has its own state
    comparison = models.CharField(_("condition"), max_length=2, choices=Comparison.choices, default=Comparison.ABOVE)
    threshold = models.FloatField(_("threshold"))
    hold = models.PositiveIntegerField(_("for"), default=60)  # seconds, as all durations here
    keep = models.PositiveIntegerField(_("keep firing for"), default=0)
    no_data = models.CharField(_("no data"), max_length=5, choices=NoData.choices, default=NoData.KEEP)
    severity = models.CharField(_("severity"), max_length=8, choices=Severity.choices, default=Severity.WARNING)
    room = models.ForeignKey(Room, verbose_name=_("room"), on_delete=models.CASCADE, related_name="alert_rules")
    depends_on = models.ManyToManyField("self", symmetrical=False, blank=True, related_name="dependents")
    runbook = models.TextField(_("runbook"), blank=True)  # a URL, or Markdown
    repeat_every = models.PositiveIntegerField(_("remind every"), null=True, blank=True)  # None: by severity
    channels_after = models.PositiveIntegerField(_("notify channels after"), null=True, blank=True)
    routes = models.ManyToManyField(Route, blank=True, related_name="rules")
    enabled = models.BooleanField(_("enabled"), default=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)  # kept for the history, and for the default rules

    class Meta:
        ordering = ["title", "id"]

    def __str__(self) -> str:
        return self.title


class EscalationStep(models.Model):
    """Who is called when nobody has acknowledged an alert for this long: a schedule, a user or a room.

    None of them: it was removed, and the step reaches nobody.
    """

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="steps")
    after = models.PositiveIntegerField()
    schedule = models.ForeignKey(Schedule, on_delete=models.SET_NULL, null=True, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    room = models.ForeignKey(Room, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["after", "id"]

    def __str__(self) -> str:
        return f"{self.after} s: {self.schedule or self.user or self.room or '–'}"


class Integration(models.Model):
    """Another program that sends alerts, such as Alertmanager or Grafana. Only the hash of its token is stored."""

    name = models.CharField(_("name"), max_length=60)
    room = models.ForeignKey(Room, verbose_name=_("room"), on_delete=models.CASCADE, related_name="integrations")
    token_hash = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    received = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Alert(models.Model):
    """One card: the firing series of a rule, or a group of another program. It is open until ``ended_at``."""

    rule = models.ForeignKey(Rule, on_delete=models.SET_NULL, null=True, related_name="alerts")
    integration = models.ForeignKey(Integration, on_delete=models.SET_NULL, null=True, related_name="alerts")
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="alerts")
    key = models.CharField(max_length=100)  # the same for everything on the same card
    message = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True, related_name="+")
    title = models.CharField(max_length=120)
    severity = models.CharField(max_length=8, choices=Severity.choices, default=Severity.WARNING)
    state = models.CharField(max_length=12, default="firing")  # an AlertState
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    acked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    acked_until = models.DateTimeField(null=True)
    acked_words = models.CharField(max_length=300, blank=True)
    silenced_until = models.DateTimeField(null=True)
    behind = models.CharField(max_length=80, blank=True)  # title of the suppressing rule
    children_firing = models.PositiveIntegerField(default=0)
    children = models.PositiveIntegerField(default=0)
    picture = models.JSONField(default=dict)  # a Picture: the last minutes of the first series
    link = models.CharField(max_length=500, blank=True)
    runbook = models.CharField(max_length=500, blank=True)
    told_at = models.DateTimeField()  # the room was last reminded
    waiting_since = models.DateTimeField(null=True)  # it fires and is not acknowledged; None: since it began
    level = models.PositiveIntegerField(default=0)  # number of escalation steps that were taken
    channels_at = models.DateTimeField(null=True)  # the channels were notified
    # Rows of another program that fire and are not stored.
    left_out = models.PositiveIntegerField(default=0, db_default=0)
    reopened = models.PositiveIntegerField(default=0, db_default=0)  # how often it fired again soon after its end
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=Q(ended_at=None), name="one_open_alert_per_key"),
        ]
        indexes = [
            models.Index(fields=["integration"], condition=Q(ended_at=None), name="open_alerts_of_integration"),
            models.Index(fields=["key", "-ended_at"], name="alerts_by_key"),
        ]
        ordering = ["-began_at", "-id"]

    def __str__(self) -> str:
        return self.title


class AlertEvent(models.Model):
    """A change of an alert's state, for its timeline. Its start is not stored: that is ``began_at``."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    before = models.CharField(max_length=12, blank=True)  # an AlertState
    state = models.CharField(max_length=12)  # an AlertState, or "escalated" or "unreached"
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    until = models.DateTimeField(null=True)
    words = models.CharField(max_length=300, blank=True)  # the reason, or whom an escalation called or did not reach

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.state} {self.words}"


class Instance(models.Model):
    """A series of a rule that is not ok, or one alert of another program. Ended rows are the history of the alert."""

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, null=True, related_name="instances")
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, null=True, related_name="instances")
    name = models.CharField(max_length=2_100)  # "web queue", or the text of another program
    phase = models.CharField(max_length=7)
    since = models.BigIntegerField()
    fired_at = models.BigIntegerField(null=True)
    calm_since = models.BigIntegerField(null=True)
    ended_at = models.BigIntegerField(null=True)
    value = models.FloatField(null=True)
    unit = models.CharField(max_length=8, blank=True)
    words = models.CharField(max_length=300, blank=True)
    # The following fields are only for alerts of another program.
    fingerprint = models.CharField(max_length=64, blank=True, default="", db_default="")
    severity = models.CharField(max_length=8, choices=Severity.choices, blank=True, default="", db_default="")
    alertname = models.CharField(max_length=120, blank=True, default="", db_default="")
    # The label value that distinguishes it within its group.
    subject = models.CharField(max_length=120, blank=True, default="", db_default="")
    summary = models.CharField(max_length=120, blank=True, default="", db_default="")
    ends_at = models.BigIntegerField(null=True)  # it ends then, unless it is sent again

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "name"], condition=Q(ended_at=None), name="one_open_instance_per_series"
            ),
            models.UniqueConstraint(
                fields=["alert", "fingerprint"], condition=~Q(fingerprint=""), name="one_row_per_fingerprint"
            ),
        ]
        indexes = [
            models.Index(fields=["alert"], condition=Q(ended_at=None), name="open_rows_of_alert"),
            models.Index(
                fields=["ends_at"], condition=Q(ended_at=None, ends_at__isnull=False), name="rows_that_expire"
            ),
        ]
        ordering = ["fired_at", "id"]

    def __str__(self) -> str:
        return f"{self.name} {self.phase}"


class Silence(models.Model):
    """Suppresses notifications of matching alerts, once or in the same hours of every week."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="silences")
    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, null=True, blank=True, related_name="silences")
    pattern = models.CharField(_("only for"), max_length=2_100, default="*")  # of "source series"
    starts = models.DateTimeField(_("from"))
    ends = models.DateTimeField(_("to"))
    weekly = models.BooleanField(_("repeat every week"), default=False)
    # The time zone of the weekly hours; empty: that of the site.
    zone = models.CharField(max_length=64, blank=True, default="", db_default="")
    # If set, the silence covers only the alert of another program with this key.
    key = models.CharField(max_length=100, blank=True, default="", db_default="")
    reason = models.CharField(_("reason"), max_length=400, blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)  # ended early

    class Meta:
        ordering = ["starts", "id"]

    def __str__(self) -> str:
        return f"{self.pattern} {self.reason}"


class Notice(models.Model):
    """A notification to send through a channel. It is tried at most five times."""

    route = models.ForeignKey(Route, on_delete=models.CASCADE, related_name="notices")
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="notices")
    title = models.CharField(max_length=400)
    body = models.TextField()
    kind = models.CharField(max_length=8)  # info, warning, failure, success
    tries = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True)  # None: there is no further attempt
    sent_at = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)  # a thread has been sending it since then

    class Meta:
        indexes = [models.Index(fields=["due_at"])]

    def __str__(self) -> str:
        return f"{self.title} by {self.route}"
