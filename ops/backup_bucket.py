"""Copies of daily backups in a bucket of an S3-compatible service."""

from datetime import datetime, timedelta
from fnmatch import fnmatch
from pathlib import Path

from django.conf import settings

from myweb.bucket_settings import InvalidBucket, parse_bucket
from myweb.buckets import PART_SIZE, Bucket, StoredObject
from ops.daily_backups import PATTERN

__all__ = ["PART_SIZE", "BackupBucket", "InvalidBucket", "get_bucket"]

PART_TIMEOUT = "5m"
RETRIES = 3


class BackupBucket:
    """Every method raises :class:`OSError` with a short reason."""

    def __init__(self, url: str, access_key: str, secret_key: str, region: str) -> None:
        """Raises :class:`InvalidBucket`."""
        given = parse_bucket("MYWEB_BACKUPS_S3", url, access_key=access_key, secret_key=secret_key, region=region)
        self.url, self.is_encrypted = url, given.is_encrypted
        self.bucket = Bucket(given, timeout=PART_TIMEOUT, retries=RETRIES)

    def list_backups(self) -> list[StoredObject]:
        """Sorted from the oldest to the newest."""
        return sorted(copy for copy in self.bucket.list_objects() if fnmatch(copy.name, PATTERN))

    def copy_backup(self, path: Path) -> None:
        """The copy is whole or absent."""
        with path.open("rb") as file:
            self.bucket.put(path.name, file)

    def delete_old_backups(self, days: int, now: datetime) -> int:
        """Returns how many. The newest stays."""
        old = [copy.name for copy in self.list_backups()[:-1] if copy.written_at < now - timedelta(days=days)]
        for name in old:
            self.bucket.delete(name)
        return len(old)


def get_bucket() -> BackupBucket | None:
    """Raises :class:`InvalidBucket`."""
    if not settings.BACKUPS_S3:
        return None
    return BackupBucket(
        settings.BACKUPS_S3,
        settings.BACKUPS_S3_ACCESS_KEY,
        settings.BACKUPS_S3_SECRET_KEY,
        settings.BACKUPS_S3_REGION,
    )
