"""Deletes what no message has: files that were never sent, and bytes without a row."""

from collections.abc import Callable, Collection, Iterable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from files.models import File
from files.storage import get_storage

KEPT_FOR = timedelta(days=1)  # since the last piece came; of a folder, since it was changed
DELETED_AT_ONCE = 100  # files in one transaction

# Of these folders: those that another app has rows for.
folder_owners: list[Callable[[Collection[UUID]], Iterable[UUID]]] = []


def delete_unattached_files() -> int:
    before, count = timezone.now() - KEPT_FOR, 0
    while True:
        with transaction.atomic():
            # Locked, so that no message takes one of them meanwhile.
            old = File.objects.select_for_update(skip_locked=True).filter(message=None, updated_at__lt=before)
            batch = [file.pk for file in old[:DELETED_AT_ONCE]]
            File.objects.filter(pk__in=batch).delete()
        count += len(batch)
        if len(batch) < DELETED_AT_ONCE:
            return count


def delete_folders_without_row() -> int:
    """What an upload left that was cancelled while a piece arrived, or a restore."""
    storage = get_storage()
    folders = list(storage.list_folders(older_than=KEPT_FOR))
    count = 0
    for start in range(0, len(folders), DELETED_AT_ONCE):
        chunk = folders[start : start + DELETED_AT_ONCE]
        owned = [set(find_owned(chunk)) for find_owned in folder_owners]
        for file_id in set(chunk).difference(File.objects.filter(pk__in=chunk).values_list("pk", flat=True), *owned):
            storage.delete_folder(file_id)
            count += 1
    return count
