"""Files of messages, for those who may read them now."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_POST, require_safe

from accounts.views import get_signed_in_user
from files import access
from files.pictures import PICTURE
from files.services import MAX_POSTER, add_poster
from files.serving import serve_file, serve_picture, serve_thumbnail
from myweb.errors import Refused
from myweb.http import json_error_response


@require_safe
def show_file(request: HttpRequest, file_id: UUID) -> HttpResponseBase:
    """``?download`` makes it an attachment, whatever it is."""
    file = access.get_file(get_signed_in_user(request), file_id)
    return serve_file(request, file, download="download" in request.GET)


@require_safe
def show_thumbnail(request: HttpRequest, file_id: UUID) -> HttpResponseBase:
    file = access.get_file(get_signed_in_user(request), file_id)
    return serve_thumbnail(request, file)


@require_safe
def show_picture(request: HttpRequest, file_id: UUID) -> HttpResponseBase:
    file = access.get_file(get_signed_in_user(request), file_id)
    return serve_picture(request, file, PICTURE, file.type)


@require_POST
def receive_poster(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """A frame of a video, which the page of its sender drew."""
    file = access.get_own_video(get_signed_in_user(request), file_id)
    try:
        add_poster(file, request.read(MAX_POSTER + 1))
    except Refused as refused:
        return json_error_response(refused, 413 if refused.code == "too_large" else 409)
    return HttpResponse(status=202)
