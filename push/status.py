"""What the doctor tells of devices and of messages that wait."""

from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Min

from push.models import PushDevice, PushMessage


class PushStatus(NamedTuple):
    devices: int
    refused: int  # devices whose last message failed
    problem: str  # the most frequent one, without what names a device
    waiting: int
    waiting_since: datetime | None
    waiting_for: str  # why the oldest one was not sent yet; empty if it was not tried


def read_push_status() -> PushStatus:
    failing = PushDevice.objects.exclude(problem="")
    problem = failing.values("problem").annotate(count=Count("pk")).order_by("-count", "problem").first()
    waiting = PushMessage.objects.aggregate(count=Count("pk"), since=Min("created_at"))
    oldest = PushMessage.objects.order_by("created_at").select_related("device").first()
    return PushStatus(
        devices=PushDevice.objects.count(),
        refused=failing.count(),
        problem=problem["problem"] if problem else "",
        waiting=waiting["count"],
        waiting_since=waiting["since"],
        waiting_for=oldest.device.problem if oldest else "",
    )
