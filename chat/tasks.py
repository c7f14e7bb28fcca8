"""What the worker does for rooms: it reads what is new, notifies members when it is due, and sends mails."""

from datetime import timedelta

from django.utils import timezone

from chat.notifications.delivery import (
    NOTIFICATION_READER,
    READ_GRACE,
    find_next_due,
    tell_due_notifications,
)
from chat.notifications.mail import send_due_mails
from chat.readers import RoomReaders
from tasks.backend import task
from tasks.loops import Loop, add_worker_loop
from tasks.periodic import periodic

LOOK_EVERY = timedelta(seconds=1)


def make_room_loop() -> Loop:
    readers = RoomReaders([NOTIFICATION_READER])

    def follow_rooms() -> float:
        is_behind = readers.read_news()
        due = find_next_due()
        now = timezone.now() - READ_GRACE
        if due and due <= now:
            tell_due_notifications(now)
            return 0.0
        pause = min(due - now, LOOK_EVERY) if due else LOOK_EVERY
        return 0.0 if is_behind else pause.total_seconds()

    return follow_rooms


add_worker_loop(make_room_loop)


@periodic("* * * * *")
@task(max_tries=1)
def send_mails() -> None:
    send_due_mails()
