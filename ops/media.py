"""Uploaded files under MEDIA_ROOT, if it is set."""

import shutil
from pathlib import Path
from typing import BinaryIO

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


class IncomingMedia:
    """Files in a directory beside MEDIA_ROOT that replaces it at the end."""

    def __init__(self) -> None:
        self.root = get_media_root()
        self.fresh = self.root.with_name(f".{self.root.name}.restored") if self.root else None
        self.came = False

    def add_file(self, name: str, body: BinaryIO) -> None:
        if self.fresh is None:
            raise ValueError(f"The archive contains the file {name}, but MEDIA_ROOT is not set.")
        if not self.came:
            self.discard()
        self.came = True
        path = self.fresh / name.removeprefix(PREFIX)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            shutil.copyfileobj(body, file)

    def replace_root(self) -> None:
        if self.came and self.root and self.fresh:
            old = self.root.with_name(f".{self.root.name}.replaced")
            shutil.rmtree(old, ignore_errors=True)
            if self.root.exists():
                self.root.rename(old)
            self.fresh.rename(self.root)
            shutil.rmtree(old, ignore_errors=True)

    def discard(self) -> None:
        if self.fresh:
            shutil.rmtree(self.fresh, ignore_errors=True)
