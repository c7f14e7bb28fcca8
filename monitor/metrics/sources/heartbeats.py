"""The heartbeats of jobs. Reading them is also what finds out that one did not come."""

from collections.abc import Iterable

from django.db import Error
from django.utils import timezone

from monitor.metrics.ingest.heartbeats import settle
from monitor.metrics.ingest.schedule import State, late, state_at
from monitor.metrics.models import Beat
from monitor.metrics.readings import Down, Reading, Unit
from monitor.metrics.sources.source import Source


class Beats(Source):
    """``<key>.up`` is 1 or 0; a job that was never heard of, or is paused, has no values."""

    key = "beats"

    def read(self, at: float) -> Iterable[Reading]:
        now = timezone.now()
        try:
            expected = list(Beat.objects.exclude(state__in=[State.NEW, State.PAUSED]).defer("output"))
            for beat in expected:
                settle(beat, now)
        except Error as error:
            raise Down(f"The heartbeats can't be read: {error}") from None
        for beat in expected:
            yield Reading(f"{beat.key}.up", float(state_at(beat, now) != State.DOWN))
            yield Reading(f"{beat.key}.late", late(beat, now), Unit.SECONDS)
            if beat.took is not None:
                yield Reading(f"{beat.key}.duration", beat.took, Unit.SECONDS)
