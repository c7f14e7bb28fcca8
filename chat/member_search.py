"""The members of a room, page by page, all of them or those who have a name that begins so.

The cost is that of a page: both walk an index of names and look up a membership for each.
"""

from collections.abc import Iterable

from django.db.models import QuerySet

from accounts.models import User, Workspace
from accounts.names import fold_handle
from chat import access, cache
from chat.models import Room, UserSearchTerm
from chat.protocol import MemberPage, RoleMentions, RoleMentionState
from chat.role_mentions import role_mentions
from chat.search_terms import list_search_terms
from chat.serializers import read_members
from myweb.numbers import parse_number

MAX_PAGE = 50  # members
MAX_TEXT = 60  # characters of what is searched for: a name has no more
ABOVE_ALL = b"\xff"  # no UTF-8 has it


def index_users(users: Iterable[User]) -> None:
    """For users who were not saved one by one."""
    UserSearchTerm.objects.bulk_create(
        (
            UserSearchTerm(user=user, term=term, is_name=is_name)
            for user in users
            for term, is_name in list_search_terms(user.name, user.handle).items()
        ),
        batch_size=5_000,
    )


def index_user(user: User) -> None:
    """Under the names that they have now."""
    held = {bytes(term): is_name for term, is_name in list_terms_of(user).values_list("term", "is_name")}
    if held != list_search_terms(user.name, user.handle):
        list_terms_of(user).delete()
        index_users([user])


def list_terms_of(user: User) -> QuerySet[UserSearchTerm]:
    return UserSearchTerm.objects.filter(user=user)


def read_member_page(user_id: int, room_id: int, text: str, after: str, limit: int) -> MemberPage:
    """Only for members of the room."""
    access.check_member(user_id, room_id)
    page = find_members(room_id, text, after, max(1, min(limit, MAX_PAGE)))
    if not text and not after:
        page.total = cache.get_member_count(Workspace.current_epoch(), room_id)
    return page


def find_members(room_id: int, text: str, after: str, limit: int) -> MemberPage:
    """``after`` is that of the page before."""
    wanted = fold_handle(text[:MAX_TEXT].strip().removeprefix("@")).encode(errors="ignore")
    terms = UserSearchTerm.objects.filter(
        term__gte=wanted,
        term__lt=wanted + ABOVE_ALL,
        user__is_active=True,
        user__memberships__room=room_id,
        user__memberships__active=True,
    )
    if not wanted:
        terms = terms.filter(is_name=True)
    if place := parse_place(after):
        term, last_id = place
        terms = terms.filter(term__gte=term).exclude(term=term, user__lte=last_id)
    found = terms.order_by("term", "user").values_list("term", "user")[: limit + 1]
    rows = [(bytes(term), user_id) for term, user_id in found]
    ids = list(dict.fromkeys(user_id for _term, user_id in rows[:limit]))
    members = {member.id: member for member in read_members(room_id, ids)}
    page = MemberPage([members[user_id] for user_id in ids if user_id in members])
    if len(rows) > limit:
        term, last_id = rows[limit - 1]
        page.after = f"{last_id}:{term.decode()}"
    return page


def parse_place(after: str) -> tuple[bytes, int] | None:
    number, _colon, term = after.partition(":")
    user_id = parse_number(number)
    return None if user_id is None else (term.encode(errors="ignore"), user_id)


def list_role_mentions(user_id: int, room_id: int) -> RoleMentions:
    """Those that name somebody in the room now."""
    access.check_member(user_id, room_id)
    found = ((word, role, role.find_users(room_id)) for word, role in role_mentions.items())
    roles = [
        RoleMentionState(word, str(role.label), [user.pk for user in users]) for word, role, users in found if users
    ]
    named = {user_id for role in roles for user_id in role.users}
    large = named and Room.objects.filter(pk=room_id, large=True).exists()
    return RoleMentions(roles, read_members(room_id, named) if large else [])
