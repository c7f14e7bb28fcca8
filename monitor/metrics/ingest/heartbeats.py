"""Updates a heartbeat when its job reports, or does not report in time. Each change of state is a row."""

from datetime import datetime

from django.db import transaction

from monitor.metrics.ingest.heartbeat_schedule import BeatState, get_beat_state, get_next_due
from monitor.metrics.models import Beat, BeatChange

MAX_OUTPUT = 10_240  # bytes at the end of a job's output that are stored
CHANGES_KEPT, PURGE_EVERY = (
    1_000,
    100,
)  # changes of a job; old ones are deleted after so many new ones
START, FAIL = "start", "fail"


@transaction.atomic
def record_ping(beat_id: int, event: str, output: bytes, now: datetime) -> None:
    """``event`` is empty, ``start``, ``fail``, or the exit status of the job."""
    beat = Beat.objects.select_for_update().filter(pk=beat_id).first()
    if beat is None:  # removed a moment ago
        return
    if event == START:
        beat.started_at = now
    else:
        finish_run(beat, event, now)
    if output:
        beat.output = decode_output(output)
    beat.save(update_fields=["started_at", "took", "pinged_at", "due_at", "state", "output"])


def finish_run(beat: Beat, event: str, now: datetime) -> None:
    beat.took = (now - beat.started_at).total_seconds() if beat.started_at else None
    beat.started_at, beat.pinged_at, beat.due_at = None, now, get_next_due(beat, now)
    if beat.state != BeatState.PAUSED:
        succeeded = event in {"", "0"}
        change_beat_state(
            beat,
            BeatState.UP if succeeded else BeatState.DOWN,
            now,
            "" if succeeded else "failed" if event == FAIL else f"exit {event}",
        )


def change_beat_state(beat: Beat, state: str, now: datetime, reason: str = "") -> None:
    if state != beat.state:
        beat.state = state
        store_beat_change(beat, state, now, reason)


@transaction.atomic
def update_overdue_state(beat: Beat, now: datetime) -> None:
    """Store that it is late or down, unless it has reported since it was read."""
    state = get_beat_state(beat, now)
    unchanged = {"state": beat.state, "pinged_at": beat.pinged_at, "started_at": beat.started_at}
    if state != beat.state and Beat.objects.filter(pk=beat.pk, **unchanged).update(state=state):
        store_beat_change(
            beat, state, now, "" if state == BeatState.UP else "still running" if beat.started_at else "missed"
        )


def store_beat_change(beat: Beat, state: str, now: datetime, reason: str) -> None:
    """Store a change of state, and sometimes delete the oldest changes."""
    change = BeatChange.objects.create(beat=beat, at=now, state=state, why=reason)
    if change.pk % PURGE_EVERY == 0:
        oldest_ids = list(beat.changes.order_by("-pk").values_list("pk", flat=True)[CHANGES_KEPT : CHANGES_KEPT + 1])
        beat.changes.filter(pk__lte=oldest_ids[0] if oldest_ids else 0).delete()


def decode_output(output: bytes) -> str:
    """Decode the end of the output, from a whole character on. PostgreSQL stores no NUL."""
    text = output[-MAX_OUTPUT:].decode(errors="replace").replace("\0", "�")
    return text.lstrip("�") if len(output) > MAX_OUTPUT else text
