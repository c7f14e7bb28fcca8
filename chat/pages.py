"""The pages around the conversation: finding, making and settling rooms, starting direct ones, searching."""

import logging
from collections.abc import Callable, Iterable, Iterator
from functools import wraps

from django.contrib import messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import access as house
from accounts.models import User
from chat import access, services, sidebar
from chat.forms import NewRoomForm, RoomForm
from chat.models import Membership, Message, Room
from chat.search import search as search_messages
from chat.views import SignedIn
from myweb.numbers import parse_number
from realtime.protocol import Refused

logger = logging.getLogger(__name__)

PEOPLE_OFFERED = 8  # without a search
PEOPLE_FOUND = 100

View = Callable[..., HttpResponse]


def speaking(view: View) -> View:
    """What a service refuses is said on the page it came from; what is not there stays a 404."""

    @wraps(view)
    def spoken(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except access.NotFound:
            raise
        except Refused as refused:
            messages.error(request, refused.text)
            back = kwargs.get("room_id")
            return redirect("room_settings", back) if back else redirect("rooms")

    return spoken


def counted(rooms: QuerySet[Room]) -> QuerySet[Room]:
    members = Membership.objects.filter(room=OuterRef("pk"), active=True).order_by()
    count = members.values("room").annotate(count=Count("pk")).values("count")
    return rooms.annotate(members=Coalesce(Subquery(count), 0)).order_by("name", "pk")


def titles(rooms: Iterable[Room], user: User) -> dict[int, str]:
    """What a list calls each room: a direct one goes by its other people."""
    listed = list(rooms)
    people = sidebar.people_of([room.pk for room in listed if room.is_direct])
    return {room.pk: room.name or others(people.get(room.pk, []), user) for room in listed}


def others(people: Iterable[object], user: User) -> str:
    names = [str(person.name) for person in people if person.id != user.pk]  # type: ignore[attr-defined]
    return ", ".join(names) or user.name


@require_safe
def rooms(request: SignedIn) -> HttpResponse:
    mine = list(counted(access.member_rooms(request.user)))
    named = titles(mine, request.user)
    lines = [(room, named[room.pk]) for room in mine]
    context = {
        "mine": [line for line in lines if not line[0].is_direct and not line[0].archived_at],
        "direct": [line for line in lines if line[0].is_direct],
        "archived": [line for line in lines if not line[0].is_direct and line[0].archived_at],
        "open": counted(access.joinable_rooms(request.user)),
        "memberless": access.memberless_rooms(request.user) if request.user.is_admin else [],
    }
    return render(request, "chat/rooms.html", context)


def new(request: SignedIn) -> HttpResponse:
    form = NewRoomForm(request.POST or None, by=request.user)
    if form.is_valid():
        try:
            room = services.create_room(request.user, **form.values())
            return redirect("room", room.pk)
        except Refused as refused:
            form.add_error("name", refused.text)
    return render(request, "chat/room_new.html", {"form": form})


@speaking
def settings(request: SignedIn, room_id: int) -> HttpResponse:
    room = access.get_room(request.user, room_id)
    form = RoomForm(request.POST or None, by=request.user, room=room, initial=vars(room))
    if request.method == "POST" and form.is_valid():
        services.update_room(request.user, room, **form.values())
        messages.success(request, _("Saved."))
        return redirect("room_settings", room_id)
    query = request.GET.get("q", "").strip()
    context = {
        "room": room,
        "title": titles([room], request.user)[room.pk],
        "form": form,
        "may_manage": services.may_manage(request.user, room),
        "is_last": services.is_last_member(request.user, room),
        "members": User.objects.filter(memberships__room=room, memberships__active=True).order_by("name", "pk"),
        "query": query,
        "candidates": candidates(room, query),
    }
    return render(request, "chat/room_settings.html", context)


def candidates(room: Room, query: str) -> QuerySet[User]:
    """Who may be added: everyone with an account who is not in the room."""
    inside = Membership.objects.filter(room=room, active=True).values("user")
    found = house.people(query).filter(is_active=True).exclude(pk__in=inside)
    return found[: PEOPLE_FOUND if query else PEOPLE_OFFERED]


@require_POST
@speaking
def join(request: SignedIn, room_id: int) -> HttpResponse:
    room = access.get_open_room(request.user, room_id)
    if not access.member_rooms(request.user).filter(pk=room_id).exists():
        services.join(request.user, room)
    return redirect("room", room_id)


@require_POST
@speaking
def leave(request: SignedIn, room_id: int) -> HttpResponse:
    room = access.get_room(request.user, room_id)
    services.leave(request.user, room)
    messages.success(request, _("You left %(room)s.") % {"room": room.name})
    return redirect("rooms")


@require_safe
def transcript(request: SignedIn, room_id: int) -> StreamingHttpResponse:
    """What was said in a room without members, as text. The log says who read it."""
    room = access.get_memberless_room(request.user, room_id)
    logger.warning("%s exported the room %r (%d), which has no members", request.user.handle, room.name, room.pk)
    answer = StreamingHttpResponse(lines_of(room), content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="room-{room.pk}.txt"'
    return answer


def lines_of(room: Room) -> Iterator[str]:
    said = Message.objects.filter(room=room, deleted_at=None).select_related("author").order_by("seq")
    for message in said.iterator(chunk_size=500):
        yield f"{message.created_at:%Y-%m-%d %H:%M:%S} UTC  {message.author.name} (@{message.author.handle})\n"
        # Indented: else a message could pretend to be the line of another.
        yield "".join(f"    {line}\n" for line in message.body.splitlines()) + "\n"


@require_POST
def remove(request: SignedIn, room_id: int) -> HttpResponse:
    room = access.get_memberless_room(request.user, room_id)
    services.remove_memberless_room(request.user, room)
    messages.success(request, _("The room %(room)s was removed.") % {"room": room.name})
    return redirect("rooms")


@require_POST
@speaking
def archive(request: SignedIn, room_id: int) -> HttpResponse:
    room = access.get_room(request.user, room_id)
    services.archive_room(request.user, room, request.POST.get("archived") == "yes")
    return redirect("room_settings", room_id)


@require_POST
@speaking
def members(request: SignedIn, room_id: int) -> HttpResponse:
    """Adds the people in ``add``, or removes the one in ``remove``."""
    room = access.get_room(request.user, room_id)
    added = chosen(request, "add")
    if added:
        services.add_members(request.user, room, added)
    for person in chosen(request, "remove"):
        services.remove_member(request.user, room, person)
    return redirect("room_settings", room_id)


def chosen(request: HttpRequest, field: str) -> list[User]:
    numbers = [parse_number(value) for value in request.POST.getlist(field)[:PEOPLE_FOUND]]
    return list(house.people().filter(pk__in=[number for number in numbers if number is not None]))


@speaking
def direct(request: SignedIn) -> HttpResponse:
    """Opens the conversation with ``people``. With ``find``, or without anyone, it offers people to choose from."""
    picked = [person for person in chosen(request, "people") if person.is_active and person != request.user]
    if request.method == "POST" and "find" not in request.POST:
        if picked:
            return redirect("room", services.open_direct(request.user, picked).pk)
        messages.error(request, _("Choose at least one person."))
    query = request.POST.get("q", "").strip()
    left_out = [request.user.pk, *(person.pk for person in picked)]
    offered = house.people(query).filter(is_active=True).exclude(pk__in=left_out)
    context = {"picked": picked, "offered": offered[:PEOPLE_FOUND], "query": query}
    return render(request, "chat/direct.html", context)


@require_safe
def search(request: SignedIn) -> HttpResponse:
    """``q`` holds the words; ``room`` keeps to one room; ``before`` asks for what is older."""
    asked = (request.GET.get(name, "") for name in ("q", "room", "before"))
    query, room_id, before = (value.replace("\0", "").strip() for value in asked)  # PostgreSQL takes no NUL
    number = parse_number(room_id)
    room = access.get_room(request.user, number) if number is not None else None
    found = search_messages(request.user, query, room, parse_number(before))
    shown = {hit.room.pk for hit in found.hits} | ({room.pk} if room else set())
    named = titles(access.member_rooms(request.user).filter(pk__in=shown), request.user)
    context = {
        "query": query,
        "room": room,
        "room_title": named.get(room.pk) if room else "",
        "hits": [{"hit": hit, "title": named.get(hit.room.pk, "")} for hit in found.hits],
        "older": found.older,
        "paged": bool(before),
    }
    return render(request, "chat/search.html", context)
