"""Checks whether files of messages can be stored, how full their limits are, and whether the worker looks at them."""

import tempfile
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from files.status import FileStatus, count_waiting_files, find_missing_files, read_file_status
from files.storage import StorageUnavailable, get_storage
from myweb.formats import format_duration, format_file_size
from ops.doctor.finding import (
    Finding,
    Findings,
    describe_error,
    format_count,
    report_failure,
    report_ok,
    report_warning,
)
from ops.doctor.hints import get_database_hint
from ops.doctor.installation import get_installation
from ops.doctor.site_client import SiteClient

LONG_WAIT = timedelta(minutes=5)
NEARLY_FULL = 0.9
LOOKED_AT, LOOKED_AT_IN_BUCKET = 500, 50  # files whose bytes are looked for: the newest
MANY_WAITING = 100  # files that the worker has not moved; new ones stay for a minute


def check_files(_site: SiteClient) -> Findings:
    try:
        status = read_file_status()
    except DatabaseError as error:
        yield report_failure(f"the files can't be read: {describe_error(error)}", get_database_hint(error))
        return
    root = Path(settings.MEDIA_ROOT)
    try:
        root.mkdir(0o750, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=root, prefix=".doctor-"):
            pass
    except OSError as error:
        hint = get_installation().explain_setting("MYWEB_FILES_ROOT, a folder that the site may write")
        yield report_failure(f"{root} can't be written: {error.strerror}", hint)
    yield from check_bucket() if get_storage().bucket_url else check_bytes(str(root), LOOKED_AT)
    yield from check_waiting_files(status)
    yield check_limit(status)


def check_bytes(place: str, limit: int) -> Findings:
    if missing := find_missing_files(limit):
        count = format_count(len(missing), "file")
        yield report_warning(
            f"{count} of the newest {limit} have no bytes in {place}, such as {missing[0]}",
            "Restore a backup that has them: docs/deploy.md, Backup; or the senders send them again",
        )


def check_bucket() -> Findings:
    storage = get_storage()
    try:
        storage.probe()
        yield from check_bytes(storage.bucket_url, LOOKED_AT_IN_BUCKET)
    except StorageUnavailable as error:
        hint = "compare MYWEB_FILES_S3 and its keys with those of the service; until then new files stay on the disk"
        yield report_failure(f"the bucket for files can't be used: {error}", hint)
    else:
        yield report_ok(f"the bucket {storage.bucket_url} can be written and read")
    if storage.bucket_url.startswith("http:"):
        yield report_warning("files travel to the bucket without encryption", "use https in MYWEB_FILES_S3")
    if (waiting := count_waiting_files()) > MANY_WAITING:
        yield report_warning(
            f"{format_count(waiting, 'file')} wait on the disk for the bucket",
            "the worker moves them; its log has the reason if they stay",
        )


def check_waiting_files(status: FileStatus) -> Findings:
    if status.oldest_working and timezone.now() - status.oldest_working > LONG_WAIT:
        waited = format_duration((timezone.now() - status.oldest_working).total_seconds())
        yield report_warning(
            f"{format_count(status.working, 'file')} waited for the worker for up to {waited}",
            f"{get_installation().manage} doctor --only tasks; Settings > Background tasks shows what failed",
        )


def check_limit(status: FileStatus) -> Finding:
    limit = settings.FILES_MB * 1_000_000
    message = f"{format_count(status.count, 'file')}, {format_file_size(status.size)} of {format_file_size(limit)}"
    if status.size > NEARLY_FULL * limit:
        return report_warning(message, get_installation().explain_setting("MYWEB_FILES_MB, if the disk has the space"))
    return report_ok(message)
