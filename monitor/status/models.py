"""The status page: components, their states, incidents and updates.

A row is stored when a state changes, never for each measurement.
"""

import time
from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from chat.models import Message, Room
from monitor.checks.models import Check
from monitor.status.conditions import Condition, InvalidCondition


class ComponentState(models.TextChoices):
    """The states are ordered from good to bad."""

    WORKS = "works", _("Operational")
    UNKNOWN = "unknown", _("No data")
    DISTURBED = "disturbed", _("Degraded")
    DOWN = "down", _("Down")


class StatusPage(models.Model):
    """There is one row."""

    KEPT = 5.0  # seconds that a process may lead to a page that another has withdrawn
    _kept: ClassVar[tuple[float, bool] | None] = None

    title = models.CharField(_("title"), max_length=80, blank=True, help_text=_("Default: the name of the workspace."))
    text = models.TextField(_("introduction"), max_length=2_000, blank=True)
    published = models.BooleanField(
        _("published"), default=False, help_text=_("Anyone with the URL can see it, without an account.")
    )
    publishers = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("who can publish incidents besides admins"),
        blank=True,
        related_name="+",
    )

    def __str__(self) -> str:
        return self.title or "Status"

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        self.forget()

    @classmethod
    def forget(cls) -> None:
        cls._kept = None

    @classmethod
    def is_published(cls) -> bool:
        """Cached, since every page shows the way to it."""
        if not cls._kept or cls._kept[0] <= time.monotonic():
            cls._kept = (time.monotonic() + cls.KEPT, cls.objects.filter(published=True).exists())
        return cls._kept[1]

    @classmethod
    def current(cls) -> Self:
        return cls.objects.get_or_create(pk=1)[0]


def check_condition(text: str) -> None:
    try:
        Condition.read(text)
    except InvalidCondition as error:
        raise ValidationError(str(error)) from None


class Component(models.Model):
    """A part of the service as its users know it. ``state`` is the public one: the worst of all known states."""

    class Kind(models.TextChoices):
        MANUAL = "manual", _("Set by hand")
        CHECK = "check", _("Check")
        SERIES = "series", _("Series")
        EXPRESSION = "expression", _("Expression")

    title = models.CharField(_("title"), max_length=80)
    group = models.CharField(_("group"), max_length=60, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.MANUAL)
    check_measured = models.ForeignKey(Check, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    down_when = models.CharField(_("down when"), max_length=200, blank=True, validators=[check_condition])
    disturbed_when = models.CharField(_("degraded when"), max_length=200, blank=True, validators=[check_condition])
    by_hand = models.CharField(_("manual state"), max_length=9, choices=ComponentState.choices, blank=True)
    measured = models.CharField(
        max_length=9, choices=ComponentState.choices, default=ComponentState.WORKS, editable=False
    )
    state = models.CharField(max_length=9, choices=ComponentState.choices, default=ComponentState.WORKS, editable=False)

    class Meta:
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def is_measured(self) -> bool:
        return self.kind == self.Kind.CHECK or bool(self.down_when or self.disturbed_when)


class StatusChange(models.Model):
    component = models.ForeignKey(Component, on_delete=models.CASCADE, related_name="changes")
    state = models.CharField(max_length=9, choices=ComponentState.choices)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["component", "at"])]
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.component}: {self.state}"


class Incident(models.Model):
    """A problem from its start to its end. ``state`` is that of the last update."""

    class State(models.TextChoices):
        INVESTIGATING = "investigating", _("Investigating")
        IDENTIFIED = "identified", _("Identified")
        MONITORING = "monitoring", _("Monitoring")
        RESOLVED = "resolved", _("Resolved")

    class Impact(models.TextChoices):
        NONE = "none", _("None")
        MINOR = "minor", _("Minor")
        MAJOR = "major", _("Major")
        CRITICAL = "critical", _("Critical")

    title = models.CharField(_("title"), max_length=120)
    state = models.CharField(_("state"), max_length=13, choices=State.choices, default=State.INVESTIGATING)
    impact = models.CharField(_("impact"), max_length=8, choices=Impact.choices, default=Impact.MINOR)
    components = models.ManyToManyField(Component, verbose_name=_("components"), blank=True, related_name="incidents")
    published = models.BooleanField(_("published"), default=False)
    room = models.ForeignKey(Room, on_delete=models.SET_NULL, null=True, blank=True, related_name="incidents")
    card = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    started_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-started_at", "-pk"]

    def __str__(self) -> str:
        return self.title


class IncidentUpdate(models.Model):
    """``shown`` means that a user who may publish wrote or approved it."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="updates")
    state = models.CharField(max_length=13, choices=Incident.State.choices)
    text = models.TextField(blank=True)  # Markdown
    html = models.TextField(blank=True)
    message = models.ForeignKey(
        Message, on_delete=models.SET_NULL, null=True, related_name="+"
    )  # the source of the text
    shown = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.incident}: {self.state}"
