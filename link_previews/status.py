"""How many previews there are and what waits, for doctor."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min

from link_previews.following import is_enabled
from link_previews.models import LinkPreview, MessageLink
from link_previews.pictures import find_missing_pictures
from tasks.models import QueuedTask, State


@dataclass(frozen=True)
class PreviewStatus:
    is_enabled: bool
    count: int
    waiting: int  # links
    oldest_due: datetime | None  # of the tasks that fetch them
    missing_pictures: int  # of the newest


def read_preview_status(looked_at: int) -> PreviewStatus:
    """``looked_at``: how many pictures."""
    due = QueuedTask.objects.filter(key__startswith="link preview ", state=State.WAITING).aggregate(
        oldest=Min("run_at")
    )
    return PreviewStatus(
        is_enabled(),
        LinkPreview.objects.exclude(title="").count(),
        MessageLink.objects.filter(preview=None, is_removed=False).count(),
        due["oldest"],
        find_missing_pictures(looked_at),
    )
