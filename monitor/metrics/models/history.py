"""Stored values. A row holds 300 values of a series, encoded by monitor/metrics/store/encoding.py.

Rows are written once, when their period has ended, and never changed.
"""

from django.db import models

from monitor.metrics.models.series import Series


class Chunk(models.Model):
    """Five minutes of a series, tick by tick. Rows are written in the order of time, so the lowest id is the oldest."""

    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="+", db_index=False)
    t0 = models.BigIntegerField()  # seconds since 1970, a multiple of 300
    body = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "t0"], name="one_chunk_per_time")]

    def __str__(self) -> str:
        return f"{self.series_id} at {self.t0}"


class Rollup(models.Model):
    """300 minutes, 300 times ten minutes or 300 hours of a series: minimum, maximum, sum and count of each step."""

    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="+", db_index=False)
    step = models.PositiveIntegerField()  # seconds of one step
    t0 = models.BigIntegerField()  # seconds since 1970, a multiple of 300 steps
    body = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "step", "t0"], name="one_rollup_per_time")]
        indexes = [models.Index(fields=["step", "t0"], name="rollup_by_age")]

    def __str__(self) -> str:
        return f"{self.series_id} by {self.step} s at {self.t0}"
