"""The headers of an upload: the core of tus 1.0 (tus.io), with its extensions creation and termination."""

import base64
import binascii
from typing import NamedTuple

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from myweb.errors import Refused
from myweb.numbers import parse_number

VERSION = "1.0.0"
EXTENSIONS = "creation,termination"
PIECE_TYPE = "application/offset+octet-stream"
MAX_METADATA = 4_096  # characters of the header


class UploadRequest(NamedTuple):
    size: int
    name: str
    room_id: int
    as_is: bool  # a picture, too, is kept as it was sent, and is never shown


def check_version(request: HttpRequest) -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        raise Refused("version", f"Send the header Tus-Resumable: {VERSION}.")


def read_upload_request(request: HttpRequest) -> UploadRequest:
    """Raises :class:`Refused`."""
    size = read_number_header(request, "Upload-Length")
    metadata = parse_metadata(request.headers.get("Upload-Metadata", ""))
    room_id = parse_number(metadata.get("room", ""))
    if room_id is None or "name" not in metadata:
        raise Refused("malformed", "Upload-Metadata must have a name and a room.")
    return UploadRequest(size, metadata["name"], room_id, metadata.get("as_is") == "yes")


def read_number_header(request: HttpRequest, name: str) -> int:
    number = parse_number(request.headers.get(name, ""))
    if number is None:
        raise Refused("malformed", f"{name} must be a whole number.")
    return number


def parse_metadata(header: str) -> dict[str, str]:
    """``key base64, key base64``. Raises :class:`Refused`."""
    if len(header) > MAX_METADATA:
        raise Refused("malformed", "Upload-Metadata is too long.")
    metadata = {}
    for pair in filter(None, map(str.strip, header.split(","))):
        key, _space, value = pair.partition(" ")
        try:
            metadata[key] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise Refused("malformed", "The values of Upload-Metadata must be UTF-8 in base64.") from None
    return metadata


def check_piece(request: HttpRequest, limit: int) -> int:
    """The length of the piece that a PATCH has. Raises :class:`Refused`."""
    if request.content_type != PIECE_TYPE:
        raise Refused("media_type", f"Send the header Content-Type: {PIECE_TYPE}.")
    length = read_number_header(request, "Content-Length")
    if length > limit:
        raise Refused("too_large", _("A piece of an upload can have at most 8 MiB."))
    return length
