"""The mail of a user about unread mentions and direct messages. What it lists: mail_contents.py.

After how long it comes: DEFAULT_MAIL_DELAY in chat/models/notifications.py.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import translation

from accounts.mail import build_message, get_mail_language
from accounts.models import User
from chat.models import RoomMail
from chat.notifications.mail_contents import News, read_news
from chat.notifications.mail_queue import end_mails
from chat.notifications.mail_settings import get_notification_settings
from chat.notifications.mail_text import make_unread_mail, may_show_text
from realtime.online_users import get_online_users

LOOK_AGAIN = timedelta(minutes=5)  # while a tab of the user is open
GIVE_UP = timedelta(days=2)  # with a mail that the server does not take

# User -> since when something is to be mailed. Returns those of them whose devices took a notification since.
ReachCheck = Callable[[Mapping[int, datetime]], Collection[int]]
reach_checks: list[ReachCheck] = []


def find_users_to_mail(users: Collection[int], now: datetime) -> list[int]:
    """The mail of the others ends, since a device of theirs was reached, or waits, since a tab of theirs is open."""
    waiting = RoomMail.objects.filter(user__in=users, due_at__isnull=False)
    since: dict[int, datetime] = {}
    for user_id, notified_at in waiting.values_list("user", "notified_at"):
        since[user_id] = min(notified_at, since.get(user_id, notified_at))
    reached = {user_id for check in reach_checks for user_id in check(since)}
    end_mails(waiting.filter(user__in=reached).values_list("pk", flat=True))
    online = (get_online_users() or set()).intersection(users) - reached
    again = now + LOOK_AGAIN
    waiting.filter(user__in=online, due_at__lte=now).update(due_at=again, try_at=again)
    return [user_id for user_id in users if user_id in since and user_id not in reached | online]


class UnreadMail:
    """As it would be at this moment."""

    def __init__(self, user: User, now: datetime) -> None:
        self.user, self.now = user, now
        self.chosen = get_notification_settings(user)
        self.mails = list(RoomMail.objects.filter(user=user, due_at__isnull=False).order_by("pk"))
        self.news = read_news(user, self.mails, now) if self.chosen.mail_delay and user.is_active else News()

    @property
    def name(self) -> str:
        return f"a mail about unread messages to user {self.user.pk}"

    def build(self) -> EmailMessage:
        with translation.override(get_mail_language(self.user)):
            mail = make_unread_mail(self.user, self.chosen, self.news, self.now)
            return build_message(mail, self.user.email)

    @transaction.atomic
    def confirm(self) -> bool:
        """Marks the messages as mailed, unless something was read, changed or notified since this mail was made."""
        list(RoomMail.objects.select_for_update().filter(user=self.user).order_by("pk"))
        present = read_unread_mail(self.user.pk, self.now)
        if present is None or present.state != self.state:
            return False
        self.settle(is_mailed=True)
        return True

    @property
    def state(self) -> object:
        shown = may_show_text(self.chosen), self.chosen.zone, self.user.email
        return self.news, shown, [(mail.pk, mail.seq, mail.mailed_seq) for mail in self.mails]

    def settle(self, is_mailed: bool) -> None:
        """Nothing waits any more, but for what the quiet hours hold."""
        held = dict(self.news.held)
        for mail in self.mails:
            row = RoomMail.objects.filter(pk=mail.pk, seq=mail.seq)
            if until := held.get(mail.pk):
                row.update(due_at=until, try_at=until)
            else:
                row.update(due_at=None, try_at=None, is_urgent=False, **({"mailed_seq": mail.seq} if is_mailed else {}))

    def drop(self) -> None:
        self.settle(is_mailed=True)

    def put_off(self, at: datetime) -> None:
        """As before it was confirmed."""
        for mail in self.mails:
            RoomMail.objects.filter(pk=mail.pk).update(
                mailed_seq=mail.mailed_seq, due_at=mail.due_at, try_at=at, is_urgent=mail.is_urgent
            )

    @property
    def is_too_late(self) -> bool:
        return any(mail.due_at and mail.due_at < self.now - GIVE_UP for mail in self.mails)


def read_unread_mail(user_id: int, now: datetime) -> UnreadMail | None:
    """None for a user who is gone."""
    user = User.objects.select_related("notification_settings").filter(pk=user_id).first()
    return UnreadMail(user, now) if user else None


def prepare_unread_mail(user_id: int, now: datetime) -> UnreadMail | None:
    """None if there is nothing to tell now."""
    mail = read_unread_mail(user_id, now)
    if mail and not mail.news.rooms:
        mail.settle(is_mailed=False)
        return None
    return mail
