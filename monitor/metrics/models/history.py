"""What was measured, kept: a row holds 300 values of a series, packed (see monitor/metrics/store/encoding.py).

Rows are written once, when their time is over, and never changed.
"""

from django.db import models

from monitor.metrics.models.series import Series


class Chunk(models.Model):
    """Five minutes of a series, tick by tick. Rows come in the order of time, so the lowest number is the oldest."""

    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="+", db_index=False)
    t0 = models.BigIntegerField()  # seconds since 1970, a multiple of 300
    body = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "t0"], name="one_chunk_per_time")]

    def __str__(self) -> str:
        return f"{self.series_id} at {self.t0}"


class Rollup(models.Model):
    """300 minutes, 300 times ten minutes or 300 hours of a series: lowest, highest, sum and number of each."""

    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="+", db_index=False)
    step = models.PositiveIntegerField()  # seconds of one of them
    t0 = models.BigIntegerField()  # seconds since 1970, a multiple of 300 steps
    body = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "step", "t0"], name="one_rollup_per_time")]
        indexes = [models.Index(fields=["step", "t0"], name="rollup_by_age")]

    def __str__(self) -> str:
        return f"{self.series_id} by {self.step} s at {self.t0}"
