"""The backend of Django's Tasks API, on the database of the site.

Tasks run at least once: a worker may die after the work and before its end is stored. Write them so that a second run
does no harm. A task is deleted when it succeeds, so there are no results to read.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ParamSpec, Self, TypeVar, cast

import django_tasks
from django.utils import timezone
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task, TaskResult, TaskResultStatus

from tasks.queue import insert_task
from tasks.retries import MAX_TRIES, PAUSES

P = ParamSpec("P")
T = TypeVar("T")

MAX_ARGUMENTS = 64 * 1024  # bytes of JSON; pass ids, not contents
MAX_KEY = 200
MAX_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DurableTask(Task[P, T]):
    max_tries: int = MAX_TRIES  # that raise an exception; attempts whose worker dies are limited by MAX_CRASHES
    pauses: tuple[float, ...] = PAUSES  # seconds before the second try, the third, ...; the last one repeats
    max_seconds: float = MAX_SECONDS  # then its worker is killed, which counts as a crash
    key: str | None = None  # while one task of a key waits, another is not added

    def using(self, *, key: str | None = None, **changes: Any) -> Self:
        changed = Task.using(self, **changes)
        return replace(changed, key=key) if key is not None else changed


def task(
    *,
    max_tries: int = MAX_TRIES,
    pauses: tuple[float, ...] = PAUSES,
    max_seconds: float = MAX_SECONDS,
    priority: int = 0,
) -> Callable[[Callable[P, T]], DurableTask[P, T]]:
    """``django_tasks.task`` with the options of this backend, typed."""
    decorate = django_tasks.task(priority=priority, max_tries=max_tries, pauses=pauses, max_seconds=max_seconds)
    return cast("Callable[[Callable[P, T]], DurableTask[P, T]]", decorate)


class DatabaseBackend(BaseTaskBackend):
    task_class = DurableTask
    supports_defer = True
    supports_priority = True
    supports_async_task = True

    def validate_task(self, task: Task[..., Any]) -> None:
        super().validate_task(task)
        if not isinstance(task, DurableTask) or task.max_tries < 1 or not task.pauses or min(task.pauses) < 0:
            raise ValueError("max_tries must be at least 1, and pauses must name at least one pause of 0 s or more.")

    def enqueue(self, task: Task[P, T], args: Any, kwargs: Any) -> TaskResult[T]:
        """Part of the current transaction: without its commit there is no task."""
        assert isinstance(task, DurableTask)
        result: TaskResult[T] = TaskResult(
            task=task,
            id="",
            status=TaskResultStatus.READY,
            enqueued_at=timezone.now(),
            started_at=None,
            finished_at=None,
            last_attempted_at=None,
            args=args,
            kwargs=kwargs,
            backend=self.alias,
            errors=[],
            worker_ids=[],
        )
        row_id = insert_task(
            task.module_path,
            serialize_arguments(result.args, result.kwargs),
            key=check_key(task.key),
            priority=task.priority,
            run_at=task.run_after,
        )
        object.__setattr__(result, "id", str(row_id))
        return result


def serialize_arguments(args: list[Any], kwargs: dict[str, Any]) -> str:
    """Raises :class:`ValueError` if they are too large, or are numbers or text that JSON or PostgreSQL cannot store."""
    text = json.dumps({"args": args, "kwargs": kwargs}, allow_nan=False)
    if len(text) > MAX_ARGUMENTS:
        raise ValueError(f"The arguments of a task are limited to {MAX_ARGUMENTS} bytes; pass ids, not contents.")
    if "\\u0000" in text:
        raise ValueError("The arguments of a task must not contain the character NUL.")
    return text


def check_key(key: str | None) -> str | None:
    if key is not None and not 0 < len(key) <= MAX_KEY:
        raise ValueError(f"The key of a task has 1 to {MAX_KEY} characters.")
    return key
