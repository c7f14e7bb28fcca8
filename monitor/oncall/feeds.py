"""Shifts as a calendar in the format of RFC 5545, and the addresses that calendars read."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from monitor.oncall import access, timetable
from monitor.oncall.models import Feed, Schedule
from monitor.oncall.timetable import UserShift
from myweb.origins import get_site_origin
from myweb.tokens import create_token

PAST, AHEAD = timedelta(days=14), timedelta(days=90)  # of the shifts in a feed
MAX_LINE = 75  # bytes
ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


@transaction.atomic
def create_feed(by: User, schedule: Schedule | None) -> str:
    """Returns the token, which can't be read again. It replaces the one before."""
    token = create_token("oncall")
    Feed.objects.filter(user=by, schedule=schedule).delete()
    Feed.objects.create(user=by, schedule=schedule, token_hash=token.digest)
    return token.text


def revoke_feed(by: User, schedule: Schedule | None) -> None:
    Feed.objects.filter(user=by, schedule=schedule).delete()


def render_feed(feed: Feed, now: datetime) -> str:
    if feed.schedule:
        name = _("On call: %(schedule)s") % {"schedule": feed.schedule.name}
        events = list_events(feed.schedule, None, now)
    else:
        name = _("On call")
        events = [
            event for schedule in access.schedules_of(feed.user) for event in list_events(schedule, feed.user, now)
        ]
    return render_calendar(name, events, now)


def list_events(schedule: Schedule, user: User | None, now: datetime) -> list[tuple[Schedule, UserShift]]:
    """The shifts of everyone, or of ``user``. Shifts at the ends of the period are given as a whole."""
    shifts = timetable.load_shifts(schedule, now - PAST, now + AHEAD)
    shifts[0] = timetable.find_shift(schedule, now - PAST)
    shifts[-1] = timetable.find_shift(schedule, shifts[-1].begins)
    return [
        (schedule, item)
        for item in timetable.attach_users(shifts)
        if item.user and item.user.is_active and user in {None, item.user}
    ]


def render_calendar(name: str, events: Iterable[tuple[Schedule, UserShift]], now: datetime) -> str:
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//myweb//on call//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escape_text(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    ]
    for schedule, item in events:
        lines += render_event(schedule, item, now)
    return "".join(f"{folded}\r\n" for line in [*lines, "END:VCALENDAR"] for folded in fold_line(line))


def render_event(schedule: Schedule, item: UserShift, now: datetime) -> list[str]:
    """The id is the same as long as this user has a shift that begins at this moment."""
    assert item.user
    host = get_site_origin().partition("://")[2]
    summary = _("%(name)s: %(schedule)s") % {"name": item.user.name, "schedule": schedule.name}
    return [
        "BEGIN:VEVENT",
        f"UID:{schedule.pk}-{item.user.pk}-{format_utc(item.shift.begins)}@{host}",
        f"DTSTAMP:{format_utc(now)}",
        f"DTSTART:{format_utc(item.shift.begins)}",
        f"DTEND:{format_utc(item.shift.ends)}",
        f"SUMMARY:{escape_text(summary)}",
        f"URL:{get_site_origin()}/oncall/{schedule.pk}/",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def format_utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def escape_text(text: str) -> str:
    return text.translate(ESCAPES)


def fold_line(line: str) -> Iterator[str]:
    """Parts of at most 75 bytes. All but the first begin with a space; no character is cut."""
    part, size = "", 0
    for character in line:
        length = len(character.encode())
        if size + length > MAX_LINE:
            yield part
            part, size = " ", 1
        part, size = part + character, size + length
    yield part


def mark_feed_read(feed: Feed) -> None:
    Feed.objects.filter(pk=feed.pk).update(read_at=timezone.now())
