"""The bytes of files: STORAGES["files"] of the settings, on a disk or (files/bucket_storage.py) in a bucket.

What is uploaded or processed is on the disk, with both. Where the bytes of a ready file are is asked by ``is_remote``;
``get_size`` and ``read_range`` find them there.
"""

import fcntl
import os
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple, cast
from uuid import UUID

from django.core.files.storage import FileSystemStorage, storages
from django.utils.translation import gettext_lazy as _

from myweb.errors import Refused

# Directories inherit the group of the folder, which is that of nginx where nginx is another user.
DIRECTORY_MODE, FILE_MODE = 0o750, 0o640
ORIGINAL = "original"
RESERVE = 500_000_000  # bytes of free space that uploads leave on the disk
BLOCK_SIZE = 256 * 1024  # bytes in memory at a time


class StorageUnavailable(OSError):
    """A service that has files does not give or take them. The text says why, and holds no secret."""


class StoredPart(NamedTuple):
    name: str  # the folder of the file and the part, such as 0a/0a1b.../original
    size: int


class DiskStorage(FileSystemStorage):
    """Files on a disk that all processes of the site see: pages and workers write, nginx reads."""

    bucket_url = ""  # of a storage that has one

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

    def has_part(self, file_id: UUID, part: str) -> bool:
        return self.get_path(file_id, part).exists()

    def is_remote(self, file_id: UUID, part: str) -> bool:
        """Whether its bytes are not on this disk. Nobody is asked for it."""
        return False

    def sign_address(self, method: Literal["GET", "HEAD"], file_id: UUID, part: str) -> str:
        """Where nginx reads a remote part within the next minutes."""
        raise NotImplementedError

    def get_size(self, file_id: UUID, part: str) -> int:
        """Raises :class:`FileNotFoundError` or :class:`StorageUnavailable`, as the methods below do."""
        return self.get_path(file_id, part).stat().st_size

    def read_range(self, file_id: UUID, part: str, begin: int, end: int) -> Iterator[bytes]:
        with self.get_path(file_id, part).open("rb") as source:
            source.seek(begin)
            while begin < end and (block := source.read(min(BLOCK_SIZE, end - begin))):
                begin += len(block)
                yield block

    def list_remote_parts(self) -> Iterator[StoredPart]:
        """For backups, which read the folder themselves."""
        return iter(())

    def open_remote_part(self, stored: StoredPart) -> BinaryIO:
        raise NotImplementedError

    def move_folder(self, file_id: UUID, parts: Collection[str]) -> bool:
        """Brings the parts of a ready file to where they stay. Whether something was copied."""
        return False

    def delete_remote_folder(self, file_id: UUID) -> None:
        """Of a file that was deleted while it was moved."""

    def fetch_part(self, stored: StoredPart) -> None:
        raise NotImplementedError

    def probe(self) -> None:
        """Raises :class:`StorageUnavailable` if ready files cannot be stored or read."""

    def delete_folder(self, file_id: UUID) -> None:
        self.delete_local_folder(file_id)

    def delete_local_folder(self, file_id: UUID) -> None:
        folder = self.get_folder(file_id)
        shutil.rmtree(folder, ignore_errors=True)
        if folder.exists():
            shutil.rmtree(folder)  # says why
        with suppress(OSError):  # others are in it
            folder.parent.rmdir()

    def list_folders(self, older_than: timedelta) -> Iterator[UUID]:
        return self.list_local_folders(older_than)

    def list_local_folders(self, older_than: timedelta = timedelta()) -> Iterator[UUID]:
        limit = (datetime.now().astimezone() - older_than).timestamp()
        root = Path(self.location)
        for folder in root.glob("[0-9a-f][0-9a-f]/*") if root.exists() else ():
            with suppress(ValueError, FileNotFoundError):
                if not older_than or folder.stat().st_mtime < limit:
                    yield UUID(folder.name)

    def count_free_bytes(self) -> int:
        root = Path(self.location)
        root.mkdir(DIRECTORY_MODE, parents=True, exist_ok=True)
        return shutil.disk_usage(root).free


def make_folder_name(file_id: UUID) -> str:
    return f"{file_id.hex[:2]}/{file_id.hex}"


def parse_part_name(name: str) -> UUID | None:
    """The file to which a part belongs; None for the name of something else."""
    shard, _slash, rest = name.partition("/")
    folder, _slash, part = rest.partition("/")
    with suppress(ValueError):
        file_id = UUID(folder)
        return file_id if part and f"{shard}/{folder}" == make_folder_name(file_id) else None
    return None


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
