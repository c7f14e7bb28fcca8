"""The heartbeats of jobs. Reading them also detects missing ones."""

from collections.abc import Iterable

from django.db import Error
from django.utils import timezone

from monitor.metrics.ingest.heartbeat_schedule import BeatState, get_beat_state, get_overdue_seconds
from monitor.metrics.ingest.heartbeats import update_overdue_state
from monitor.metrics.models import Beat
from monitor.metrics.readings import Reading, SourceDown, Unit
from monitor.metrics.sources.source import SourceReader


class HeartbeatsReader(SourceReader):
    """``<key>.up`` is 1 or 0. A job that never reported or is paused has no values."""

    key = "beats"

    def read(self, at: float) -> Iterable[Reading]:
        now = timezone.now()
        try:
            expected = list(Beat.objects.exclude(state__in=[BeatState.NEW, BeatState.PAUSED]).defer("output"))
            for beat in expected:
                update_overdue_state(beat, now)
        except Error as error:
            raise SourceDown(f"The heartbeats can't be read: {error}") from None
        for beat in expected:
            yield Reading(f"{beat.key}.up", float(get_beat_state(beat, now) != BeatState.DOWN))
            yield Reading(f"{beat.key}.late", get_overdue_seconds(beat, now), Unit.SECONDS)
            if beat.took is not None:
                yield Reading(f"{beat.key}.duration", beat.took, Unit.SECONDS)
