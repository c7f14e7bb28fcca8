"""Where previews are switched on and off: for the workspace by admins, for a room by those who manage it."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import check_admin
from accounts.models import User
from accounts.settings_forms import answer_script, is_saved_by_script
from accounts.views import get_signed_in_user
from chat.models import Room
from chat.room_sections import RoomSection
from link_previews import access, services
from link_previews.following import is_enabled
from link_previews.forms import PreviewSettingsForm
from link_previews.models import RoomWithoutPreviews
from myweb.errors import NotFound


@require_http_methods(["GET", "HEAD", "POST"])
def edit_preview_settings(request: HttpRequest) -> HttpResponse:
    by = get_signed_in_user(request)
    try:
        check_admin(by)
    except NotFound:
        raise Http404 from None
    form = PreviewSettingsForm(request.POST or None, initial={"enabled": "yes" if is_enabled() else "no"})
    if form.is_valid():
        services.enable_previews(by, form.cleaned_data["enabled"])
    if is_saved_by_script(request):
        return answer_script(form)
    if form.is_valid():
        messages.success(request, _("Saved."))
        return redirect("link_previews")
    return render(request, "link_previews/settings.html", {"form": form})


def read_room_section(user: User, room: Room) -> RoomSection | None:
    if not access.may_switch_previews(user, room) or not is_enabled():
        return None
    is_off = RoomWithoutPreviews.objects.filter(room=room).exists()
    return RoomSection("link_previews/room_section.html", {"is_off": is_off})


@require_POST
def switch_room_previews(request: HttpRequest, room_id: int) -> HttpResponse:
    try:
        room = access.get_room_to_switch(get_signed_in_user(request), room_id)
    except NotFound:
        raise Http404 from None
    services.enable_room_previews(room, request.POST.get("enabled") == "yes")
    messages.success(request, _("Saved."))
    return redirect("room_settings", room_id)
