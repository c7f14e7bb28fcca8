"""The lines of a sidebar: for each of a person's rooms how far it is, how far they have read, and what is unread."""

from collections.abc import Iterable
from typing import Any

from django.db.models import F, IntegerField, OuterRef, QuerySet, Subquery

from accounts.models import User
from chat.events import Me, MemberState, MyRoom
from chat.models import Membership, Mention, Message
from chat.states import member_state

UNREAD_LIMIT = 100  # counting stops here: "99+"


class CountUpTo(Subquery):
    """The number of rows of a sliced query, so that a long absence costs no more than a short one."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def lines(memberships: QuerySet[Membership]) -> list[tuple[int, MyRoom]]:
    """(person, line) for active memberships; own and deleted messages are not unread."""
    unread = Message.objects.filter(room=OuterRef("room"), seq__gt=OuterRef("last_read"), deleted_at=None).exclude(
        author=OuterRef("user")
    )
    mentions = Mention.objects.filter(user=OuterRef("user"), room=OuterRef("room"), seq__gt=OuterRef("last_read"))
    found = list(
        memberships.filter(active=True)
        .select_related("room")
        .annotate(
            unread=CountUpTo(unread.order_by().values("pk")[:UNREAD_LIMIT]),
            mentioned=CountUpTo(mentions.exclude(message__author=F("user")).order_by().values("pk")[:UNREAD_LIMIT]),
        )
        .order_by("room__name", "room_id")
    )
    direct = {membership.room_id for membership in found if membership.room.is_direct}
    people = people_of(direct) if direct else {}
    return [(each.user_id, line(each, people.get(each.room_id, []))) for each in found]


def line(membership: Any, people: list[MemberState]) -> MyRoom:
    room = membership.room
    return MyRoom(
        id=room.pk,
        kind=room.kind,
        name=room.name,
        people=[person for person in people if person.id != membership.user_id],
        head=room.seq,
        last_read=membership.last_read,
        unread=membership.unread,
        mentions=membership.mentioned,
        archived=room.archived_at is not None,
    )


def people_of(room_ids: Iterable[int]) -> dict[int, list[MemberState]]:
    found: dict[int, list[MemberState]] = {}
    for membership in Membership.objects.filter(room__in=room_ids).select_related("user").order_by("user_id"):
        found.setdefault(membership.room_id, []).append(member_state(membership))
    return found


def me(user: User) -> Me:
    return Me(
        id=user.pk,
        name=user.name,
        handle=user.handle,
        initials=user.initials,
        colour=user.colour,
        role=user.role,
        rooms=[each for _user_id, each in lines(Membership.objects.filter(user=user))],
    )
