"""Views of room lists, room settings and direct conversations. The room page itself is in ``views.py``."""

import logging
from collections.abc import Callable, Iterable, Iterator
from functools import wraps

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import access as accounts_access
from accounts.http import AuthenticatedRequest
from accounts.models import User, Workspace
from chat import access, cache, services, sidebar
from chat.attachments import read_files_of
from chat.forms import NewRoomForm, RoomForm
from chat.member_search import find_members
from chat.models import Membership, Message, Room
from chat.room_list import ListedRoom
from chat.room_sections import list_room_sections
from myweb.errors import NotFound, Refused
from myweb.numbers import parse_number

logger = logging.getLogger(__name__)

PEOPLE_OFFERED = 8  # without a search
PEOPLE_FOUND = 100
MEMBERS_PER_PAGE = 50  # of a large room

View = Callable[..., HttpResponse]


def show_refusals(view: View) -> View:
    """Shows the text of a refusal on the page that the form came from. NotFound stays a 404."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotFound:
            raise
        except Refused as refused:
            messages.error(request, refused.text)
            back = kwargs.get("room_id")
            return redirect("room_settings", back) if back else redirect("rooms")

    return wrapped


def make_room_titles(rooms: Iterable[Room | ListedRoom], user: User) -> dict[int, str]:
    """The title of each room in a list: a direct room is called by its other members."""
    listed = list(rooms)
    people = sidebar.read_direct_members([room.id for room in listed if room.kind == Room.Kind.DIRECT])
    return {room.id: room.name or join_other_names(people.get(room.id, []), user) for room in listed}


def join_other_names(people: Iterable[object], user: User) -> str:
    names = [str(person.name) for person in people if person.id != user.pk]  # type: ignore[attr-defined]
    return ", ".join(names) or user.name


@require_safe
def show_rooms(request: AuthenticatedRequest) -> HttpResponse:
    query = request.GET.get("q", "").replace("\0", "").strip()  # PostgreSQL takes no NUL
    rooms = access.list_rooms(request.user)
    titles = make_room_titles(rooms, request.user)
    named = [room._replace(name=titles[room.id]) for room in rooms if query.casefold() in titles[room.id].casefold()]
    mine = [room for room in named if room.inside and room.kind != Room.Kind.DIRECT]
    context = {
        "query": query,
        "mine": [room for room in mine if not room.archived],
        "direct": [room for room in named if room.kind == Room.Kind.DIRECT],
        "archived": [room for room in mine if room.archived],
        "open": [room for room in named if not room.inside],
        "memberless": access.memberless_rooms(request.user).filter(name__icontains=query)
        if request.user.is_admin
        else [],
    }
    return render(request, "chat/rooms.html", context)


def show_new_room(request: AuthenticatedRequest) -> HttpResponse:
    form = NewRoomForm(request.POST or None, by=request.user)
    if form.is_valid():
        try:
            room = services.create_room(request.user, **form.values())
            return redirect("room", room.pk)
        except Refused as refused:
            form.add_error("name", refused.text)
    return render(request, "chat/room_new.html", {"form": form})


@show_refusals
def show_room_settings(request: AuthenticatedRequest, room_id: int) -> HttpResponse:
    room = access.get_room(request.user, room_id)
    form = RoomForm(request.POST or None, by=request.user, room=room, initial=vars(room))
    if request.method == "POST" and form.is_valid():
        services.update_room(request.user, room, **form.values())
        messages.success(request, _("Saved."))
        return redirect("room_settings", room_id)
    query = request.GET.get("q", "").strip()
    context = {
        "room": room,
        "title": make_room_titles([room], request.user)[room.pk],
        "form": form,
        "may_manage": access.may_manage_room(request.user, room),
        "is_last": services.is_last_member(request.user, room),
        **list_members(request, room),
        "query": query,
        "candidates": find_candidates(room, query),
        "sections": list_room_sections(request.user, room),
    }
    return render(request, "chat/room_settings.html", context)


def list_members(request: AuthenticatedRequest, room: Room) -> dict[str, object]:
    """Of a large room one page, or those whom ``member`` finds."""
    if not room.large:
        members = list(User.objects.filter(memberships__room=room, memberships__active=True).order_by("name", "pk"))
        return {"members": members, "member_count": len(members)}
    text = request.GET.get("member", "").strip()
    page = find_members(room.pk, text, request.GET.get("after", ""), MEMBERS_PER_PAGE)
    users = User.objects.in_bulk([member.id for member in page.members])
    return {
        "members": [users[member.id] for member in page.members if member.id in users],
        "member_count": cache.get_member_count(Workspace.current().epoch, room.pk),
        "member_text": text,
        "members_after": page.after,
    }


def find_candidates(room: Room, query: str) -> QuerySet[User]:
    """Users who may be added: all active users who are not in the room."""
    inside = Membership.objects.filter(room=room, active=True).values("user")
    users = accounts_access.find_users(query).filter(is_active=True).exclude(pk__in=inside)
    return users[: PEOPLE_FOUND if query else PEOPLE_OFFERED]


@require_POST
@show_refusals
def submit_join(request: AuthenticatedRequest, room_id: int) -> HttpResponse:
    room = access.get_open_room(request.user, room_id)
    if not access.member_rooms(request.user).filter(pk=room_id).exists():
        services.join_room(request.user, room)
    return redirect("room", room_id)


@require_POST
@show_refusals
def submit_leave(request: AuthenticatedRequest, room_id: int) -> HttpResponse:
    room = access.get_room(request.user, room_id)
    services.leave_room(request.user, room)
    messages.success(request, _("You left %(room)s.") % {"room": room.name})
    return redirect("rooms")


@require_safe
def download_transcript(request: AuthenticatedRequest, room_id: int) -> StreamingHttpResponse:
    """The messages of a room without members, as text. The log names the reader."""
    room = access.get_memberless_room(request.user, room_id)
    logger.warning("%s exported the room %r (%d), which has no members", request.user.handle, room.name, room.pk)
    answer = StreamingHttpResponse(iterate_transcript(room), content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="room-{room.pk}.txt"'
    return answer


def iterate_transcript(room: Room) -> Iterator[str]:
    stored = Message.objects.filter(room=room, deleted_at=None).select_related("author").order_by("seq")
    for message in stored.iterator(chunk_size=500):
        yield f"{message.created_at:%Y-%m-%d %H:%M:%S} UTC  {message.author.name} (@{message.author.handle})\n"
        # Indented: else a message could pretend to be the line of another.
        lines = [
            *message.body.splitlines(),
            *(f"[{file.name}]" for file in read_files_of([message]).get(message.pk, [])),
        ]
        yield "".join(f"    {line}\n" for line in lines) + "\n"


@require_POST
def submit_removal(request: AuthenticatedRequest, room_id: int) -> HttpResponse:
    room = access.get_memberless_room(request.user, room_id)
    services.remove_memberless_room(request.user, room)
    messages.success(request, _("The room %(room)s was removed.") % {"room": room.name})
    return redirect("rooms")


@require_POST
@show_refusals
def submit_archive(request: AuthenticatedRequest, room_id: int) -> HttpResponse:
    room = access.get_room(request.user, room_id)
    services.archive_room(request.user, room, request.POST.get("archived") == "yes")
    return redirect("room_settings", room_id)


@require_POST
@show_refusals
def submit_members(request: AuthenticatedRequest, room_id: int) -> HttpResponse:
    """Adds the users in ``add``, or removes the one in ``remove``."""
    room = access.get_room(request.user, room_id)
    added = get_chosen_users(request, "add")
    if added:
        services.add_members(request.user, room, added)
    for person in get_chosen_users(request, "remove"):
        services.remove_member(request.user, room, person)
    return redirect("room_settings", room_id)


def get_chosen_users(request: HttpRequest, field: str) -> list[User]:
    numbers = [parse_number(value) for value in request.POST.getlist(field)[:PEOPLE_FOUND]]
    return list(accounts_access.find_users().filter(pk__in=[number for number in numbers if number is not None]))


@show_refusals
def show_direct(request: AuthenticatedRequest) -> HttpResponse:
    """Opens the conversation with ``people``. With ``find``, or without users, it offers users to choose from."""
    picked = [person for person in get_chosen_users(request, "people") if person.is_active and person != request.user]
    if request.method == "POST" and "find" not in request.POST:
        if picked:
            return redirect("room", services.open_direct(request.user, picked).pk)
        messages.error(request, _("Choose at least one person."))
    query = request.POST.get("q", "").strip()
    left_out = [request.user.pk, *(person.pk for person in picked)]
    offered = accounts_access.find_users(query).filter(is_active=True).exclude(pk__in=left_out)
    context = {"picked": picked, "offered": offered[:PEOPLE_FOUND], "query": query}
    return render(request, "chat/direct.html", context)
