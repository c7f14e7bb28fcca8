"""The queue: one row per task that waits, runs or has failed. A task that succeeds is deleted."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class State(models.TextChoices):
    WAITING = "waiting"
    RUNNING = "running"
    FAILED = "failed"


class QueuedTask(models.Model):
    """A call of a function, written in the transaction that causes it."""

    function = models.CharField(max_length=200)  # import path of its task
    arguments = models.JSONField()  # {"args": [...], "kwargs": {...}}
    key = models.CharField(max_length=200, null=True)  # at most one task of a key waits
    priority = models.SmallIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    enqueued_at = models.DateTimeField(db_default=Now())
    run_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveIntegerField(default=0)  # counted when a worker claims it
    crashes = models.PositiveIntegerField(default=0)  # attempts whose worker died
    worker = models.CharField(max_length=120, default="")  # of the running attempt
    ended_at = models.DateTimeField(null=True)  # the last attempt that failed
    error = models.TextField(default="")  # of that attempt

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=Q(state=State.WAITING), name="one_waiting_task_per_key")
        ]
        indexes = [
            models.Index(fields=["-priority", "run_at", "id"], condition=Q(state=State.WAITING), name="waiting_tasks"),
            models.Index(fields=["run_at"], condition=Q(state=State.WAITING), name="due_tasks"),
            models.Index(fields=["worker"], condition=Q(state=State.RUNNING), name="running_tasks"),
            models.Index(fields=["ended_at"], condition=Q(state=State.FAILED), name="failed_tasks"),
        ]

    def __str__(self) -> str:
        return f"{self.function} #{self.pk}"


class Worker(models.Model):
    """A worker and its lease. The running tasks of a worker without a lease are given to others."""

    name = models.CharField(max_length=120, primary_key=True)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class PeriodicRun(models.Model):
    """The last time for which a periodic task was enqueued."""

    name = models.CharField(max_length=200, primary_key=True)
    slot = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
