"""What is watched, what was measured, and who measures.

Every series is a gauge: what only counts up is made a rate where it is read (see docs/decisions/0007). Its values of
five minutes are one row; so are 300 minutes, 300 times ten minutes and 300 hours of what they were put together to.
"""

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.models import Room


class SourceManager(models.Manager["Source"]):
    def get_queryset(self) -> "models.QuerySet[Source]":
        return super().get_queryset().filter(removed_at=None)


class Source(models.Model):
    """Something that is read each tick: this machine, uWSGI, Redis. Who may look at it is in ``room``."""

    key = models.SlugField(_("key"), max_length=40, unique=True)
    room = models.ForeignKey(
        Room,
        verbose_name=_("room"),
        help_text=_("Its members see the dashboard. Without a room, only admins see it."),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="sources",
    )
    left_out = models.JSONField(default=list, null=True)  # names of some series beyond the limit
    left_out_count = models.PositiveIntegerField(default=0, db_default=0)
    removed_at = models.DateTimeField(null=True)  # its history is deleted in steps, and then the row

    objects = SourceManager()
    with_removed: models.Manager["Source"] = models.Manager()

    def __str__(self) -> str:
        return self.key


class Series(models.Model):
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="series")
    name = models.CharField(max_length=2_048)  # labels, too; see monitor/metrics/ingest/names.py
    unit = models.CharField(max_length=8, blank=True)
    position = models.PositiveIntegerField(null=True)  # in the source's row of values, as long as it is recent
    seen_at = models.DateTimeField(
        default=timezone.now, db_default=Now()
    )  # when it was read last, exact to an hour while it is live
    gone_at = models.DateTimeField(null=True)  # it left the live layout; see monitor/metrics/series_state.py

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "name"], name="one_series_per_name"),
            models.UniqueConstraint(fields=["source", "position"], name="one_series_per_position"),
        ]
        ordering = ["source_id", "position"]
        verbose_name_plural = "series"

    def __str__(self) -> str:
        return f"{self.source} {self.name}"


class Tick(models.Model):
    """The last minutes, a row each tick and source, where there is no Redis to hold them."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+")
    t = models.BigIntegerField()  # seconds since 1970
    values = models.BinaryField()  # float64, little endian, by position

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "t"], name="one_tick_per_second")]

    def __str__(self) -> str:
        return f"{self.source_id} at {self.t}"


class Process(models.Model):
    """What a process that serves sockets last told of itself, where there is no Redis to hold it."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.FloatField()
    report = models.BinaryField()

    def __str__(self) -> str:
        return self.name


class Lease(models.Model):
    """Who does something that only one process may do, and until when without another word."""

    name = models.CharField(max_length=40, primary_key=True)
    holder = models.CharField(max_length=80, blank=True)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.holder}"
