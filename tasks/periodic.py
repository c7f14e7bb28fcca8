"""Periodic tasks: enqueued once for each time, however many workers look."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, ParamSpec, TypeVar

from cronsim import CronSim
from django.db import transaction

from tasks.backend import DurableTask
from tasks.models import PeriodicRun

P = ParamSpec("P")
T = TypeVar("T")

_schedules: dict[str, tuple[str, DurableTask[..., Any]]] = {}


def periodic(schedule: str) -> Callable[[DurableTask[P, T]], DurableTask[P, T]]:
    """``@periodic("*/5 * * * *")`` above ``@task()``, in the ``tasks.py`` of an app. The schedule is in UTC.

    Times that passed while no worker ran are made up for by one run.
    """
    CronSim(schedule, datetime.now(UTC))  # raises CronSimError here, not in the worker

    def register(task: DurableTask[P, T]) -> DurableTask[P, T]:
        _schedules[task.module_path] = schedule, task
        return task

    return register


def enqueue_periodic_tasks(now: datetime) -> datetime:
    """Enqueues what has become due. Returns the time of the next."""
    upcoming = [now + timedelta(hours=1)]
    for name, (schedule, task) in _schedules.items():
        slot = next(CronSim(schedule, now + timedelta(microseconds=1), reverse=True))
        with transaction.atomic():
            PeriodicRun.objects.bulk_create([PeriodicRun(name=name, slot=slot)], ignore_conflicts=True)
            if PeriodicRun.objects.filter(name=name, slot__lt=slot).update(slot=slot):
                task.using(key=f"periodic {name}").enqueue()
        upcoming.append(next(CronSim(schedule, now)))
    return min(upcoming)
