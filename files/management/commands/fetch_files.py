from typing import Any

from django.core.management.base import BaseCommand, CommandError

from files.moving import fetch_files
from files.storage import StorageUnavailable, get_storage


class Command(BaseCommand):
    help = (
        "Copies all files from the bucket MYWEB_FILES_S3 to the folder MYWEB_FILES_ROOT: the way back to a disk. Stop "
        "the workers first, which would move them into the bucket again, and remove MYWEB_FILES_S3 afterwards."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not (url := get_storage().bucket_url):
            raise CommandError("MYWEB_FILES_S3 is not set: the files are in the folder already.")
        try:
            count = fetch_files()
        except StorageUnavailable as error:
            raise CommandError(f"{error}. Run it again; what was copied stays.") from None
        self.stdout.write(f"Copied {count} files from {url}.")
