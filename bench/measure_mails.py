"""Mails to members what they have not read, then daily summaries: ``python -m bench.measure_mails FILE``."""

import django

django.setup()

import json  # noqa: E402
import resource  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from datetime import timedelta  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402
from uuid import uuid4  # noqa: E402

from django.db import connection  # noqa: E402
from django.db.models import F  # noqa: E402
from django.utils import timezone  # noqa: E402

from chat.message_validation import parse_incoming  # noqa: E402
from chat.models import Membership, NotificationSettings, Room, RoomMail  # noqa: E402
from chat.notifications.delivery import read_room, tell_due_notifications  # noqa: E402
from chat.notifications.mail import send_due_mails  # noqa: E402
from chat.store import store_messages  # noqa: E402

MENTIONED = 500  # by one message


def notify_members(room_ids: list[int]) -> int:
    """Each member is mentioned in each of their rooms, and told of it. Returns how many there are."""
    mentioned: set[int] = set()
    for room in Room.objects.filter(pk__in=room_ids):
        members = list(Membership.objects.filter(room=room).order_by("user").values_list("user_id", "user__handle"))
        drafts = []
        for start in range(0, len(members), MENTIONED):
            handles = " ".join(f"@{handle}" for _user, handle in members[start : start + MENTIONED])
            drafts.append(parse_incoming(room.pk, members[0][0], str(uuid4()), f"The disk of db-1 is full. {handles}"))
        store_messages(drafts)
        if store := read_room(room, 0).store:
            store()
        mentioned |= {user for user, _handle in members[1:]}
    settings = [NotificationSettings(user_id=user, mail_shows_text=True) for user in mentioned]
    NotificationSettings.objects.bulk_create(settings)
    while tell_due_notifications(timezone.now() + timedelta(seconds=1)):
        pass
    return len(mentioned)


class Queries:
    count = 0

    def __call__(self, execute: Any, *arguments: Any) -> Any:
        self.count += 1
        return execute(*arguments)


def send_all_mails(file: Path) -> list[str]:
    """Returns the recipients. A run has a limit of time, so a slow machine needs several."""
    recipients: list[str] = []
    while True:
        send_due_mails()
        before, recipients = len(recipients), file.read_text(encoding="utf-8").splitlines()
        if len(recipients) == before:
            file.write_text("", encoding="utf-8")
            return recipients
        RoomMail.objects.filter(due_at__isnull=False).update(try_at=F("due_at"))  # what that run had claimed


def measure(name: str, expected: int, file: Path) -> None:
    queries, begun, cpu = Queries(), time.perf_counter(), time.process_time()
    with connection.execute_wrapper(queries):
        recipients = send_all_mails(file)
    lasted = time.perf_counter() - begun
    row = {
        "name": name,
        "per_s": round(len(recipients) / lasted),
        "lost": expected - len(set(recipients)),
        "doubled": len(recipients) - len(set(recipients)),
        "cpu_s": round(time.process_time() - cpu, 1),
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "bound_by": "server",
        "seconds": round(lasted, 1),
        "queries": round(queries.count / max(1, len(recipients)), 1),
    }
    print(json.dumps(row), flush=True)


def main(options: dict[str, Any]) -> None:
    file = Path(options["file"])
    members = notify_members(options["rooms"])
    RoomMail.objects.update(due_at=timezone.now(), try_at=timezone.now())
    measure(f"mails of unread messages to {members:,}", members, file)
    NotificationSettings.objects.update(summary_hour=timezone.now().hour)
    measure(f"daily summaries to {members:,}", members, file)


main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
