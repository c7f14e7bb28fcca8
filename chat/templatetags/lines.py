"""Long lists, each line filled into what is rendered once."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from accounts.templatetags.avatars import avatar
from accounts.templatetags.page_user import get_page_user
from chat.models import Room
from chat.prerender import Line, render_lines
from chat.room_list import ListedRoom
from chat.search.results import SearchHit
from myweb.format_filters import render_time

register = template.Library()


@register.simple_tag(takes_context=True)
def room_lines(context: Any, rooms: Iterable[ListedRoom]) -> SafeString:
    addresses = {"href": reverse("room", args=[0]), "join": reverse("room_join", args=[0])}
    form = {"csrf_token": str(context["csrf_token"]), "page_user": str(get_page_user(context))}
    counts: dict[int, str] = {}

    def make_line(room: ListedRoom) -> Line:
        if room.members not in counts:
            counts[room.members] = ngettext("%(number)s person", "%(number)s people", room.members) % {
                "number": room.members
            }
        conditions = {
            "joinable": not room.inside,
            "private": room.kind == Room.Kind.PRIVATE,
            "described": room.description,
        }
        values = {
            **{name: address.replace("0", str(room.id)) for name, address in addresses.items()},
            "name": room.name,
            "description": room.description,
            "members": counts[room.members],
        }
        return Line(values | form, frozenset(name for name, holds in conditions.items() if holds))

    return render_lines("chat/room_line.html", map(make_line, rooms))


@register.simple_tag
def hit_lines(hits: Iterable[SearchHit]) -> SafeString:
    """Messages that a search found, in a room."""

    def make_line(hit: SearchHit) -> Line:
        message = hit.message
        values = {
            "href": f"{reverse('room', args=[message.room_id])}?at={message.seq}",
            "avatar": avatar(message.author, "s"),
            "author": message.author.name,
            "time": render_time(message.created_at),
            "snippet": hit.snippet,
        }
        return Line(values, frozenset())

    return render_lines("chat/search_hit.html", map(make_line, hits))
