"""Uploads as a page makes them, and files that are ready to be sent."""

import base64
from typing import Any
from uuid import UUID

from django.test import Client

from accounts.models import User
from chat.models import Room
from files.models import File
from files.tasks import process_file
from tests.support.cast import as_

PIECE_TYPE = "application/offset+octet-stream"


def encode_metadata(**values: object) -> str:
    return ", ".join(f"{key} {base64.b64encode(str(value).encode()).decode()}" for key, value in values.items())


def begin_upload(browser: Client, room_id: int, size: int, name: str = "notes.txt", **headers: str) -> Any:
    sent = {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": str(size),
        "Upload-Metadata": encode_metadata(name=name, room=room_id),
    }
    return browser.post("/files/uploads/", headers=sent | headers)


def send_piece(browser: Client, address: str, offset: int, piece: bytes, **headers: str) -> Any:
    sent = {"Tus-Resumable": "1.0.0", "Upload-Offset": str(offset)}
    return browser.patch(address, piece, content_type=PIECE_TYPE, headers=sent | headers)


def upload(by: User, room: Room, content: bytes, name: str = "notes.txt") -> File:
    """A complete upload that the worker has not seen."""
    browser = as_(by)
    begun = begin_upload(browser, room.pk, len(content), name)
    assert begun.status_code == 201, begun.content
    if content:
        sent = send_piece(browser, begun["Location"], 0, content)
        assert sent.status_code == 204, sent.content
    return File.objects.get(pk=UUID(begun["Location"].split("/")[-2]))


def upload_ready(by: User, room: Room, content: bytes, name: str = "notes.txt") -> File:
    file = upload(by, room, content, name)
    process_file.func(str(file.pk))
    file.refresh_from_db()
    return file
