"""The daily mail of users who want one: what waits for them, and which of their rooms were busy."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache

from django.core.mail import EmailMessage
from django.db.models import Q
from django.utils import translation

from accounts.mail import MailSection, build_message, get_mail_language
from accounts.models import User
from chat.models import Level, Message, NotificationSettings, Room
from chat.notifications.mail_contents import News, find_messages, read_rooms
from chat.notifications.mail_settings import get_notification_settings
from chat.notifications.mail_text import Summary, make_summary_mail, may_show_text
from chat.notifications.summary_time import find_due_summary
from chat.protocol import MyRoom
from chat.sidebar import read_sidebar_lines

MAX_BUSY_ROOMS = 5
DAY = timedelta(days=1)

# What another app adds: a section about the time since a moment, or None. Called in the user's language.
SectionMaker = Callable[[User, datetime], MailSection | None]
section_makers: list[SectionMaker] = []


def find_due_summaries(now: datetime) -> Iterator[int]:
    """Users, by the hours and zones that they chose."""
    chosen = NotificationSettings.objects.filter(summary_hour__isnull=False, user__is_active=True)
    for hour, zone in list(chosen.order_by().values_list("summary_hour", "zone").distinct()):
        if hour is not None and (day := find_due_summary(hour, zone, now)):
            due = chosen.filter(Q(summary_on__isnull=True) | Q(summary_on__lt=day), summary_hour=hour, zone=zone)
            yield from due.order_by("pk").values_list("user", flat=True)


class SummaryMail:
    """Of one day."""

    def __init__(self, user: User, day: date, now: datetime) -> None:
        self.user, self.day, self.now = user, day, now
        self.chosen = get_notification_settings(user)
        self.last = self.chosen.summary_on
        lines = [line for _user, line in read_sidebar_lines([(user.pk, None)]) if is_wanted(line, self.chosen, now)]
        self.news = read_unread(user, self.chosen, lines)
        self.busy_rooms = find_busy_rooms(lines, now - DAY)
        with translation.override(get_mail_language(user)):
            made = [make_section(user, now - DAY) for make_section in section_makers]
        self.sections = tuple(section for section in made if section)

    @property
    def name(self) -> str:
        return f"the summary of {self.day} to user {self.user.pk}"

    @property
    def is_empty(self) -> bool:
        details = (self.busy_rooms or self.sections) if may_show_text(self.chosen) else ()
        return not (self.news.rooms or details)

    def build(self) -> EmailMessage:
        with translation.override(get_mail_language(self.user)):
            summary = Summary(self.day, self.news, self.busy_rooms, self.sections)
            mail = make_summary_mail(self.user, self.chosen, summary, self.now)
            return build_message(mail, self.user.email)

    def confirm(self) -> bool:
        """False if another run has sent it, or the user wants it no more."""
        mine = NotificationSettings.objects.filter(user=self.user, summary_hour=self.chosen.summary_hour)
        mine = mine.filter(Q(summary_on__isnull=True) | Q(summary_on__lt=self.day), user__is_active=True)
        return mine.update(summary_on=self.day) == 1

    def drop(self) -> None:
        self.confirm()

    def put_off(self, _at: datetime) -> None:
        """As before it was confirmed: the next run tries again."""
        NotificationSettings.objects.filter(user=self.user, summary_on=self.day).update(summary_on=self.last)

    @property
    def is_too_late(self) -> bool:
        return False  # after some hours it is not due any more


def prepare_summary_mail(user_id: int, now: datetime) -> SummaryMail | None:
    """None if it is not due any more, or there is nothing to tell."""
    user = User.objects.select_related("notification_settings").filter(pk=user_id, is_active=True).first()
    chosen = get_notification_settings(user) if user else None
    if not user or not chosen or chosen.summary_hour is None:
        return None
    day = find_due_summary(chosen.summary_hour, chosen.zone, now)
    if not day or (chosen.summary_on and chosen.summary_on >= day):
        return None
    mail = SummaryMail(user, day, now)
    if mail.is_empty:
        mail.confirm()
        return None
    return mail


def is_wanted(line: MyRoom, chosen: NotificationSettings, now: datetime) -> bool:
    is_silent = get_level(line, chosen) == Level.NOTHING or line.muted_until > now.timestamp()
    return line.head > line.last_read and not is_silent


def get_level(line: MyRoom, chosen: NotificationSettings) -> str:
    return line.level or (chosen.direct_level if line.kind == Room.Kind.DIRECT else chosen.room_level)


def read_unread(user: User, chosen: NotificationSettings, lines: list[MyRoom]) -> News:
    wanted = [line for line in lines if line.mentions or (line.kind == Room.Kind.DIRECT and line.unread)]
    rooms = Room.objects.in_bulk([line.id for line in wanted])
    found = [
        find_messages(
            user,
            rooms[line.id],
            line.last_read,
            line.head,
            {True: True, False: line.kind == Room.Kind.DIRECT and get_level(line, chosen) == Level.ALL},
        )
        for line in wanted
        if line.id in rooms
    ]
    return News(*read_rooms(user, found))


def find_busy_rooms(lines: list[MyRoom], since: datetime) -> tuple[tuple[int, str, int], ...]:
    """(room, name, messages since then) of rooms with unread messages, the busiest first."""
    since = since.replace(minute=0, second=0, microsecond=0)  # the same for all summaries of an hour
    counts = [
        (line.id, line.name, line.head - find_head_at(line.id, line.head, since))
        for line in lines
        if line.kind != Room.Kind.DIRECT
    ]
    busy = sorted((entry for entry in counts if entry[2]), key=lambda entry: -entry[2])
    return tuple(busy[:MAX_BUSY_ROOMS])


@lru_cache(maxsize=10_000)
def find_head_at(room_id: int, head: int, moment: datetime) -> int:
    """The newest seq before a moment. A search by halves: no index has the times of messages."""
    low, high = 0, head
    while low < high:
        middle = (low + high + 1) // 2
        row = (
            Message.objects.filter(room=room_id, seq__gte=middle, seq__lte=high)
            .order_by("seq")
            .values("seq", "created_at")
            .first()
        )
        if row and row["created_at"] < moment:
            low = row["seq"]
        else:
            high = middle - 1
    return low
