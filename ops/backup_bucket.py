"""Copies of daily backups in a bucket of an S3-compatible service (docs/decisions/0016-obstore-for-s3.md)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import obstore
from django.conf import settings
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from ops.daily_backups import PATTERN

PART_SIZE = 8 * 1024 * 1024  # bytes of an upload that are in memory
PART_TIMEOUT = "5m"


class InvalidBucket(ValueError):
    """One sentence about the settings. It contains no secret."""


class Copy(NamedTuple):
    name: str
    written_at: datetime
    size: int


class Bucket:
    def __init__(self, url: str, access_key: str, secret_key: str, region: str) -> None:
        parts = urlsplit(url)
        name, _slash, prefix = parts.path.strip("/").partition("/")
        if "@" in parts.netloc or parts.query:
            raise InvalidBucket("MYWEB_BACKUPS_S3 must not contain a key: use MYWEB_BACKUPS_S3_SECRET_KEY.")
        if parts.scheme not in {"https", "http"} or not parts.netloc or not name:
            raise InvalidBucket("MYWEB_BACKUPS_S3 must be https://SERVICE/BUCKET or https://SERVICE/BUCKET/FOLDER.")
        if not access_key or not secret_key:
            raise InvalidBucket("MYWEB_BACKUPS_S3 needs MYWEB_BACKUPS_S3_ACCESS_KEY and MYWEB_BACKUPS_S3_SECRET_KEY.")
        self.url, self.secret_key, self.is_encrypted = url, secret_key, parts.scheme == "https"
        self.store = S3Store(
            name,
            prefix=prefix or None,
            endpoint=f"{parts.scheme}://{parts.netloc}",
            access_key_id=access_key,
            secret_access_key=secret_key,
            region=region,
            virtual_hosted_style_request=False,
            client_options={"allow_http": True, "connect_timeout": "5s", "timeout": PART_TIMEOUT},
            retry_config={"max_retries": 3, "retry_timeout": timedelta(minutes=10)},
        )

    def list_backups(self) -> list[Copy]:
        """Sorted from the oldest to the newest. Raises :class:`OSError`."""
        with self.wrap_errors():
            rows = [row for page in obstore.list(self.store) for row in page]
        copies = [Copy(row["path"], row["last_modified"], row["size"]) for row in rows]
        return sorted(copy for copy in copies if fnmatch(copy.name, PATTERN))

    def copy_backup(self, path: Path) -> None:
        """Raises :class:`OSError`. The copy is whole or absent."""
        with self.wrap_errors(), path.open("rb") as file:
            obstore.put(self.store, path.name, file, chunk_size=PART_SIZE, max_concurrency=1)

    def delete_old_backups(self, days: int, now: datetime) -> int:
        """Returns how many. The newest stays."""
        old = [copy.name for copy in self.list_backups()[:-1] if copy.written_at < now - timedelta(days=days)]
        with self.wrap_errors():
            if old:
                obstore.delete(self.store, old)
        return len(old)

    @contextmanager
    def wrap_errors(self) -> Iterator[None]:
        try:
            yield
        except (PermissionDeniedError, UnauthenticatedError):
            raise OSError("the access key was refused") from None
        except FileNotFoundError:
            raise OSError("there is no such bucket") from None
        except BaseError as error:
            raise OSError(self.describe(str(error))) from None

    def describe(self, text: str) -> str:
        if "InvalidCertificate" in text:
            return "its certificate is not trusted here"
        line = text.partition("\n")[0].replace(self.secret_key, "***")
        if "404 Not Found" in line:
            return "there is no such bucket"
        return "it does not answer" if "error sending request" in line else line[:300]


def get_bucket() -> Bucket | None:
    """Raises :class:`InvalidBucket`."""
    if not settings.BACKUPS_S3:
        return None
    return Bucket(
        settings.BACKUPS_S3,
        settings.BACKUPS_S3_ACCESS_KEY,
        settings.BACKUPS_S3_SECRET_KEY,
        settings.BACKUPS_S3_REGION,
    )
