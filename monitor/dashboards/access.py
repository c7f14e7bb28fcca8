"""Who may look at what: a dashboard belongs to a room and is seen by its members; without a room, by admins.

One that people made shows values of sources that its maker, and whoever changed it, may see; its room sees them by it.
A link for a wall shows what its maker may see.
"""

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import QuerySet

from accounts.models import User
from chat.models import Room
from monitor.dashboards.automatic import AUTOMATIC, Text
from monitor.dashboards.automatic import Dashboard as Drawn
from monitor.dashboards.layouts import automatic, drawn, titles_of
from monitor.dashboards.models import Dashboard, Wall
from monitor.metrics.access import get_source, get_visible_sources, visible_to
from myweb.errors import get_or_not_found


class Board(NamedTuple):
    dashboard: Drawn
    room: Room | None
    made: Dashboard | None  # None if it is automatic


class Listed(NamedTuple):
    key: str
    title: Text
    made: bool


def dashboards_of(user: User) -> QuerySet[Dashboard]:
    """Those that people made."""
    return Dashboard.objects.filter(visible_to(user)).order_by("title", "pk")


def get_dashboard(user: User, key: str) -> Dashboard:
    return get_or_not_found(dashboards_of(user), key=key)


def get_board(user: User, key: str) -> Board:
    """An automatic dashboard or one that people made."""
    made = dashboards_of(user).filter(key=key).select_related("room").first()
    if made:
        return Board(drawn(made), made.room, made)
    source = get_source(user, key)
    return Board(automatic(key), source.room, None)


def boards_of(user: User) -> list[Listed]:
    """All dashboards that someone may see: the automatic ones in our order, then those that people made."""
    keys = set(get_visible_sources(user).values_list("key", flat=True))
    drawn = [Listed(key, each.title, made=False) for key, each in AUTOMATIC.items() if key in keys]
    others = [Listed(key, title, made=False) for key, title in sorted(titles_of(keys - AUTOMATIC.keys()).items())]
    return [*drawn, *others, *(Listed(each.key, each.title, made=True) for each in dashboards_of(user))]


def rooms_of_boards(user: User) -> dict[str, int | None]:
    """Of each dashboard that someone may see: the room that it belongs to."""
    sources = get_visible_sources(user).values_list("key", "room_id")
    return dict([*sources, *dashboards_of(user).values_list("key", "room_id")])


def may_see(pairs: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
    """Those of the (user, key) pairs that are allowed; a number below nought is that of a wall."""
    wanted = set(pairs)
    people = User.objects.filter(is_active=True).in_bulk({number for number, _key in wanted if number > 0})
    walls = open_walls().in_bulk({-number for number, _key in wanted if number < 0})
    keys = {number: keys_of(user) for number, user in people.items()}
    keys |= {-number: keys_of_wall(wall) for number, wall in walls.items()}
    return {(number, key) for number, key in wanted if key in keys.get(number, ())}


def keys_of(user: User) -> set[str]:
    return {
        *get_visible_sources(user).values_list("key", flat=True),
        *dashboards_of(user).values_list("key", flat=True),
    }


# Walls


def open_walls() -> QuerySet[Wall]:
    return Wall.objects.filter(revoked_at=None, created_by__is_active=True).select_related("created_by")


def keys_of_wall(wall: Wall) -> set[str]:
    return keys_of(wall.created_by).intersection(wall.keys)


def walls_of(user: User) -> QuerySet[Wall]:
    """The links that someone may revoke: their own; admins, all."""
    return open_walls() if user.is_admin else open_walls().filter(created_by=user)


def get_wall(user: User, number: int) -> Wall:
    return get_or_not_found(walls_of(user), pk=number)
