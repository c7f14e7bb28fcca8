"""What a file is: its type, its checksum and, of a picture, what is shown of it. Only the worker comes here."""

from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from uuid import UUID

from chat.message_services import touch_message
from chat.room_log import lock_room
from files.models import File, State
from files.sniffing import Sniffed, sniff_blocks
from files.storage import ORIGINAL, open_part
from myweb.errors import NotFound

BLOCK_SIZE = 1024 * 1024


def process_upload(file_id: UUID) -> None:
    file = File.objects.filter(pk=file_id, state=State.WORKING).first()
    if file is None:
        return
    try:
        sniffed, digest = inspect_content(file)
    except FileNotFoundError:
        if File.objects.filter(pk=file_id).exists():  # else it was deleted meanwhile
            raise
        return
    store_result(file, kind=sniffed.kind, type=sniffed.type, sha256=digest, state=State.READY)


def inspect_content(file: File) -> tuple[Sniffed, str]:
    digest = sha256()

    def read_blocks() -> Iterator[bytes]:
        with open_part(file.pk, ORIGINAL) as source:
            while block := source.read(BLOCK_SIZE):
                digest.update(block)
                yield block

    return sniff_blocks(read_blocks()), digest.hexdigest()


def store_result(file: File, **fields: object) -> None:
    """A message that has the file already is sent again, with what is known now."""
    with suppress(NotFound), lock_room(file.room_id) as log:  # a message takes its files under this lock
        if File.objects.filter(pk=file.pk, state=State.WORKING).update(**fields):
            message_id = File.objects.values_list("message_id", flat=True).get(pk=file.pk)
            if message_id is not None:
                touch_message(log, message_id)
