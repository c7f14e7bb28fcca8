"""Files in a bucket of an S3-compatible service (docs/decisions/0021-files-in-a-bucket.md).

What is uploaded or processed is on the disk. The worker copies what is ready into the bucket (``move_ready_files``)
and deletes it here a little later. Until then it is read from the disk, so a bucket that does not answer keeps nobody
from uploading, nor from reading what is new.
"""

import io
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Literal
from uuid import UUID, uuid4

from files.storage import (
    DIRECTORY_MODE,
    FILE_MODE,
    DiskStorage,
    StorageUnavailable,
    StoredPart,
    make_folder_name,
    parse_part_name,
)
from myweb.bucket_settings import BucketSettings
from myweb.buckets import Bucket, open_blocks

TIMEOUT = "60s"  # of a request, for 8 MiB at most
RETRIES = 1
KEPT_LOCALLY = timedelta(minutes=1)  # after the copy: nginx may have been told of the disk just before
PROBE_FOLDER = "doctor"


class BucketStorage(DiskStorage):
    def __init__(self, bucket: BucketSettings) -> None:
        super().__init__()
        self.given = bucket
        self.bucket_url = bucket.url

    @cached_property
    def bucket(self) -> Bucket:
        return Bucket(self.given, timeout=TIMEOUT, retries=RETRIES)

    def is_remote(self, file_id: UUID, part: str) -> bool:
        return not super().has_part(file_id, part)

    def has_part(self, file_id: UUID, part: str) -> bool:
        try:
            self.get_size(file_id, part)
        except FileNotFoundError:
            return False
        return True

    def sign_address(self, method: Literal["GET", "HEAD"], file_id: UUID, part: str) -> str:
        return self.bucket.sign(method, make_part_name(file_id, part))

    def get_size(self, file_id: UUID, part: str) -> int:
        with suppress(FileNotFoundError):
            return super().get_size(file_id, part)
        with self.explain_errors():
            return self.bucket.find(make_part_name(file_id, part)).size

    def read_range(self, file_id: UUID, part: str, begin: int, end: int) -> Iterator[bytes]:
        if not self.is_remote(file_id, part):
            yield from super().read_range(file_id, part, begin, end)
            return
        yield from self.read_remote_range(make_part_name(file_id, part), begin, end)

    def read_remote_range(self, name: str, begin: int, end: int) -> Iterator[bytes]:
        with self.explain_errors():
            yield from self.bucket.read(name, begin, end)

    def list_remote_parts(self) -> Iterator[StoredPart]:
        with self.explain_errors():
            for found in self.bucket.list_objects():
                if parse_part_name(found.name):
                    yield StoredPart(found.name, found.size)

    def open_remote_part(self, stored: StoredPart) -> BinaryIO:
        return open_blocks(self.read_remote_range(stored.name, 0, stored.size))

    def delete_folder(self, file_id: UUID) -> None:
        self.delete_local_folder(file_id)
        self.delete_remote_folder(file_id)

    def delete_remote_folder(self, file_id: UUID) -> None:
        with self.explain_errors():
            for found in list(self.bucket.list_objects(make_folder_name(file_id))):
                self.bucket.delete(found.name)

    def list_folders(self, older_than: timedelta) -> Iterator[UUID]:
        local = set(self.list_local_folders())
        yield from self.list_local_folders(older_than)
        before = datetime.now().astimezone() - older_than
        with self.explain_errors():
            for found in self.bucket.list_objects():
                file_id = parse_part_name(found.name)
                if file_id and file_id not in local and found.written_at < before:
                    local.add(file_id)
                    yield file_id

    def move_folder(self, file_id: UUID, parts: Collection[str]) -> bool:
        """Copies what the bucket lacks, or deletes here what it has had for a while. Whether something was copied."""
        copied = is_kept = False
        with self.explain_errors():
            for part in parts:
                path = self.get_path(file_id, part)
                with suppress(FileNotFoundError):  # also of a file that is deleted meanwhile
                    written_at = self.find_copy(file_id, path)
                    if written_at is None:
                        with path.open("rb") as file:
                            self.bucket.put(make_part_name(file_id, part), file)
                        copied = True
                    is_kept |= written_at is None or datetime.now().astimezone() - written_at < KEPT_LOCALLY
        if not is_kept:
            self.delete_local_folder(file_id)
        return copied

    def find_copy(self, file_id: UUID, path: Path) -> datetime | None:
        """When the bucket got it; None if it has no such part, or not all of it."""
        size = path.stat().st_size
        with suppress(FileNotFoundError):
            found = self.bucket.find(make_part_name(file_id, path.name))
            return found.written_at if found.size == size else None
        return None

    def fetch_part(self, stored: StoredPart) -> None:
        """Copies it to the disk, where it is whole or absent."""
        path = Path(self.location) / stored.name
        path.parent.mkdir(DIRECTORY_MODE, parents=True, exist_ok=True)
        incomplete = path.with_name(f"work-{path.name}")  # which the next run replaces
        with incomplete.open("wb") as file:
            for block in self.read_remote_range(stored.name, 0, stored.size):
                file.write(block)
        incomplete.chmod(FILE_MODE)
        incomplete.rename(path)

    def probe(self) -> None:
        """Writes, reads and deletes an object. Raises :class:`StorageUnavailable`."""
        name, content = f"{PROBE_FOLDER}/{uuid4().hex}", b"written by doctor"
        with self.explain_errors():
            self.bucket.put(name, io.BytesIO(content))
            try:
                if b"".join(self.bucket.read(name, 0, len(content))) != content:
                    raise OSError("it gives back something else than was written")
            finally:
                self.bucket.delete(name)

    @contextmanager
    def explain_errors(self) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, StorageUnavailable):
            raise
        except OSError as error:
            raise StorageUnavailable(f"{self.bucket_url}: {error}") from None


def make_part_name(file_id: UUID, part: str) -> str:
    return f"{make_folder_name(file_id)}/{part}"
