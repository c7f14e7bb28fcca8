"""What the page of a room asks for: pictures of previews, and the messages that links lead to."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_GET, require_safe

from accounts.views import get_signed_in_user
from link_previews.access import get_preview_with_picture
from link_previews.linked_messages import MAX_LINKS, list_linked_messages, parse_place
from link_previews.pictures import serve_preview_picture
from myweb.http import json_response
from realtime.protocol import encode


@require_safe
def show_picture(request: HttpRequest, preview_id: UUID) -> HttpResponseBase:
    return serve_preview_picture(request, get_preview_with_picture(get_signed_in_user(request), preview_id))


@require_GET
def show_linked_messages(request: HttpRequest) -> HttpResponse:
    """JSON list of :class:`LinkedMessage`."""
    places = {parse_place(text) for text in request.GET.getlist("at")[:MAX_LINKS]}
    found = list_linked_messages(get_signed_in_user(request), {place for place in places if place})
    response = json_response(encode(found))
    response["Cache-Control"] = "private, no-store"
    return response
