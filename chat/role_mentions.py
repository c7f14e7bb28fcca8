"""Whom a message can mention: members by their handle, and members by their role, such as @oncall."""

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, NamedTuple

from accounts.models import User
from chat.markdown import Mentioned
from chat.models import Membership

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


class RoleMention(NamedTuple):
    """What a word after @ means in a room, such as @oncall."""

    label: "StrPromise"
    find_users: Callable[[int], list[User]]  # at the time of sending; they are members of the room


role_mentions: dict[str, RoleMention] = {}


def get_mentionable_members(room_id: int, handles: Collection[str]) -> dict[str, Mentioned]:
    if not handles:
        return {}
    members = Membership.objects.filter(room=room_id, active=True, user__is_active=True, user__handle__in=handles)
    members = members.select_related("user")
    people = {membership.user.handle: Mentioned(membership.user_id, membership.user.name) for membership in members}
    for word in role_mentions.keys() & set(handles):
        users = [Mentioned(user.pk, user.name) for user in role_mentions[word].find_users(room_id)]
        if users:
            people[word] = Mentioned(users[0].user_id, users[0].name, tuple(users[1:]))
    return people
