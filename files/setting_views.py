"""The pages of files in the settings: one's own, and the storage of the workspace for admins."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import check_admin
from accounts.models import User
from accounts.views import get_signed_in_user
from chat.access import member_rooms
from chat.notifications.mail_contents import name_conversations
from files import access, services
from files.models import File, State
from files.status import count_waiting_files, list_largest_users, read_file_status
from files.storage import get_storage
from myweb.errors import NotFound, Refused

FILES = 50  # of a page
USERS = 50
ORDERS = {"newest": ("-created_at", "pk"), "largest": ("-size", "pk")}


class OwnFile(NamedTuple):
    file: File
    room_name: str  # empty: the user is no member any more
    is_readable: bool


@require_safe
def list_own_files(request: HttpRequest) -> HttpResponse:
    user = get_signed_in_user(request)
    files = access.list_own_files(user)
    order = request.GET.get("order", "newest")
    page = Paginator(files.order_by(*ORDERS.get(order, ORDERS["newest"])), FILES).get_page(request.GET.get("page"))
    shown = list(page)
    names = name_rooms(user, shown)
    context = {
        "page": page,
        "rows": [
            OwnFile(file, names.get(file.room_id, ""), file.state == State.READY and file.room_id in names)
            for file in shown
        ],
        "order": order if order in ORDERS else "newest",
        "usage": services.count_bytes(files),
        "limit": settings.USER_FILES_MB * services.MEGABYTE,
    }
    return render(request, "files/own_files.html", context)


def name_rooms(user: User, files: Sequence[File]) -> dict[int, str]:
    """Of those that the user is a member of."""
    rooms = list(member_rooms(user).filter(pk__in={file.room_id for file in files}))
    conversations = name_conversations(user, [room.pk for room in rooms if room.is_direct])
    return {room.pk: conversations.get(room.pk, room.name) or user.name for room in rooms}


@require_POST
def delete_own_file(request: HttpRequest, file_id: UUID) -> HttpResponse:
    try:
        services.delete_own_file(access.get_own_file(get_signed_in_user(request), file_id))
        messages.success(request, _("Deleted."))
    except NotFound:
        raise Http404 from None
    except Refused as refused:
        messages.error(request, str(refused))
    place = {name: request.POST[name] for name in ("order", "page") if name in request.POST}
    return redirect(f"{reverse('own_files')}?{urlencode(place)}")


@require_safe
def show_usage(request: HttpRequest) -> HttpResponse:
    try:
        check_admin(get_signed_in_user(request))
    except NotFound:
        raise Http404 from None
    storage = get_storage()
    context = {
        "status": read_file_status(),
        "free": storage.count_free_bytes(),
        "bucket": storage.bucket_url,
        "waiting": count_waiting_files(),
        "limits": {
            "workspace": settings.FILES_MB * services.MEGABYTE,
            "user": settings.USER_FILES_MB * services.MEGABYTE,
            "file": settings.FILE_MB * services.MEGABYTE,
        },
        "users": list_largest_users(USERS),
    }
    return render(request, "files/usage.html", context)
