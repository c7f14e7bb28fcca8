"""The bytes of files, in a folder for each: STORAGES["files"] of the settings."""

import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, cast
from uuid import UUID

from django.core.files.storage import FileSystemStorage, storages
from django.utils.translation import gettext_lazy as _

from myweb.errors import Refused

# Directories inherit the group of the folder, which is that of nginx where nginx is another user.
DIRECTORY_MODE, FILE_MODE = 0o750, 0o640
ORIGINAL = "original"
RESERVE = 500_000_000  # bytes of free space that uploads leave on the disk


class DiskStorage(FileSystemStorage):
    """Files on a disk that all processes of the site see: pages and workers write, nginx reads."""

    def get_folder(self, file_id: UUID) -> Path:
        return Path(self.location) / make_folder_name(file_id)

    def get_path(self, file_id: UUID, part: str) -> Path:
        return self.get_folder(file_id) / part

    @contextmanager
    def lock_for_append(self, file_id: UUID) -> Iterator[int]:
        """The descriptor of the original, made if it is missing. Raises :class:`Refused` while another request has it.

        A lock of the file and not of its row: a message that names the file never waits for a disk.
        """
        path = self.get_path(file_id, ORIGINAL)
        path.parent.mkdir(DIRECTORY_MODE, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Refused("conflict", _("Another piece of this file is being received."), retry=True) from None
            yield descriptor
        finally:
            os.close(descriptor)

    def delete_folder(self, file_id: UUID) -> None:
        folder = self.get_folder(file_id)
        shutil.rmtree(folder, ignore_errors=True)
        if folder.exists():
            shutil.rmtree(folder)  # says why
        with suppress(OSError):  # others are in it
            folder.parent.rmdir()

    def list_folders(self, older_than: timedelta) -> Iterator[UUID]:
        limit = (datetime.now().astimezone() - older_than).timestamp()
        root = Path(self.location)
        for folder in root.glob("[0-9a-f][0-9a-f]/*") if root.exists() else ():
            with suppress(ValueError, FileNotFoundError):
                if folder.stat().st_mtime < limit:
                    yield UUID(folder.name)

    def count_free_bytes(self) -> int:
        root = Path(self.location)
        root.mkdir(DIRECTORY_MODE, parents=True, exist_ok=True)
        return shutil.disk_usage(root).free


def make_folder_name(file_id: UUID) -> str:
    return f"{file_id.hex[:2]}/{file_id.hex}"


def write_at(descriptor: int, offset: int, blocks: Iterable[bytes]) -> int:
    """Writes the blocks one after another, to the disk itself. Returns where they end.

    What was said to be received is there after a loss of power too: a client never sends it again.
    """
    for block in blocks:
        view = memoryview(block)
        while view:
            written = os.pwrite(descriptor, view, offset)
            view, offset = view[written:], offset + written
    os.fdatasync(descriptor)
    return offset


def get_storage() -> DiskStorage:
    return cast("DiskStorage", storages["files"])


def open_part(file_id: UUID, part: str) -> BinaryIO:
    return get_storage().get_path(file_id, part).open("rb")
