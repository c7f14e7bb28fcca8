"""What the worker does for rooms: it reads what is new, notifies members when it is due, and sends mails."""

import threading
import time
from datetime import datetime

from django.utils import timezone

from accounts.models import Workspace
from chat.notifications.delivery import NOTIFICATION_READER, READ_GRACE, find_next_due, tell_due_notifications
from chat.notifications.mail import send_due_mails
from chat.readers import RoomReaders
from chat.search.index import forget_readers, get_reader
from tasks.backend import task
from tasks.loops import Loop, add_worker_loop
from tasks.periodic import periodic

LOOK_EVERY = 1.0  # seconds

_mails_lock = threading.Lock()


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


class SearchLoop:
    """Fills the search index. A loop of its own, so that an index that is made anew delays no notification."""

    def __init__(self) -> None:
        self.readers = RoomReaders([])
        self.looked_at = -1e9  # at the epoch

    def run_once(self) -> float:
        if time.monotonic() - self.looked_at >= LOOK_EVERY:
            reader, self.looked_at = get_reader(Workspace.current_epoch()), time.monotonic()
            if self.readers.readers != [reader]:
                forget_readers(but=reader)
                self.readers = RoomReaders([reader])
        return 0.0 if self.readers.read_news() else LOOK_EVERY


def make_search_loop() -> Loop:
    return SearchLoop().run_once


add_worker_loop(make_room_loop)
add_worker_loop(make_search_loop)


@periodic("* * * * *")
@task(max_tries=1)
def send_mails() -> None:
    """If this worker is sending mails already, that run goes on. So a slow mail server takes one thread, not all."""
    if _mails_lock.acquire(blocking=False):
        try:
            send_due_mails()
        finally:
            _mails_lock.release()
