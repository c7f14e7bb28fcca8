"""Reads what a mail tells a user: unread mentions, replies and direct messages. Bounded, whatever is unread."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from chat.models import Membership, Mention, Message, Room, RoomMail
from chat.notifications.channels import Cell, Channel, choose_kind
from chat.notifications.decision import Occasion, Outcome, decide
from chat.notifications.mail_settings import get_notification_settings
from chat.notifications.recipients import make_recipient
from chat.notifications.text import BEGINNING, summarize_messages

MAX_ROOMS = 10  # in one mail
MAX_MESSAGES = 5  # of a room, the newest
MAX_COUNT = 100  # counting stops here: "99+"
MAX_LOOKED_AT = 10_000  # messages of a room, the newest
MAX_NAMES = 3  # of a conversation


class NewsMessage(NamedTuple):
    seq: int
    author: str
    at: datetime
    text: str
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class RoomNews:
    room_id: int
    is_direct: bool
    name: str  # of a conversation: the others
    count: int
    messages: tuple[NewsMessage, ...]  # the newest, by rising seq


@dataclass(frozen=True, slots=True)
class News:
    rooms: tuple[RoomNews, ...] = ()  # the one with the newest message first
    more_rooms: int = 0
    held: tuple[tuple[int, datetime], ...] = ()  # (RoomMail, until the quiet hours end)

    @property
    def count(self) -> int:
        return sum(room.count for room in self.rooms)


def read_news(user: User, mails: Sequence[RoomMail], now: datetime) -> News:
    """What of the notified messages is unread, was not mailed, and would be notified now, too."""
    memberships = {
        membership.room_id: membership
        for membership in Membership.objects.filter(
            user=user, room__in=[mail.room_id for mail in mails], active=True
        ).select_related("room", "user__notification_settings")
    }
    found, held = [], []
    for mail in mails:
        membership = memberships.get(mail.room_id)
        if membership is None:
            continue
        outcomes, until = choose_outcomes(membership, mail.is_urgent, now)
        if until:
            held.append((mail.pk, until))
        after = max(membership.last_read, mail.mailed_seq)
        found.append(find_messages(user, membership.room, after, mail.seq, outcomes))
    rooms, more_rooms = read_rooms(user, found)
    return News(rooms, more_rooms, tuple(held))


def choose_outcomes(membership: Membership, is_urgent: bool, now: datetime) -> tuple[dict[bool, bool], datetime | None]:
    """Whether mentions (True) and other messages (False) are told now, and until when something is held."""
    cell = Cell(choose_kind(membership.room, is_mention=True), Channel.MAIL)
    if not is_urgent and cell.name in get_notification_settings(membership.user).off_channels:
        return {}, None
    recipient = make_recipient(membership.room, membership)
    decisions = {
        is_mention: decide(Occasion(is_mention=is_mention, is_urgent=is_urgent), recipient, now)
        for is_mention in (True, False)
    }
    if not membership.room.is_direct:
        del decisions[False]  # of other rooms only mentions are mailed
    held = [decision.at for decision in decisions.values() if decision.outcome == Outcome.HELD and decision.at]
    told = {is_mention: decision.outcome == Outcome.NOW for is_mention, decision in decisions.items()}
    return told, min(held, default=None)


def find_messages(
    user: User, room: Room, after: int, last: int, told: dict[bool, bool]
) -> tuple[Room, "QuerySet[Message]"]:
    """Messages of others after one seq up to another."""
    window = {"seq__gt": max(after, last - MAX_LOOKED_AT), "seq__lte": last}
    messages = Message.objects.filter(room=room, deleted_at=None, **window).exclude(author=user).order_by("-seq")
    if told.get(False):
        return room, messages
    if not told.get(True):
        return room, messages.none()
    mentioned = Mention.objects.filter(user=user, message=OuterRef("pk"))
    return room, messages.filter(Q(reply_author=user) | Exists(mentioned))


def read_rooms(user: User, found: Iterable[tuple[Room, "QuerySet[Message]"]]) -> tuple[tuple[RoomNews, ...], int]:
    """The rooms with something to tell, and how many are left out."""
    rooms = []
    for room, messages in found:
        newest = list(
            messages.annotate(beginning=BEGINNING).defer("body", "html", "card").select_related("author")[:MAX_MESSAGES]
        )
        if newest:
            count = len(newest) if len(newest) < MAX_MESSAGES else len(messages.values_list("pk")[:MAX_COUNT])
            rooms.append((room, newest, count))
    rooms.sort(key=lambda entry: entry[1][0].created_at, reverse=True)
    shown = rooms[:MAX_ROOMS]
    beginnings = {message.pk: message.beginning for _room, newest, _count in shown for message in newest}
    texts = summarize_messages(beginnings)
    names = name_conversations(user, [room.pk for room, *_rest in shown if room.is_direct])
    return tuple(
        RoomNews(
            room.pk,
            room.is_direct,
            names.get(room.pk, "") if room.is_direct else room.name,
            count,
            tuple(
                NewsMessage(
                    message.seq,
                    message.author.name,
                    message.created_at,
                    texts[message.pk],
                    message.urgent_at is not None,
                )
                for message in reversed(newest)
            ),
        )
        for room, newest, count in shown
    ), len(rooms) - len(shown)


def name_conversations(user: User, room_ids: Collection[int]) -> dict[int, str]:
    """Room -> the names of the others."""
    names: dict[int, list[str]] = {}
    if not room_ids:
        return {}
    others = Membership.objects.filter(room__in=room_ids).exclude(user=user).order_by("user__name", "user")
    for room_id, name in others.values_list("room", "user__name"):
        names.setdefault(room_id, []).append(name)
    return {
        room_id: ", ".join(people[:MAX_NAMES]) + (f" +{len(people) - MAX_NAMES}" if len(people) > MAX_NAMES else "")
        for room_id, people in names.items()
    }
