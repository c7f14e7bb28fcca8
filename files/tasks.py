"""What the worker does with files."""

import logging
from uuid import UUID

from files import cleanup
from files.storage import get_storage
from tasks.backend import task
from tasks.periodic import periodic

logger = logging.getLogger(__name__)


@task()
def process_file(file_id: str) -> None:
    """Finds out what a file is. It may run again, and the file may be gone."""
    from files.processing import process_upload  # loads what pages do not need

    process_upload(UUID(file_id))


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
