"""What can be done with dashboards. Refuses with a sentence for a person."""

import secrets
from collections.abc import Sequence

import msgspec
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.models import Room
from monitor.dashboards import access
from monitor.dashboards.models import Dashboard, DashboardVersion, Wall
from monitor.dashboards.spec import Spec, checked, stored
from monitor.metrics.access import assignable_rooms, get_visible_sources
from monitor.metrics.ingest.services import SourceUse
from monitor.metrics.models import Source
from myweb.errors import NotFound, Refused, get_or_not_found
from myweb.text import clean_name
from realtime.layer_event import LayerEvent
from realtime.protocol import Close, Event, encode
from realtime.publish import close_user_sockets, publish_event

KEPT = 200  # versions of a dashboard
DASHBOARDS, WALLS = 500, 100  # in the house
EVERY = (5, 3600)  # seconds


class Conflict(Refused):
    """Somebody else saved first: what ``latest`` says. Nothing was changed."""

    def __init__(self, latest: DashboardVersion) -> None:
        super().__init__("conflict", _("Another user saved this dashboard in the meantime."))
        self.latest = latest


@transaction.atomic
def create_dashboard(by: User, spec: Spec, room: Room | None) -> Dashboard:
    check_may_show(by, checked(spec))
    check_may_give(by, room)
    if Dashboard.objects.count() >= DASHBOARDS:
        raise Refused(
            "invalid", _("The limit of %(limit)d dashboards is reached. Delete one first.") % {"limit": DASHBOARDS}
        )
    made = Dashboard.objects.create(
        key=free_key(spec.title), title=spec.title, room=room, spec=msgspec.to_builtins(spec), created_by=by
    )
    made.versions.create(number=1, spec=made.spec, by=by)
    return made


@transaction.atomic
def change_dashboard(by: User, dashboard: Dashboard, spec: Spec, *, base: int) -> Dashboard:
    """Makes the next version, if the one that the editor began with, ``base``, is still the newest."""
    check_may_show(by, checked(spec))
    latest = Dashboard.objects.select_for_update().get(pk=dashboard.pk)
    if latest.version != base:
        raise Conflict(latest.versions.select_related("by").get(number=latest.version))
    if spec == stored(latest.spec):
        return latest
    latest.version += 1
    latest.title, latest.spec = spec.title, msgspec.to_builtins(spec)
    latest.save(update_fields=["version", "title", "spec"])
    latest.versions.create(number=latest.version, spec=latest.spec, by=by)
    latest.versions.filter(number__lte=latest.version - KEPT).delete()
    tell(Event(f"dashboard.{latest.key}", 0, "changed", {"version": latest.version}))
    return latest


def restore(by: User, dashboard: Dashboard, number: int) -> Dashboard:
    """An old version becomes the newest; what was in between stays."""
    version = get_or_not_found(dashboard.versions.all(), number=number)
    return change_dashboard(by, dashboard, stored(version.spec), base=dashboard.version)


def give_dashboard(by: User, dashboard: Dashboard, room: Room | None) -> None:
    """Who gives it to other people must see what it shows."""
    if room == dashboard.room:
        return
    check_may_manage(by, dashboard)
    check_may_show(by, stored(dashboard.spec))
    check_may_give(by, room)
    dashboard.room = room
    dashboard.save(update_fields=["room"])


@transaction.atomic
def delete_dashboard(by: User, dashboard: Dashboard) -> None:
    check_may_manage(by, dashboard)
    dashboard.delete()
    tell(Event(f"dashboard.{dashboard.key}", 0, "closed", {"code": "not_found"}))


def tell(event: Event) -> None:
    """Whoever misses it finds another layout at the next tick, or none."""
    layer_event: LayerEvent = {"topic": event.stream, "first": 0, "events": [encode(event).decode()]}
    transaction.on_commit(lambda: publish_event(event.stream, layer_event))


def may_manage(by: User, dashboard: Dashboard) -> bool:
    return by.is_admin or dashboard.created_by_id == by.pk


def check_may_manage(by: User, dashboard: Dashboard) -> None:
    if not may_manage(by, dashboard):
        raise Refused("forbidden", _("Only admins and the creator of this dashboard can do that."))


def check_may_show(by: User, spec: Spec) -> None:
    """For a stranger a foreign source and one that never was are the same."""
    unseen = spec.sources - set(get_visible_sources(by).values_list("key", flat=True))
    if unseen:
        names = ", ".join(sorted(unseen))
        raise Refused("forbidden", _("There is no source %(names)s that you can access.") % {"names": names})


def check_may_give(by: User, room: Room | None) -> None:
    if room is None and not by.is_admin:
        raise Refused("invalid", _("Choose the room whose members see this dashboard."))
    if room and not assignable_rooms(by).filter(pk=room.pk).exists():
        raise NotFound


def free_key(title: str) -> str:
    """Never that of a source, which may be given its name later: those have no such end."""
    start = slugify(title)[:30].strip("-_") or "board"
    while True:
        key = f"{start}-{secrets.token_hex(3)}"
        if not Dashboard.objects.filter(key=key).exists() and not Source.objects.filter(key=key).exists():
            return key


# Walls


def make_wall(by: User, name: str, keys: Sequence[str], every: int) -> Wall:
    seen = {each.key for each in access.boards_of(by)}
    keys = list(dict.fromkeys(keys))
    name = clean_name(name)[:60]
    if not name:
        raise Refused("invalid", _("A link needs a name, such as the location of the screen."))
    if not keys or not seen.issuperset(keys):
        raise Refused("invalid", _("Choose at least one dashboard."))
    if access.open_walls().count() >= WALLS:
        raise Refused("invalid", _("The limit of %(limit)d links is reached. Revoke one first.") % {"limit": WALLS})
    return Wall.objects.create(name=name, keys=keys, every=min(max(every, EVERY[0]), EVERY[1]), created_by=by)


@transaction.atomic
def revoke_wall(wall: Wall) -> None:
    """Its screens are cut at once; if the layer event is lost, within a minute."""
    Wall.objects.filter(pk=wall.pk, revoked_at=None).update(revoked_at=timezone.now())
    transaction.on_commit(lambda: close_user_sockets(-wall.pk, Close.FORBIDDEN))


def find_dashboards_showing(source: Source) -> SourceUse:
    titles = [each.title for each in Dashboard.objects.all() if source.key in stored(each.spec).sources]
    return SourceUse(
        _("These dashboards stay, without its values:"),
        _("No custom dashboard shows it."),
        titles,
    )
