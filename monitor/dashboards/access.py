"""Members of a room see its dashboards. Admins see dashboards without a room.

A custom dashboard shows sources that its creator and editors can see, also to its room. A wall shows what its creator
can see.
"""

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import QuerySet
from django.utils.translation import gettext, gettext_lazy

from accounts.access import list_admins
from accounts.models import User
from chat.models import Room
from monitor.dashboards.automatic import AUTOMATIC_DASHBOARDS, DashboardView, Text
from monitor.dashboards.layouts import find_source_titles, view_custom_dashboard, view_source_dashboard
from monitor.dashboards.models import Dashboard, Wall
from monitor.dashboards.spec import Spec
from monitor.metrics.access import assignable_rooms, get_source, get_visible_sources, visible_to
from myweb.errors import NotFound, Refused, get_or_not_found
from myweb.prepared_queries import PreparedForUsers

NAMED_ADMINS = 5  # in a sentence


class AccessibleDashboard(NamedTuple):
    dashboard: DashboardView
    room: Room | None
    custom: Dashboard | None  # None: automatic


class DashboardItem(NamedTuple):
    key: str
    title: Text
    custom: bool


def custom_dashboards_of(user: User) -> QuerySet[Dashboard]:
    """Returns the visible custom dashboards."""
    return Dashboard.objects.filter(visible_to(user)).order_by("title", "pk")


visible_sources = PreparedForUsers(get_visible_sources)
custom_dashboards = PreparedForUsers(custom_dashboards_of)


def get_custom_dashboard(user: User, key: str) -> Dashboard:
    return get_or_not_found(custom_dashboards_of(user), key=key)


def find_dashboard(user: User, key: str) -> AccessibleDashboard:
    """Returns an automatic or a custom dashboard."""
    custom = custom_dashboards_of(user).filter(key=key).select_related("room").first()
    if custom:
        return AccessibleDashboard(view_custom_dashboard(custom), custom.room, custom)
    source = get_source(user, key)
    return AccessibleDashboard(view_source_dashboard(key), source.room, None)


def list_dashboards(user: User) -> list[DashboardItem]:
    """Returns all visible dashboards: the known automatic ones, the other automatic ones, then the custom ones."""
    keys = {source.key for source in visible_sources(user)}
    known_sources = [
        DashboardItem(key, view.title, custom=False) for key, view in AUTOMATIC_DASHBOARDS.items() if key in keys
    ]
    other_sources = [
        DashboardItem(key, title, custom=False)
        for key, title in sorted(find_source_titles(keys - AUTOMATIC_DASHBOARDS.keys()).items())
    ]
    return [
        *known_sources,
        *other_sources,
        *(DashboardItem(row.key, row.title, custom=True) for row in custom_dashboards(user)),
    ]


def describe_whom_to_ask() -> str:
    """For a member who sees no dashboard."""
    names = list(list_admins().values_list("name", flat=True)[:NAMED_ADMINS])
    return gettext("Ask an admin to share one with a room of yours: %(names)s.") % {"names": ", ".join(names)}


def map_dashboards_to_rooms(user: User) -> dict[str, int | None]:
    """Maps each visible dashboard to its room."""
    sources = get_visible_sources(user).values_list("key", "room_id")
    return dict([*sources, *custom_dashboards_of(user).values_list("key", "room_id")])


def filter_visible(pairs: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
    """Returns the allowed (user id, key) pairs. A negative id is that of a wall."""
    requested = set(pairs)
    users = User.objects.filter(is_active=True).in_bulk({number for number, _key in requested if number > 0})
    walls = list_open_walls().in_bulk({-number for number, _key in requested if number < 0})
    keys = {number: list_visible_keys(user) for number, user in users.items()}
    keys |= {-number: list_wall_keys(wall) for number, wall in walls.items()}
    return {(number, key) for number, key in requested if key in keys.get(number, ())}


def list_visible_keys(user: User) -> set[str]:
    sources = get_visible_sources(user).values_list("key", flat=True)
    return {*sources, *custom_dashboards_of(user).values_list("key", flat=True)}


# Changes


def may_manage(by: User, dashboard: Dashboard) -> bool:
    return by.is_admin or dashboard.created_by_id == by.pk


def check_may_manage(by: User, dashboard: Dashboard) -> None:
    if not may_manage(by, dashboard):
        raise Refused("forbidden", gettext_lazy("Only admins and the creator of this dashboard can do that."))


def check_may_show(by: User, spec: Spec) -> None:
    """An invisible source and an unknown one get the same message."""
    invisible = spec.sources - set(get_visible_sources(by).values_list("key", flat=True))
    if invisible:
        names = ", ".join(sorted(invisible))
        raise Refused("forbidden", gettext_lazy("There is no source %(names)s that you can access.") % {"names": names})


def check_may_assign(by: User, room: Room | None) -> None:
    if room is None and not by.is_admin:
        raise Refused("invalid", gettext_lazy("Choose the room whose members see this dashboard."))
    if room and not assignable_rooms(by).filter(pk=room.pk).exists():
        raise NotFound


# Walls


def list_open_walls() -> QuerySet[Wall]:
    return Wall.objects.filter(revoked_at=None, created_by__is_active=True).select_related("created_by")


def list_wall_keys(wall: Wall) -> set[str]:
    return list_visible_keys(wall.created_by).intersection(wall.keys)


def walls_of(user: User) -> QuerySet[Wall]:
    """Returns the links that the user can revoke: their own, or all for admins."""
    return list_open_walls() if user.is_admin else list_open_walls().filter(created_by=user)


def get_wall(user: User, number: int) -> Wall:
    return get_or_not_found(walls_of(user), pk=number)
