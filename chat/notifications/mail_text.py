"""The texts of mails of notifications, in the language and zone of their reader."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.mail import Mail, MailItem, MailSection, get_mail_host
from accounts.models import User, Workspace
from chat.models import NotificationSettings
from chat.notifications import unsubscribe
from chat.notifications.mail_contents import MAX_COUNT, News, RoomNews
from myweb.origins import build_site_url
from myweb.times import find_zone, format_day, to_wall


def may_show_text(chosen: NotificationSettings) -> bool:
    return chosen.mail_shows_text and Workspace.current().mail_may_show_text


def make_unread_mail(user: User, chosen: NotificationSettings, news: News, now: datetime) -> Mail:
    shows_text = may_show_text(chosen)
    is_one_room = len(news.rooms) == 1 and not news.more_rooms and shows_text
    thread = f"room-{news.rooms[0].room_id}" if is_one_room else "news"
    newest = "-".join(f"{room.room_id}.{room.messages[-1].seq}" for room in news.rooms[:3])
    return Mail(
        subject=make_subject(news) if shows_text else make_news_subject(),
        lines=(make_count_line(news.count),),
        sections=make_sections(news, find_zone(chosen.zone), now) if shows_text else (),
        button=_("Open the workspace"),
        url=build_site_url(find_path(news) if shows_text else "/"),
        notes=make_notes(chosen, shows_text),
        links=make_links(user, unsubscribe.UNREAD),
        headers=make_headers(user, unsubscribe.UNREAD, thread, newest),
    )


class Summary(NamedTuple):
    day: date
    news: News
    busy_rooms: Sequence[tuple[int, str, int]]  # (room, name, messages since yesterday)
    sections: Sequence[MailSection]  # of other apps


def make_summary_mail(user: User, chosen: NotificationSettings, summary: Summary, now: datetime) -> Mail:
    shows_text = may_show_text(chosen)
    sections: list[MailSection] = []
    if shows_text:
        sections += make_sections(summary.news, find_zone(chosen.zone), now)
        if summary.busy_rooms:
            sections.append(make_busy_section(summary.busy_rooms))
        sections += summary.sections
    return Mail(
        subject=_("%(workspace)s, %(day)s") % {"workspace": Workspace.current().name, "day": format_day(summary.day)},
        lines=(make_count_line(summary.news.count) if summary.news.rooms else _("No message for you is unread."),),
        sections=tuple(sections),
        button=_("Open the workspace"),
        url=build_site_url("/"),
        notes=make_notes(chosen, shows_text),
        links=make_links(user, unsubscribe.SUMMARY),
        headers=make_headers(user, unsubscribe.SUMMARY, "summary", summary.day.isoformat()),
    )


def make_busy_section(busy_rooms: Sequence[tuple[int, str, int]]) -> MailSection:
    items = []
    for _room, name, count in busy_rooms:
        text = ngettext("#%(name)s: %(count)d message", "#%(name)s: %(count)d messages", count)
        items.append(MailItem(text % {"name": name, "count": count}))
    return MailSection(_("Busiest rooms since yesterday"), reverse("rooms"), tuple(items))


def make_count_line(count: int) -> str:
    text = ngettext(
        "%(count)s message for you is unread.", "%(count)s messages for you are unread.", min(count, MAX_COUNT)
    )
    return text % {"count": format_count(count)}


def make_news_subject() -> str:
    return _("News for you in %(workspace)s") % {"workspace": Workspace.current().name}


def make_subject(news: News) -> str:
    """The same for all mails of a room: some mail programs thread by it."""
    if len(news.rooms) > 1 or news.more_rooms:
        count = len(news.rooms) + news.more_rooms
        return ngettext("Unread messages in %(count)d room", "Unread messages in %(count)d rooms", count) % {
            "count": count
        }
    room = news.rooms[0]
    text = _("Unread messages from %(name)s") if room.is_direct else _("Unread mentions in #%(name)s")
    return text % {"name": room.name}


def make_sections(news: News, zone: ZoneInfo, now: datetime) -> tuple[MailSection, ...]:
    sections = [make_section(room, zone, now) for room in news.rooms]
    if news.more_rooms:
        text = ngettext("And in %(count)d more room.", "And in %(count)d more rooms.", news.more_rooms)
        sections.append(MailSection(text % {"count": news.more_rooms}, reverse("rooms")))
    return tuple(sections)


def make_section(room: RoomNews, zone: ZoneInfo, now: datetime) -> MailSection:
    left_out = room.count - len(room.messages)
    more = ""
    if left_out:
        text = ngettext("And %(count)s earlier message.", "And %(count)s earlier messages.", left_out)
        more = text % {"count": format_count(left_out, MAX_COUNT - len(room.messages))}
    return MailSection(
        title=room.name if room.is_direct else f"#{room.name}",
        path=f"{reverse('room', args=[room.room_id])}?at={room.messages[0].seq}",
        items=tuple(
            MailItem(
                _("Urgent: %(text)s") % {"text": message.text} if message.is_urgent else message.text,
                message.author,
                format_local(message.at, zone, now),
            )
            for message in room.messages
        ),
        more=more,
    )


def find_path(news: News) -> str:
    room = news.rooms[0]
    return f"{reverse('room', args=[room.room_id])}?at={room.messages[0].seq}" if len(news.rooms) == 1 else "/"


def format_count(count: int, limit: int = MAX_COUNT) -> str:
    return f"{limit - 1}+" if count >= limit else str(count)


def format_local(moment: datetime, zone: ZoneInfo, now: datetime) -> str:
    """The clock, with the day unless it is today."""
    wall = to_wall(moment, zone)
    clock = formats.date_format(wall, "H:i")
    return clock if wall.date() == to_wall(now, zone).date() else f"{format_day(wall)} {clock}"


def make_notes(chosen: NotificationSettings, shows_text: bool) -> tuple[str, ...]:
    if shows_text:
        return (_("Times are in %(zone)s.") % {"zone": find_zone(chosen.zone).key},)
    if Workspace.current().mail_may_show_text:
        return (_("Rooms, authors and words are left out. The settings of mails can include them."),)
    return ()


def make_links(user: User, kind: str) -> tuple[tuple[str, str], ...]:
    end = _("No more mails about unread messages") if kind == unsubscribe.UNREAD else _("No more daily summaries")
    return (
        (_("Settings of mails"), build_site_url(reverse("mail_settings"))),
        (end, unsubscribe.make_unsubscribe_url(user, kind)),
    )


def make_headers(user: User, kind: str, thread: str, newest: str) -> dict[str, str]:
    """Mails of one thread refer to one Message-ID, which no mail has. The same mail has the same Message-ID."""
    host, epoch = get_mail_host(), Workspace.current().epoch
    parent = f"<{thread}.{user.pk}.{epoch}@{host}>"
    return {
        "Message-ID": f"<{kind}.{newest}.{user.pk}.{epoch}@{host}>",
        "In-Reply-To": parent,
        "References": parent,
        "List-ID": f"<{kind}.{host}>",
        "Precedence": "bulk",
        **unsubscribe.make_unsubscribe_headers(user, kind),
    }
