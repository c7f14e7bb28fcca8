"""The first step that shows this machine, and asks once whether everybody may see it."""

import time
from math import isnan

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.access import check_admin
from accounts.http import AuthenticatedRequest
from accounts.models import Workspace
from chat.first_steps import FirstStep, State, answer_request, find_first_room, register_first_step
from chat.models import Room
from monitor.dashboards import services
from monitor.dashboards.automatic import Text
from monitor.metrics.access import get_visible_sources
from monitor.metrics.models import Series, Source
from monitor.metrics.readings import Unit
from monitor.metrics.store.ring import get_ring
from myweb.errors import Refused
from myweb.formats import format_bytes, format_significant

NAME = "machine"
RECENT = 10  # seconds
FIGURES = {"cpu.busy": _("CPU"), "memory.used": _("Memory"), "disk.full /": _("Disk")}  # series of this machine


def read_machine_step(request: AuthenticatedRequest, room: Room | None) -> State:
    host = get_visible_sources(request.user).filter(key="host").first()
    shared = bool(host and host.room_id)
    kept = NAME in Workspace.current().first_steps
    return {
        "done": shared or kept,
        "shared": host.room if host and shared else None,
        "known": host is not None,
        "room": room,
        "figures": read_figures(host) if host else [],
    }


def read_figures(host: Source) -> list[tuple[Text, str]]:
    """The newest values of this machine, as texts."""
    rows = get_ring().since(host.pk, int(time.time()) - RECENT)
    if not rows:
        return []
    texts: dict[str, str] = {}
    for series in Series.objects.filter(source=host, name__in=FIGURES, gone_at=None):
        position, values = series.position, rows[-1].values
        if position is not None and position < len(values) and not isnan(value := values[position]):
            texts[series.name] = format_bytes(value) if series.unit == Unit.BYTES else f"{format_significant(value)} %"
    return [(title, texts[name]) for name, title in FIGURES.items() if name in texts]


@require_POST
def submit_sharing(request: AuthenticatedRequest) -> HttpResponse:
    """Shows the automatic dashboards to everybody."""
    check_admin(request.user)
    try:
        services.share_automatic_dashboards(request.user, find_first_room(request.user))
    except Refused as refused:
        return answer_request(request, NAME, error=str(refused.text))
    return answer_request(request)


register_first_step(FirstStep(NAME, 3, "dashboards/first_step.html", read_machine_step))
