"""How many files there are, how large they are, and what waits: for pages, doctor and tests."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q, Sum

from accounts.models import User
from files.models import File, Kind, State
from files.moving import list_ready_files
from files.pictures import PICTURE
from files.storage import ORIGINAL, get_storage


@dataclass(frozen=True)
class FileStatus:
    count: int
    size: int  # bytes
    working: int  # wait for the worker
    oldest_working: datetime | None


def read_file_status() -> FileStatus:
    working = Q(state=State.WORKING)
    row = File.objects.aggregate(
        count=Count("pk"),
        size=Sum("size"),
        working=Count("pk", filter=working),
        oldest=Min("updated_at", filter=working),
    )
    return FileStatus(row["count"], int(row["size"] or 0), row["working"], row["oldest"])


def find_missing_files(limit: int) -> list[str]:
    """The names of those of the newest files that have no bytes. Raises :class:`StorageUnavailable`."""
    storage = get_storage()
    newest = File.objects.filter(state=State.READY).order_by("-created_at")[:limit]
    return [
        file.name for file in newest if not storage.has_part(file.pk, PICTURE if file.kind == Kind.IMAGE else ORIGINAL)
    ]


def count_waiting_files() -> int:
    """Ready files that the disk still has and the bucket is to get; new ones stay a minute."""
    storage = get_storage()
    return sum(1 for _file in list_ready_files(storage.list_local_folders())) if storage.bucket_url else 0


@dataclass(frozen=True)
class UserUsage:
    user: User
    count: int
    size: int  # bytes


def list_largest_users(limit: int) -> list[UserUsage]:
    """Who has the most bytes, first."""
    rows = User.objects.annotate(count=Count("files"), size=Sum("files__size")).filter(count__gt=0)
    return [UserUsage(user, user.count, int(user.size or 0)) for user in rows.order_by("-size", "pk")[:limit]]
