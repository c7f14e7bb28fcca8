"""What of the notified messages is still to be mailed: rows of RoomMail. ``due_at`` is when their mail should go out,
``try_at`` when a run looks at them next; it is later after a failure."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from chat.models import Membership, NotificationSettings, RoomMail
from chat.notifications.delivery import Told
from myweb.smtp import is_mail_set_up

CLAIMED_USERS = 20  # at once
CLAIM = timedelta(minutes=5)  # then another run takes what a dead one had claimed


@transaction.atomic
def schedule_mails(told: Sequence[Told]) -> None:
    """Of what is notified at this moment. A newer message of a room waits no longer than the older one."""
    if not is_mail_set_up() or not told:
        return
    now = timezone.now()
    users, rooms = {entry.user_id for entry in told}, {entry.room.pk for entry in told}
    delays = dict(NotificationSettings.objects.filter(user__in=users).values_list("user", "mail_delay"))
    default_delay = NotificationSettings().mail_delay
    waiting = {
        (mail.user_id, mail.room_id): mail
        for mail in RoomMail.objects.select_for_update().filter(user__in=users, room__in=rooms, due_at__isnull=False)
    }
    mails = []
    for entry in told:
        if not (delay := delays.get(entry.user_id, default_delay)):
            continue
        due_at = now + timedelta(minutes=delay)
        mail = RoomMail(
            user_id=entry.user_id,
            room=entry.room,
            seq=entry.state.seq,
            is_urgent=entry.state.urgent,
            notified_at=now,
            due_at=due_at,
            try_at=due_at,
        )
        if earlier := waiting.get((mail.user_id, mail.room_id)):
            mail.is_urgent |= earlier.is_urgent
            mail.notified_at, mail.due_at, mail.try_at = earlier.notified_at, earlier.due_at, earlier.try_at
        mails.append(mail)
    RoomMail.objects.bulk_create(
        mails,
        update_conflicts=True,
        unique_fields=["user", "room"],
        update_fields=["seq", "is_urgent", "notified_at", "due_at", "try_at"],
    )


def end_read_mails(now: datetime) -> None:
    """Of rooms that were read or left meanwhile."""
    memberships = Membership.objects.filter(user=OuterRef("user"), room=OuterRef("room"), active=True)
    is_unread = Exists(memberships.filter(last_read__lt=OuterRef("seq")))
    end_mails(RoomMail.objects.filter(~is_unread, try_at__lte=now).values_list("pk", flat=True))


def end_mails(ids: Collection[int]) -> None:
    """Without a mail."""
    RoomMail.objects.filter(pk__in=ids).update(due_at=None, try_at=None, is_urgent=False)


@transaction.atomic
def claim_users(now: datetime) -> list[int]:
    """Users whose mail is due, for one run alone."""
    due = RoomMail.objects.filter(try_at__lte=now).order_by("try_at", "pk")
    if connection.features.has_select_for_update_skip_locked:
        due = due.select_for_update(skip_locked=True)
    users = list(dict.fromkeys(due.values_list("user", flat=True)[: CLAIMED_USERS * 10]))[:CLAIMED_USERS]
    if users:
        RoomMail.objects.filter(user__in=users, try_at__lte=now).update(try_at=now + CLAIM)
    return users


def find_overdue_mails(now: datetime) -> tuple[int, datetime | None]:
    """Users whose mail should have gone out, and since when."""
    overdue = RoomMail.objects.filter(due_at__lte=now).order_by("due_at")
    oldest = overdue.values_list("due_at", flat=True).first()
    return overdue.values("user").distinct().count(), oldest
