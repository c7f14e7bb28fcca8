"""What the worker does with files."""

import logging
import threading
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from files import cleanup
from files.storage import StorageUnavailable, get_storage
from tasks.backend import task
from tasks.periodic import periodic
from tasks.retries import PAUSES

logger = logging.getLogger(__name__)

# Files that a worker looks at at the same time, of its four threads. A picture takes up to 300 MB.
slots = threading.BoundedSemaphore(2)
BUSY_PAUSE = timedelta(seconds=0.3)
# A bucket that hangs holds one thread for copies and one for deletions.
moves, deletions = threading.Lock(), threading.Lock()
BUCKET_PAUSE = timedelta(seconds=5)
MOVE_SECONDS = 240.0
MOVE_KEY = "move files"  # while such a task waits, another is not added


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
    if get_storage().bucket_url:
        move_files.using(key=MOVE_KEY).enqueue()


@task()
def process_picture(upload_id: str) -> None:
    """Of a user or the workspace."""
    from files.picture_processing import process_picture_upload

    if not slots.acquire(blocking=False):
        process_picture.using(run_after=timezone.now() + BUSY_PAUSE).enqueue(upload_id)
        return
    try:
        process_picture_upload(UUID(upload_id))
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
    if get_storage().bucket_url:
        move_files.using(key=MOVE_KEY).enqueue()


@periodic("*/5 * * * *")
@task()
def move_files() -> None:
    """Into the bucket, if there is one: new files, those that came by a restore, and those of the time before it."""
    if not get_storage().bucket_url:
        return
    from files.moving import move_ready_files

    if not moves.acquire(blocking=False):
        move_files.using(key=MOVE_KEY, run_after=timezone.now() + BUCKET_PAUSE).enqueue()
        return
    try:
        if count := move_ready_files(MOVE_SECONDS):
            logger.info("Moved %d files into the bucket", count)
    except StorageUnavailable as error:
        logger.warning("Files wait on the disk for the bucket: %s", error)  # until the next periodic run
    finally:
        moves.release()


@task(max_tries=12, pauses=(*PAUSES, 7200.0))  # a bucket may be away for a day
def delete_bytes(file_id: str) -> None:
    """Enqueued in the transaction that deletes the row, so that the bytes go however that process ends."""
    storage = get_storage()
    if not storage.bucket_url:
        storage.delete_folder(UUID(file_id))
    elif deletions.acquire(blocking=False):
        try:
            storage.delete_folder(UUID(file_id))
        finally:
            deletions.release()
    else:
        delete_bytes.using(run_after=timezone.now() + BUCKET_PAUSE).enqueue(file_id)


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
