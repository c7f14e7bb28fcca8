"""Files of messages, for those who may read them now."""

from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from accounts.views import get_signed_in_user
from files import access
from files.pictures import PICTURE, THUMBNAIL
from files.serving import serve_file, serve_picture


@require_safe
def show_file(request: HttpRequest, file_id: UUID) -> HttpResponseBase:
    """``?download`` makes it an attachment, whatever it is."""
    file = access.get_file(get_signed_in_user(request), file_id)
    return serve_file(request, file, download="download" in request.GET)


@require_safe
def show_thumbnail(request: HttpRequest, file_id: UUID) -> HttpResponseBase:
    file = access.get_file(get_signed_in_user(request), file_id)
    return serve_picture(request, file, THUMBNAIL, "image/webp")


@require_safe
def show_picture(request: HttpRequest, file_id: UUID) -> HttpResponseBase:
    file = access.get_file(get_signed_in_user(request), file_id)
    return serve_picture(request, file, PICTURE, file.type)
