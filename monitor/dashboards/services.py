"""Changes of dashboards and walls. Each refusal has a message for the user."""

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
from monitor.dashboards.automatic import AUTOMATIC_DASHBOARDS
from monitor.dashboards.models import Dashboard, DashboardVersion, Wall
from monitor.dashboards.spec import Spec, check_spec, load_spec
from monitor.dashboards.walls import MAX_WALLS, ROTATION_LIMITS
from monitor.metrics.ingest.services import SourceUse, assign_source
from monitor.metrics.models import Source
from myweb.errors import Refused, get_or_not_found
from myweb.text_cleaning import clean_name
from realtime.layer_event import LayerEvent
from realtime.protocol import Close, Event, encode
from realtime.publish import close_user_sockets, publish_event

KEPT_VERSIONS = 200  # of a dashboard
MAX_DASHBOARDS = 500  # in the workspace


class VersionConflict(Refused):
    """Another user saved the version ``latest`` first. Nothing was changed."""

    def __init__(self, latest: DashboardVersion) -> None:
        super().__init__("conflict", _("Another user saved this dashboard in the meantime."))
        self.latest = latest


@transaction.atomic
def create_dashboard(by: User, spec: Spec, room: Room | None) -> Dashboard:
    access.check_may_show(by, check_spec(spec))
    access.check_may_assign(by, room)
    if Dashboard.objects.count() >= MAX_DASHBOARDS:
        raise Refused(
            "invalid", _("The limit of %(limit)d dashboards is reached. Delete one first.") % {"limit": MAX_DASHBOARDS}
        )
    dashboard = Dashboard.objects.create(
        key=make_dashboard_key(spec.title), title=spec.title, room=room, spec=msgspec.to_builtins(spec), created_by=by
    )
    dashboard.versions.create(number=1, spec=dashboard.spec, by=by)
    return dashboard


@transaction.atomic
def change_dashboard(by: User, dashboard: Dashboard, spec: Spec, *, base: int) -> Dashboard:
    """Creates the next version, if ``base`` is still the newest one."""
    access.check_may_show(by, check_spec(spec))
    latest = Dashboard.objects.select_for_update().get(pk=dashboard.pk)
    if latest.version != base:
        raise VersionConflict(latest.versions.select_related("by").get(number=latest.version))
    if spec == load_spec(latest.spec):
        return latest
    latest.version += 1
    latest.title, latest.spec = spec.title, msgspec.to_builtins(spec)
    latest.save(update_fields=["version", "title", "spec"])
    latest.versions.create(number=latest.version, spec=latest.spec, by=by)
    latest.versions.filter(number__lte=latest.version - KEPT_VERSIONS).delete()
    publish_dashboard_event(Event(f"dashboard.{latest.key}", 0, "changed", {"version": latest.version}))
    return latest


def restore_version(by: User, dashboard: Dashboard, number: int) -> Dashboard:
    """Makes an old version the newest one. The versions in between stay."""
    version = get_or_not_found(dashboard.versions.all(), number=number)
    return change_dashboard(by, dashboard, load_spec(version.spec), base=dashboard.version)


def assign_dashboard(by: User, dashboard: Dashboard, room: Room | None) -> None:
    """Moves the dashboard to a room. The user must see what it shows."""
    if room == dashboard.room:
        return
    access.check_may_manage(by, dashboard)
    access.check_may_show(by, load_spec(dashboard.spec))
    access.check_may_assign(by, room)
    dashboard.room = room
    dashboard.save(update_fields=["room"])


@transaction.atomic
def delete_dashboard(by: User, dashboard: Dashboard) -> None:
    access.check_may_manage(by, dashboard)
    dashboard.delete()
    publish_dashboard_event(Event(f"dashboard.{dashboard.key}", 0, "closed", {"code": "not_found"}))


@transaction.atomic
def share_automatic_dashboards(by: User, room: Room | None) -> None:
    """Shows the automatic dashboards that only admins see to the members of ``room``."""
    if room is None:
        raise Refused("invalid", _("There is no room that everybody joins. Create one, or share each dashboard."))
    for source in Source.objects.filter(key__in=AUTOMATIC_DASHBOARDS, room=None):
        assign_source(by, source, room)


def publish_dashboard_event(event: Event) -> None:
    """A viewer who misses the event notices the change at the next tick."""
    layer_event: LayerEvent = {"topic": event.stream, "first": 0, "events": [encode(event).decode()]}
    transaction.on_commit(lambda: publish_event(event.stream, layer_event))


def make_dashboard_key(title: str) -> str:
    """Returns a key with a random suffix, so that it never equals the key of a later source."""
    start = slugify(title)[:30].strip("-_") or "board"
    while True:
        key = f"{start}-{secrets.token_hex(3)}"
        if not Dashboard.objects.filter(key=key).exists() and not Source.objects.filter(key=key).exists():
            return key


# Walls


def create_wall(by: User, name: str, keys: Sequence[str], every: int) -> Wall:
    visible_keys = {item.key for item in access.list_dashboards(by)}
    keys = list(dict.fromkeys(keys))
    name = clean_name(name)[:60]
    if not name:
        raise Refused("invalid", _("A link needs a name, such as the location of the screen."))
    if not keys or not visible_keys.issuperset(keys):
        raise Refused("invalid", _("Choose at least one dashboard."))
    if access.list_open_walls().count() >= MAX_WALLS:
        raise Refused("invalid", _("The limit of %(limit)d links is reached. Revoke one first.") % {"limit": MAX_WALLS})
    return Wall.objects.create(
        name=name, keys=keys, every=min(max(every, ROTATION_LIMITS[0]), ROTATION_LIMITS[1]), created_by=by
    )


@transaction.atomic
def revoke_wall(wall: Wall) -> None:
    """Closes the sockets of its screens at once, or within a minute if the event is lost."""
    Wall.objects.filter(pk=wall.pk, revoked_at=None).update(revoked_at=timezone.now())
    transaction.on_commit(lambda: close_user_sockets(-wall.pk, Close.FORBIDDEN))


def find_dashboards_showing(source: Source) -> SourceUse:
    titles = [
        dashboard.title for dashboard in Dashboard.objects.all() if source.key in load_spec(dashboard.spec).sources
    ]
    return SourceUse(
        _("These dashboards stay, without its values:"),
        _("No custom dashboard shows it."),
        titles,
    )
