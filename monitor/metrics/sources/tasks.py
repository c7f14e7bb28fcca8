"""The queue of background tasks."""

from collections.abc import Iterable

from django.db import Error, connection

from monitor.metrics.readings import Reading, SourceDown, Unit
from monitor.metrics.sources.source import SourceReader
from tasks.status import read_queue_status


class TasksReader(SourceReader):
    key = "tasks"
    interval = 10.0  # a long queue takes some milliseconds to count

    def read(self, at: float) -> Iterable[Reading]:
        try:
            status = read_queue_status()
        except Error as error:
            connection.close()
            raise SourceDown(f"The database does not respond: {error}") from None
        yield Reading("waiting", status.waiting)
        yield Reading("running", status.running)
        yield Reading("failed", status.failed)
        yield Reading("oldest", status.oldest_seconds, Unit.SECONDS)
        yield Reading("workers", status.workers)
