"""What the worker does with files."""

import logging
import threading
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from files import cleanup
from files.storage import get_storage
from tasks.backend import task
from tasks.periodic import periodic

logger = logging.getLogger(__name__)

# Files that a worker looks at at the same time, of its four threads. A picture takes up to 300 MB.
slots = threading.BoundedSemaphore(2)
BUSY_PAUSE = timedelta(seconds=0.3)


@task()
def process_file(file_id: str) -> None:
    """Finds out what a file is. It may run again, and the file may be gone."""
    from files.processing import process_upload  # loads what pages do not need

    if not slots.acquire(blocking=False):  # other tasks do not wait for pictures
        process_file.using(run_after=timezone.now() + BUSY_PAUSE).enqueue(file_id)
        return
    try:
        process_upload(UUID(file_id))
    finally:
        slots.release()


@task()
def process_video_poster(file_id: str) -> None:
    from files.processing import process_poster

    if not slots.acquire(blocking=False):
        process_video_poster.using(run_after=timezone.now() + BUSY_PAUSE).enqueue(file_id)
        return
    try:
        process_poster(UUID(file_id))
    finally:
        slots.release()


@task()
def delete_bytes(file_id: str) -> None:
    """Enqueued in the transaction that deletes the row, so that the bytes go however that process ends."""
    get_storage().delete_folder(UUID(file_id))


@periodic("23 * * * *")
@task()
def delete_unattached() -> None:
    if count := cleanup.delete_unattached_files():
        logger.info("Deleted %d files that were not sent within a day", count)


@periodic("53 3 * * *")
@task()
def delete_abandoned_folders() -> None:
    if count := cleanup.delete_folders_without_row():
        logger.info("Deleted %d folders of files that do not exist", count)
