"""Uploaded files under MEDIA_ROOT, if it is set."""

import shutil
from pathlib import Path
from typing import BinaryIO, Protocol

from django.conf import settings

from ops.archive import ArchiveWriter

PREFIX = "media/"


def get_media_root() -> Path | None:
    return Path(settings.MEDIA_ROOT) if settings.MEDIA_ROOT else None


def write_media(writer: ArchiveWriter) -> None:
    folder = get_media_root()
    for path in sorted(folder.rglob("*")) if folder else ():
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                writer.put_file(PREFIX + path.relative_to(folder or path).as_posix(), file, path.stat().st_size)


class Incoming(Protocol):
    def add_file(self, name: str, body: BinaryIO) -> None: ...


class IncomingMedia:
    """Files in a directory beside MEDIA_ROOT that replaces it at the end."""

    def __init__(self) -> None:
        self.root = get_media_root()
        self.staging_dir = self.root.with_name(f".{self.root.name}.restored") if self.root else None
        self.has_files = False

    def add_file(self, name: str, body: BinaryIO) -> None:
        if self.staging_dir is None:
            raise ValueError(f"The archive contains the file {name}, but MEDIA_ROOT is not set.")
        if not self.has_files:
            self.discard()
        self.has_files = True
        path = self.staging_dir / name.removeprefix(PREFIX)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            shutil.copyfileobj(body, file)

    def replace_root(self) -> None:
        if self.has_files and self.root and self.staging_dir:
            old = self.root.with_name(f".{self.root.name}.replaced")
            shutil.rmtree(old, ignore_errors=True)
            if self.root.exists():
                self.root.rename(old)
            self.staging_dir.rename(self.root)
            shutil.rmtree(old, ignore_errors=True)

    def discard(self) -> None:
        if self.staging_dir:
            shutil.rmtree(self.staging_dir, ignore_errors=True)
