"""Changes to files. Callers get the objects from ``access``."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User, Workspace
from chat.message_services import make_tombstone, touch_message
from chat.models import Room
from chat.room_log import lock_room
from files.models import File, State
from files.names import clean_file_name
from files.pictures import POSTER
from files.storage import DIRECTORY_MODE, RESERVE, get_storage, write_at
from files.tasks import process_file, process_video_poster
from myweb.errors import NotFound, Refused

MEGABYTE = 1_000_000
PIECE_SIZE = 8 * 1024 * 1024  # bytes of a piece at most; nginx accepts a little more
BLOCK_SIZE = 256 * 1024  # bytes in memory at a time
MAX_POSTER = 500_000  # bytes of a frame of a video
MAX_UNATTACHED = 200  # files of a user that no message has


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


def create_upload(by: User, room: Room, *, name: str, size: int, as_is: bool = False) -> File:
    """Raises :class:`Refused`. What was promised to others counts before its bytes are there."""
    if size > settings.FILE_MB * MEGABYTE:
        raise Refused("too_large", _("Files can have at most %(size)d MB.") % {"size": settings.FILE_MB})
    if get_storage().count_free_bytes() - size < RESERVE:
        raise Refused("full", _("The server has no space for this file. Tell an admin."))
    with transaction.atomic():
        Workspace.objects.select_for_update(no_key=True).get()  # else two uploads could both take the last space
        check_quotas(by, size)
        name = clean_file_name(name, File.NAME_LENGTH)
        upload = File.objects.create(owner=by, room=room, name=name, size=size, is_kept_as_sent=as_is)
        if not size:
            create_empty_original(upload.pk)
            finish_upload(upload)
    return upload


def create_empty_original(file_id: UUID) -> None:
    with get_storage().lock_for_append(file_id):
        pass


def check_quotas(by: User, size: int) -> None:
    own = File.objects.filter(owner=by)
    if own.filter(message=None).count() >= MAX_UNATTACHED:
        raise Refused("full", _("Too many of your files wait to be sent. Send or remove some of them first."))
    if count_bytes(own) + size > settings.USER_FILES_MB * MEGABYTE:
        text = _("Your files would take more than %(size)d MB. Delete some first.")
        raise Refused("full", text % {"size": settings.USER_FILES_MB})
    if count_bytes(File.objects.all()) + size > settings.FILES_MB * MEGABYTE:
        raise Refused("full", _("The workspace has no space for this file. Tell an admin."))


def count_bytes(files: QuerySet[File]) -> int:
    return int(files.aggregate(total=Sum("size"))["total"] or 0)


def receive_piece(upload: File, offset: int, length: int, source: Readable) -> int:
    """Appends a piece. Returns the new offset, which is lower than hoped for if the client was cut off.

    Raises :class:`Refused` for another offset than the present one, and while another piece is received.
    """
    if upload.state != State.UPLOADING:
        raise make_offset_error()
    if length > upload.size - offset:
        raise Refused("too_large", _("The upload is longer than was said."))
    with get_storage().lock_for_append(upload.pk) as descriptor:
        upload.refresh_from_db(fields=["received", "state"])  # the last one that held the lock may have moved it
        if (there := os.fstat(descriptor).st_size) < upload.received:  # the bytes were lost, by a restore for example
            File.objects.filter(pk=upload.pk).update(received=there)
            raise make_offset_error()
        if offset != upload.received or upload.state != State.UPLOADING:
            raise make_offset_error()
        end = write_at(descriptor, offset, read_blocks(source, length))
        record_received(upload, offset, end)
    return end


def make_offset_error() -> Refused:
    return Refused("conflict", _("The upload continues at another offset."), retry=True)


def read_blocks(source: Readable, length: int) -> Iterator[bytes]:
    """At most ``length`` bytes; fewer if the client was cut off."""
    while length > 0:
        try:
            block = source.read(min(length, BLOCK_SIZE))
        except OSError:
            return
        if not block:
            return
        length -= len(block)
        yield block


@transaction.atomic
def record_received(upload: File, offset: int, end: int) -> None:
    rows = File.objects.filter(pk=upload.pk, received=offset, state=State.UPLOADING)
    if not rows.update(received=end, updated_at=Now()):
        raise NotFound  # it was cancelled meanwhile
    upload.received = end
    if end == upload.size:
        finish_upload(upload)


def add_poster(file: File, content: bytes) -> None:
    """Raises :class:`Refused`."""
    if len(content) > MAX_POSTER:
        raise Refused("too_large", _("The picture of a video can have at most 500 KB."))
    if file.tiny:
        raise Refused("conflict", _("This video has a picture already."))
    path = get_storage().get_path(file.pk, POSTER)
    path.parent.mkdir(DIRECTORY_MODE, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix="poster-", delete=False) as part:
        part.write(content)
    Path(part.name).replace(path)  # whole: the worker may be reading an earlier one
    process_video_poster.enqueue(str(file.pk))


def finish_upload(upload: File) -> None:
    upload.state = State.WORKING
    upload.save(update_fields=["state"])
    process_file.enqueue(str(upload.pk))


@transaction.atomic
def cancel_upload(upload: File) -> None:
    """Unless a message has it by now."""
    for unattached in File.objects.select_for_update().filter(pk=upload.pk, message=None):
        unattached.delete()


def delete_own_file(file: File) -> None:
    """Its message goes on without it, or goes too if nothing else is in it. Raises :class:`Refused`."""
    with lock_room(file.room_id) as log:
        log.check_writable()
        locked = File.objects.select_for_update(of=("self",)).select_related("message").filter(pk=file.pk).first()
        if locked is None:
            raise NotFound
        message, _deleted = locked.message, locked.delete()
        if message is None or message.deleted_at:
            return
        if message.body or message.files.exists():
            touch_message(log, message.pk)
        else:
            make_tombstone(log, message)
