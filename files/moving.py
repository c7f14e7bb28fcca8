"""Moves ready files into the bucket, and back (files/bucket_storage.py). Without a bucket there is nothing to move."""

import time
from collections.abc import Iterable, Iterator
from itertools import islice
from uuid import UUID

from files.models import File, State
from files.pictures import PICTURE, POSTER, THUMBNAIL, is_picture
from files.storage import ORIGINAL, DiskStorage, get_storage

ASKED_AT_ONCE = 100  # rows


def move_ready_files(seconds: float) -> int:
    """How many were copied. Ends after this time, with the rest left. Raises :class:`StorageUnavailable`."""
    storage = get_storage()
    if not storage.bucket_url:
        return 0
    end, count = time.monotonic() + seconds, 0
    for file in list_ready_files(storage.list_local_folders()):
        if time.monotonic() > end:
            break
        count += move_file(storage, file)
    return count


def list_ready_files(file_ids: Iterable[UUID]) -> Iterator[File]:
    file_ids = iter(file_ids)
    while chunk := list(islice(file_ids, ASKED_AT_ONCE)):
        yield from File.objects.filter(pk__in=chunk, state=State.READY)


def move_file(storage: DiskStorage, file: File) -> bool:
    # Never the original of a picture, which may be there still, nor a poster that waits for its task.
    if storage.get_path(file.pk, POSTER).exists():
        return False
    if not storage.move_folder(file.pk, (PICTURE, THUMBNAIL) if is_picture(file) else (ORIGINAL, THUMBNAIL)):
        return False
    if not File.objects.filter(pk=file.pk).exists():
        storage.delete_remote_folder(file.pk)
    return True


def fetch_files() -> int:
    """Copies everything from the bucket to the disk."""
    storage, count = get_storage(), 0
    for stored in storage.list_remote_parts():
        storage.fetch_part(stored)
        count += 1
    return count
