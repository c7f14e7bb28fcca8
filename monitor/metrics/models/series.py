"""Sources, series, ticks and the lease.

Every series is a gauge: counters become rates when they are read (docs/decisions/0007). One row holds the values of
five minutes. A rollup row holds 300 steps of a minute, ten minutes or an hour.
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
    """Something that is read each tick: this machine, uWSGI, Redis. The members of ``room`` can see it."""

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
    removed_at = models.DateTimeField(null=True)  # its history is deleted in batches, then the row

    objects = SourceManager()
    with_removed: models.Manager["Source"] = models.Manager()

    def __str__(self) -> str:
        return self.key


class Series(models.Model):
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="series", db_index=False)
    name = models.CharField(max_length=2_048)  # with labels; see monitor/metrics/ingest/names.py
    unit = models.CharField(max_length=8, blank=True)
    position = models.PositiveIntegerField(null=True)  # in the source's row of values, while it is recent
    seen_at = models.DateTimeField(
        default=timezone.now, db_default=Now()
    )  # time of the last reading, precise to an hour while it is live
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
    """The ticks of the last minutes, one row per tick and source, used without Redis."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+", db_index=False)
    t = models.BigIntegerField()  # seconds since 1970
    values = models.BinaryField()  # float64, little endian, by position

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "t"], name="one_tick_per_second")]

    def __str__(self) -> str:
        return f"{self.source_id} at {self.t}"


class Process(models.Model):
    """The last report of a socket process, used without Redis."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.FloatField()
    report = models.BinaryField()

    def __str__(self) -> str:
        return self.name


class Lease(models.Model):
    """The process that holds an exclusive role, and until when without renewal."""

    name = models.CharField(max_length=40, primary_key=True)
    holder = models.CharField(max_length=80, blank=True)
    until = models.DateTimeField()
    measured_at = models.DateTimeField(null=True)  # the last tick of the collector, by the clock of the database

    def __str__(self) -> str:
        return f"{self.name}: {self.holder}"
