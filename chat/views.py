"""The room page, its HTTP endpoints, and the redirect from ``/``. Forms and lists are in ``room_views.py``."""

import msgspec
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_GET, require_POST

from accounts import access as people
from accounts.http import AuthenticatedRequest
from accounts.models import User, Workspace
from chat import access, cache, message_services, prerender, serializers, services, sidebar
from chat.emoji import list_emoji
from chat.models import Room
from chat.palette import list_palette
from chat.shell import build_shell
from myweb.errors import NotFound, Refused
from myweb.http import json_error_response, json_response, json_script, read_json_body
from myweb.numbers import parse_number
from myweb.theme import read_theme
from realtime.protocol import encode

LAST_ROOM_COOKIE = "room"  # cookie


class PostedMessage(msgspec.Struct):
    """The body of ``POST /rooms/<id>/messages/``."""

    client_id: str
    body: str
    reply: int | None = None
    files: list[str] = []


@login_not_required
def redirect_home(request: AuthenticatedRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect("welcome" if people.has_no_users() else "account_login")
    services.join_welcome_rooms(request.user)
    rooms = access.member_rooms(request.user).filter(archived_at=None).order_by("-welcome", "-kind", "name", "pk")
    last = parse_number(request.COOKIES.get(LAST_ROOM_COOKIE, ""))
    room = (rooms.filter(pk=last).first() if last is not None else None) or find_mentioning_room(request.user, rooms)
    return redirect("room", room.pk) if room else redirect("rooms")


def find_mentioning_room(user: User, rooms: QuerySet[Room]) -> Room | None:
    """The first room with an unread mention of the user, else the first room."""
    mentioning = [line.id for line in sidebar.read_sidebar(user).rooms if line.mentions]
    return rooms.filter(pk__in=mentioning).first() or rooms.first()


@require_GET
def show_room(request: AuthenticatedRequest, room_id: int) -> HttpResponse:
    room, me = sidebar.read_room_and_sidebar(request.user, room_id)
    workspace = Workspace.current()
    shell = build_shell(request.user, me)
    blocks = cache.get_snapshot_script(workspace.epoch, room) + json_script("page-room-head", room.rev).encode()
    values = {
        "csrf_token": get_token(request),
        "page_user": request.user.pk,
        "path": request.get_full_path(),
        "title": room.name or workspace.name,
        "room_name": room.name,
        "topic": room.description,
        "settings_url": reverse("room_settings", args=[room_id]),
    }
    response = HttpResponse(prerender.render_room_page(values, read_theme(request)["theme"], shell, blocks))
    if request.COOKIES.get(LAST_ROOM_COOKIE) != str(room_id):
        response.set_cookie(
            LAST_ROOM_COOKIE,
            str(room_id),
            max_age=settings.SESSION_COOKIE_AGE,
            samesite="Lax",
            secure=settings.SECURE,
        )
    return response


@require_GET
def show_history(request: AuthenticatedRequest, room_id: int) -> HttpResponse:
    """JSON :class:`HistoryPage`. One of ``before``, ``after``, ``around`` is a seq; ``limit`` goes up to 100."""
    room = access.get_room(request.user, room_id)
    numbers = {
        name: parse_number(request.GET[name]) for name in ("before", "after", "around", "limit") if name in request.GET
    }
    places = {name: number for name, number in numbers.items() if number is not None}
    if len(places) < len(numbers):
        return json_error_response(Refused("invalid", "before, after, around and limit must be whole numbers."), 400)
    limit = max(1, min(places.pop("limit", serializers.MESSAGES_PER_PAGE), 100))
    return json_response(cache.get_history_page(Workspace.current().epoch, room, limit, **places))


@require_POST
def post_message(request: AuthenticatedRequest, room_id: int) -> HttpResponse:
    """Sends a message without a socket: the same service, the same idempotency."""
    try:
        posted = msgspec.json.decode(read_json_body(request), type=PostedMessage)
        return json_response(
            encode(
                message_services.send_message(
                    request.user, room_id, posted.client_id, posted.body, posted.reply, files=posted.files
                )
            )
        )
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        return json_error_response(Refused("malformed", f"{error}."), 400)
    except NotFound as error:
        return json_error_response(error, 404)
    except Refused as error:
        return json_error_response(error, 403 if error.code == "forbidden" else 400)


@require_POST
def submit_deletion(request: AuthenticatedRequest, message_id: int) -> HttpResponse:
    """Deletes a message without a socket, for a page that is being left."""
    try:
        return json_response(encode(message_services.delete_message(request.user, message_id)))
    except NotFound as error:
        return json_error_response(error, 404)
    except Refused as error:
        return json_error_response(error, 403)


@require_GET
def show_palette(request: AuthenticatedRequest) -> HttpResponse:
    """JSON list of :class:`PaletteGroup`."""
    return json_response(encode(list_palette(request.user)))


@require_GET
def show_emoji(request: AuthenticatedRequest) -> HttpResponse:
    """JSON list of :class:`EmojiGroup` in the reader's language, which the URL names for the browser's cache."""
    response = json_response(encode(list_emoji(get_language() or settings.LANGUAGE_CODE)))
    response["Cache-Control"] = "private, max-age=86400"
    return response


@login_not_required
@require_GET
def show_manifest(request: HttpRequest) -> HttpResponse:
    return render(request, "manifest.webmanifest", content_type="application/manifest+json")
