"""The room page, what it asks for by HTTP, and the address that leads to it. Forms and lists are in pages.py."""

from typing import Any

import msgspec
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, RawPostDataException
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

import myweb
from accounts import access as people
from accounts.models import House, User
from chat import access, copies, messages, services, sidebar, states, stencil
from myweb.numbers import parse_number
from realtime.protocol import Refused, encode

LAST_ROOM = "room"  # cookie


class SignedIn(HttpRequest):
    user: User


class Post(msgspec.Struct):
    """The body of ``POST /rooms/<id>/messages/``."""

    client_id: str
    body: str
    reply: int | None = None


@login_not_required
def home(request: SignedIn) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect("welcome" if people.is_empty() else "account_login")
    services.welcome(request.user)
    mine = access.member_rooms(request.user).filter(archived_at=None).order_by("-welcome", "-kind", "name", "pk")
    last = parse_number(request.COOKIES.get(LAST_ROOM, ""))
    room = (mine.filter(pk=last).first() if last is not None else None) or mine.first()
    return redirect("room", room.pk) if room else redirect("rooms")


@require_GET
def room(request: SignedIn, room_id: int) -> HttpResponse:
    found = access.get_room(request.user, room_id)
    house, me = House.current(), sidebar.me(request.user)
    blocks = [
        stencil.block("page-me", me),
        copies.page(house.epoch, found),
        stencil.block("page-room-head", found.rev),
        stencil.block("page-config", config(house, parse_number(request.GET.get("at", "")))),
    ]
    values = {
        "csrf_token": get_token(request),
        "page_user": me.id,
        "title": found.name or house.name,
        "room_name": found.name,
        "topic": found.description,
        "settings_url": reverse("room_settings", args=[room_id]),
        "house": house.name,
        "name": me.name,
        "initials": me.initials,
        "colour": me.colour,
    }
    response = HttpResponse(stencil.fill(values, "".join(blocks)))
    response.set_cookie(
        LAST_ROOM,
        str(room_id),
        max_age=settings.SESSION_COOKIE_AGE,
        samesite="Lax",
        secure=settings.SECURE,
    )
    return response


def config(house: House, at: int | None) -> dict[str, Any]:
    return {
        "epoch": house.epoch,
        "house": house.name,
        "limit": settings.MESSAGE_LIMIT,
        "at": at,
        "build": myweb.__version__,
    }


@require_GET
def history(request: SignedIn, room_id: int) -> HttpResponse:
    """JSON :class:`HistoryPage`. One of ``before``, ``after``, ``around`` is a seq; ``limit`` goes up to 100."""
    found = access.get_room(request.user, room_id)
    numbers = {
        name: parse_number(request.GET[name]) for name in ("before", "after", "around", "limit") if name in request.GET
    }
    places = {name: number for name, number in numbers.items() if number is not None}
    if len(places) < len(numbers):
        return json_error(Refused("invalid", "before, after, around and limit must be whole numbers."), 400)
    limit = max(1, min(places.pop("limit", states.PAGE), 100))
    return as_json(copies.history(House.current().epoch, found, limit, **places))


@require_POST
def post_message(request: SignedIn, room_id: int) -> HttpResponse:
    """The way without a socket: the same verb, the same idempotency."""
    try:
        asked = msgspec.json.decode(body_of(request), type=Post)
        return as_json(encode(messages.send(request.user, room_id, asked.client_id, asked.body, asked.reply)))
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        return json_error(Refused("malformed", f"{error}."), 400)
    except access.NotFound as error:
        return json_error(error, 404)
    except Refused as error:
        return json_error(error, 403 if error.code == "forbidden" else 400)


def body_of(request: HttpRequest) -> bytes:
    """What a script sent as JSON. A form's parts are read already, by whoever looked for its fields."""
    try:
        return request.body
    except RawPostDataException:
        raise Refused("malformed", "Send JSON, not a form.") from None


def as_json(encoded: bytes, status: int = 200) -> HttpResponse:
    return HttpResponse(encoded, status=status, content_type="application/json")


def json_error(error: Refused, status: int) -> HttpResponse:
    return as_json(encode({"error": error.answer()}), status)


@login_not_required
@require_GET
def manifest(request: HttpRequest) -> HttpResponse:
    return render(request, "manifest.webmanifest", content_type="application/manifest+json")
