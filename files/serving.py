"""Sends bytes that users have made, with headers that let a browser do nothing with them but show them.

The headers are set here and not by nginx alone, since that can be replaced.
"""

import logging
import re
from collections.abc import AsyncIterator, Iterator
from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header

from files.models import File, Kind
from files.names import replace_ending
from files.pictures import ENDINGS, PICTURE, THUMBNAIL, has_thumbnail, is_picture
from files.storage import ORIGINAL, StorageUnavailable, get_storage, make_folder_name
from myweb.errors import NotFound

BINARY_TYPE = "application/octet-stream"
# What a browser may show by itself, besides pictures that the worker has written.
INLINE_TYPES = {
    *("video/mp4", "video/webm", "video/quicktime", "audio/mpeg", "audio/ogg", "audio/wav", "audio/mp4"),
    *("application/pdf", "text/plain"),
}
SERVED_AS = {"video/quicktime": "video/mp4"}  # browsers play the one by the other's name only
POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
# Chromium shows no PDF in a sandbox. Viewers run no script of the document in the site's name; the styles are theirs.
PDF_POLICY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")

logger = logging.getLogger(__name__)


def serve_file(request: HttpRequest, file: File, *, download: bool) -> HttpResponseBase:
    if is_picture(file):
        return serve_picture(request, file, PICTURE, file.type, download=download)
    is_inline = file.type in INLINE_TYPES and file.kind != Kind.OTHER
    return serve_part(
        request,
        file,
        ORIGINAL,
        content_type=SERVED_AS.get(file.type, file.type) if is_inline else BINARY_TYPE,
        name=file.name,
        is_attachment=download or not is_inline,
    )


def serve_picture(
    request: HttpRequest, file: File, part: str, content_type: str, *, download: bool = False
) -> HttpResponseBase:
    """One of those that the worker has written. Raises :class:`NotFound` for another kind of file."""
    if not is_picture(file):
        raise NotFound
    name = replace_ending(file.name, ENDINGS[content_type])
    return serve_part(request, file, part, content_type=content_type, name=name, is_attachment=download)


def serve_thumbnail(request: HttpRequest, file: File) -> HttpResponseBase:
    """Raises :class:`NotFound` for a file without one."""
    if not has_thumbnail(file):
        raise NotFound
    name = replace_ending(file.name, ENDINGS["image/webp"])
    return serve_part(request, file, THUMBNAIL, content_type="image/webp", name=name, is_attachment=False)


def serve_part(
    request: HttpRequest, file: File, part: str, *, content_type: str, name: str, is_attachment: bool
) -> HttpResponseBase:
    """By nginx where it is in front: it says where it has the files, in variables that no header can set."""
    storage = get_storage()
    is_remote = storage.is_remote(file.pk, part)
    location = request.META.get("MYWEB_BUCKET_LOCATION" if is_remote else "MYWEB_FILES_LOCATION", "")
    response: HttpResponseBase
    if location and is_remote:
        address = storage.sign_address("HEAD" if request.method == "HEAD" else "GET", file.pk, part)
        response = HttpResponse(headers={"X-Accel-Redirect": location, "X-Stored-Address": address})
    elif location:
        response = HttpResponse(headers={"X-Accel-Redirect": f"{location}{make_folder_name(file.pk)}/{part}"})
    else:
        try:
            response = serve_directly(request, file.pk, part, f'"{file.sha256}-{part}"')
        except StorageUnavailable as error:
            logger.warning("A file can't be read: %s", error)
            return HttpResponse(status=503, headers={"Retry-After": "30", "Cache-Control": "no-store"})
    response["Content-Type"] = f"{content_type}; charset=utf-8" if content_type == "text/plain" else content_type
    response["Content-Disposition"] = content_disposition_header(is_attachment, name) or "attachment"
    response["Content-Security-Policy"] = PDF_POLICY if content_type == "application/pdf" else POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-cache"  # kept, but shown only after another access check
    return response


def serve_directly(request: HttpRequest, file_id: UUID, part: str, etag: str) -> HttpResponseBase:
    """One range at most, which players of videos need."""
    try:
        size = get_storage().get_size(file_id, part)
    except FileNotFoundError:
        raise NotFound from None
    if unchanged := get_conditional_response(request, etag=etag):
        return unchanged
    begin, end = parse_range(request.headers.get("Range", ""), size)
    if begin >= end and size:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    blocks = get_storage().read_range(file_id, part, begin, begin if request.method == "HEAD" else end)
    response = StreamingHttpResponse(as_server_wants(request, blocks))
    response["Content-Length"] = str(end - begin)
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = etag
    if end - begin < size:
        response.status_code = 206
        response["Content-Range"] = f"bytes {begin}-{end - 1}/{size}"
    return response


def parse_range(header: str, size: int) -> tuple[int, int]:
    """Begin and end; the whole file for a header that means nothing here."""
    match = RANGE.fullmatch(header.replace(" ", ""))
    if not match or match[0] == "bytes=-":
        return 0, size
    first, last = match.groups()
    if not first:
        return max(0, size - int(last)), size
    if last and int(last) < int(first):
        return 0, size
    return int(first), min(int(last) + 1 if last else size, size)


def as_server_wants(request: HttpRequest, blocks: Iterator[bytes]) -> Iterator[bytes] | AsyncIterator[bytes]:
    """runserver would first collect what a plain iterator has."""
    return read_in_threads(blocks) if hasattr(request, "scope") else blocks


async def read_in_threads(blocks: Iterator[bytes]) -> AsyncIterator[bytes]:
    while block := await sync_to_async(lambda: next(blocks, b""))():
        yield block
