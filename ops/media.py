"""Files of messages: those in the folder MYWEB_FILES_ROOT, and those in a bucket. They are restored into the folder."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Protocol

from django.conf import settings

from files.storage import DIRECTORY_MODE, FILE_MODE, get_storage
from ops.archive import ArchiveWriter

PREFIX = "media/"
STAGED, REPLACED = ".restored", ".replaced"  # in the folder itself, which may be a volume of its own


def get_media_root() -> Path:
    return Path(settings.MEDIA_ROOT)


def list_files(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink() and not path.relative_to(root).parts[0].startswith("."):
            yield path


def write_media(writer: ArchiveWriter) -> None:
    """What was deleted since the tables were read is left out."""
    root, written = get_media_root(), set[str]()
    for path in list_files(root):
        with suppress(FileNotFoundError), path.open("rb") as file:
            name = path.relative_to(root).as_posix()
            writer.put_file(PREFIX + name, file, os.fstat(file.fileno()).st_size)
            written.add(name)
    # After the folder: what is moved meanwhile is in one of both lists.
    storage = get_storage()
    for stored in storage.list_remote_parts():
        if stored.name not in written:
            with suppress(FileNotFoundError), storage.open_remote_part(stored) as file:
                file.peek()  # type: ignore[attr-defined] # before the header is written
                writer.put_file(PREFIX + stored.name, file, stored.size)


class Incoming(Protocol):
    def add_file(self, name: str, body: BinaryIO) -> None: ...


class IncomingMedia:
    """Files in a folder inside MEDIA_ROOT, which replace the others at the end. Without any, the others stay."""

    def __init__(self) -> None:
        self.root = get_media_root()
        self.staging_dir = self.root / STAGED
        self.has_files = False

    def add_file(self, name: str, body: BinaryIO) -> None:
        if not self.has_files:
            self.discard()
        self.has_files = True
        path = self.staging_dir / name.removeprefix(PREFIX)
        with allow_group_to_read():
            path.parent.mkdir(DIRECTORY_MODE, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
        with os.fdopen(descriptor, "wb") as file:
            shutil.copyfileobj(body, file)

    def replace_root(self) -> None:
        if not self.has_files:
            return
        old = self.root / REPLACED
        shutil.rmtree(old, ignore_errors=True)
        with allow_group_to_read():
            old.mkdir(DIRECTORY_MODE)
        for path in list(self.root.iterdir()):
            if path not in {old, self.staging_dir}:
                path.rename(old / path.name)
        for path in list(self.staging_dir.iterdir()):
            path.rename(self.root / path.name)
        shutil.rmtree(old, ignore_errors=True)

    def discard(self) -> None:
        shutil.rmtree(self.staging_dir, ignore_errors=True)


@contextmanager
def allow_group_to_read() -> Iterator[None]:
    """nginx may be another user, and the commands of an admin have a strict umask."""
    before = os.umask(0o027)
    try:
        yield
    finally:
        os.umask(before)
