"""The first step that adds a check of a URL."""

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from accounts.access import check_admin
from accounts.http import AuthenticatedRequest
from chat.first_steps import FirstStep, State, answer_request, find_first_room, register_first_step
from chat.models import Room
from monitor.checks import access, services
from monitor.checks.forms import CheckForm
from myweb.errors import Refused

MAX_URL = 500


def read_check_step(request: AuthenticatedRequest, room: Room | None) -> State:
    check = access.checks_of(request.user).select_related("room").order_by("pk").first()
    told = bool(check and check.notify_room and check.room)
    return {"done": check is not None, "check": check, "told": told, "room": room}


@require_POST
def submit_first_check(request: AuthenticatedRequest) -> HttpResponse:
    check_admin(request.user)
    url = request.POST.get("url", "").strip()[:MAX_URL]
    error = save_first_check(request, url if "://" in url else f"https://{url}") if url else ""
    return answer_request(request, "check", error=error, url=url) if error else answer_request(request)


def save_first_check(request: AuthenticatedRequest, url: str) -> str:
    """The form of a check with its default values. Returns what is wrong."""
    blank = CheckForm(None, by=request.user, kind="http")
    values: dict[str, Any] = {name: blank.get_initial_for_field(field, name) for name, field in blank.fields.items()}
    room = find_first_room(request.user)
    values |= {"name": read_host(url) or url[:60], "target": url, "room": room.pk if room else ""}
    form = CheckForm(values, by=request.user, kind="http")
    if not form.is_valid():
        return str(next(iter(form.errors.values()))[0])
    try:
        services.save_check(request.user, form.build_check(), form.build_probe())
    except Refused as refused:
        return str(refused.text)
    return ""


def read_host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "")[:60]
    except ValueError:
        return ""


register_first_step(FirstStep("check", 2, "checks/first_step.html", read_check_step))
