"""Uploads in pieces: the core of tus 1.0. Other clients of tus work too, if they send the cookies of the site."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.views import get_signed_in_user
from files import access, services
from files.protocol import EXTENSIONS, VERSION, check_piece, check_version, read_number_header, read_upload_request
from myweb.errors import Refused
from myweb.http import json_error_response
from realtime import rate_limits
from realtime.rate_limits import TooFast

STATUS = {
    "malformed": 400,
    "forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "version": 412,
    "too_large": 413,
    "media_type": 415,
    "too_fast": 429,
    "full": 507,
}
View = Callable[..., HttpResponse]
PIECE_COST = 0.5  # tokens of posts: a file of the default limit takes 5 of the 50 that may come at once


def speak_tus(view: View) -> View:
    """Answers errors as JSON, and OPTIONS by itself; every answer says the version."""

    @wraps(view)
    def wrapped(request: HttpRequest, **arguments: UUID) -> HttpResponse:
        if request.method == "OPTIONS":
            response = describe_server()
        else:
            try:
                check_version(request)
                response = view(request, **arguments)
            except Refused as refused:
                response = json_error_response(refused, STATUS.get(refused.code, 400))
                if refused.code == "version":
                    response["Tus-Version"] = VERSION
        response["Tus-Resumable"] = VERSION
        response["Cache-Control"] = "no-store"
        return response

    wrapped.limits_itself = True  # type: ignore[attr-defined] # elsewhere a post costs by its size
    return wrapped


def describe_server() -> HttpResponse:
    headers = {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(settings.FILE_MB * services.MEGABYTE),
    }
    return HttpResponse(status=204, headers=headers)


def limit_posts(request: HttpRequest, tokens: float) -> None:
    wait = rate_limits.post_buckets().take(f"user.{get_signed_in_user(request).pk}", tokens)
    if wait:
        raise TooFast(wait)


@require_http_methods(["OPTIONS", "POST"])
@speak_tus
def create_upload(request: HttpRequest) -> HttpResponse:
    limit_posts(request, 1.0)
    asked = read_upload_request(request)
    user = get_signed_in_user(request)
    room = access.get_room_for_upload(user, asked.room_id)
    upload = services.create_upload(user, room, name=asked.name, size=asked.size, as_is=asked.as_is)
    return HttpResponse(status=201, headers={"Location": reverse("upload", args=[upload.pk]), "Upload-Offset": "0"})


@require_http_methods(["OPTIONS", "HEAD", "PATCH", "DELETE"])
@speak_tus
def handle_upload(request: HttpRequest, file_id: UUID) -> HttpResponse:
    upload = access.get_upload(get_signed_in_user(request), file_id)
    if request.method == "HEAD":
        headers = {"Upload-Offset": str(upload.received), "Upload-Length": str(upload.size)}
        return HttpResponse(headers=headers)
    if request.method == "DELETE":
        limit_posts(request, 1.0)
        services.cancel_upload(upload)
        return HttpResponse(status=204)
    limit_posts(request, PIECE_COST)
    length = check_piece(request, services.PIECE_SIZE)
    end = services.receive_piece(upload, read_number_header(request, "Upload-Offset"), length, request)
    return HttpResponse(status=204, headers={"Upload-Offset": str(end)})
