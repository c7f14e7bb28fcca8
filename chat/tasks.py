"""What the worker does for rooms: it reads what is new, and notifies members when it is due."""

import time
from datetime import datetime

from django.utils import timezone

from chat.notifications.delivery import NOTIFICATION_READER, READ_GRACE, find_next_due, tell_due_notifications
from chat.readers import RoomReaders
from tasks.loops import Loop, add_worker_loop

LOOK_EVERY = 1.0  # seconds


class RoomLoop:
    def __init__(self) -> None:
        self.readers = RoomReaders([NOTIFICATION_READER])
        self.due: datetime | None = None  # when the next notification is
        self.looked_at = -1e9

    def run_once(self) -> float:
        """Returns after how many seconds to call it again."""
        is_unfinished = self.readers.read_news()
        if self.readers.has_stored or time.monotonic() - self.looked_at >= LOOK_EVERY:
            self.due, self.looked_at = find_next_due(), time.monotonic()
        now = timezone.now() - READ_GRACE
        if self.due and self.due <= now:
            tell_due_notifications(now)
            self.looked_at = -1e9
            return 0.0
        if is_unfinished:
            return 0.0
        return min(LOOK_EVERY, (self.due - now).total_seconds()) if self.due else LOOK_EVERY


def make_room_loop() -> Loop:
    return RoomLoop().run_once


add_worker_loop(make_room_loop)
