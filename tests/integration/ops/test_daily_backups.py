"""The folder of daily backups: what is due, what is copied, what is deleted, and what doctor says of it."""

import errno
import fcntl
import os
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import BinaryIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from monitor.metrics.backup_state import update_backup_state
from ops import daily_backups
from ops.archive import GZIP_MAGIC
from ops.backup_writer import write_backup
from ops.doctor.backups import check_backups
from ops.doctor.finding import FindingState
from ops.doctor.site_client import SiteClient
from ops.management.commands import backup
from ops.progress import Progress
from tests.support.archives import postpone_restore_check

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
AT_THREE = datetime(2026, 11, 29, 3, tzinfo=UTC)


@pytest.fixture
def folders(tmp_path: Path, settings: Settings) -> tuple[Path, Path]:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    settings.BACKUPS, settings.BACKUPS_COPY, settings.DEBUG = str(here), str(there), False
    return here, there


def add_backup(folder: Path, age: timedelta, now: datetime, content: bytes = GZIP_MAGIC) -> Path:
    path = folder / f"myweb-{now - age:%Y-%m-%d-%H%M%S}.tar.gz"
    path.write_bytes(content)
    moment = (now - age).timestamp()
    os.utime(path, (moment, moment))
    return path


def read_findings() -> list[tuple[FindingState, str]]:
    """Of the places; whether a backup can be restored comes last (test_restore_check.py)."""
    findings = list(check_backups(SiteClient("http://localhost")))
    return [(finding.state, finding.message) for finding in findings if "restor" not in finding.message]


@pytest.mark.parametrize(
    ("now", "hours", "due"), [(NOON, 23, False), (NOON, 24, True), (AT_THREE, 19, False), (AT_THREE, 21, True)]
)
def test_a_backup_is_due_after_a_day_and_at_night_somewhat_earlier(
    tmp_path: Path, now: datetime, hours: int, due: bool
) -> None:
    assert daily_backups.is_backup_due(tmp_path, now), "the first one at once"
    add_backup(tmp_path, timedelta(hours=hours), now)
    with timezone.override(UTC):
        assert daily_backups.is_backup_due(tmp_path, now) is due


def test_old_backups_are_deleted_but_never_the_newest(tmp_path: Path) -> None:
    kept = [add_backup(tmp_path, timedelta(days=days), NOON) for days in (40, 15, 13)][2:]
    other = tmp_path / "notes.txt"
    other.touch()
    os.utime(other, (0, 0))
    assert daily_backups.delete_old_backups(tmp_path, 14, NOON) == 2
    assert sorted(tmp_path.iterdir()) == sorted([*kept, other])
    assert daily_backups.delete_old_backups(tmp_path, 1, NOON) == 0


@pytest.mark.parametrize("content", [b"", bytes(4_096)])
def test_an_empty_archive_is_no_backup(folders: tuple[Path, Path], content: bytes) -> None:
    whole = add_backup(folders[0], timedelta(days=20), NOON)
    broken = add_backup(folders[0], timedelta(days=15), NOON, content)
    add_backup(folders[1], timedelta(), timezone.now())
    with timezone.override(UTC):
        assert daily_backups.is_backup_due(folders[0], NOON)
    (_state, said), *_others = read_findings()
    assert said.startswith(f"{broken}: empty or no archive")
    assert read_findings()[0][0] == FindingState.FAILED
    assert daily_backups.delete_old_backups(folders[0], 14, NOON) == 1
    assert list(folders[0].iterdir()) == [whole]


def test_a_daily_backup_stands_in_both_places_and_can_be_restored(ada: User, folders: tuple[Path, Path]) -> None:
    old = add_backup(folders[1], timedelta(days=20), timezone.now())
    call_command("backup", "--daily")
    (here,), (there,) = map(daily_backups.list_backups, folders)
    assert here.name == there.name
    assert here.read_bytes() == there.read_bytes()
    assert {path.stat().st_mode & 0o777 for path in (here, there)} == {0o600}
    assert not old.exists()
    call_command("restore", "--check", str(there))
    assert [state for state, _message in read_findings()] == [FindingState.OK] * 2
    call_command("backup", "--daily", "--if-due")
    assert daily_backups.list_backups(folders[0]) == [here]


def test_a_run_waits_for_another_one_and_then_asks_again_what_is_due(ada: User, folders: tuple[Path, Path]) -> None:
    other = os.open(folders[0], os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)

    class FinishTheOther(StringIO):
        def write(self, text: str) -> int:
            assert text == "Waits for the backup that runs.\n"
            add_backup(folders[0], timedelta(), timezone.now())
            os.close(other)
            return len(text)

    call_command("backup", "--daily", "--if-due", stderr=FinishTheOther())
    assert len(daily_backups.list_backups(folders[0])) == 1
    assert daily_backups.list_backups(folders[1]) == []


def test_two_archives_that_are_written_into_one_file_at_once_are_each_whole(
    ada: User, folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folders[0] / "myweb-now.tar.gz"

    def write_both(out: BinaryIO, progress: Progress) -> dict[str, int]:
        monkeypatch.undo()
        call_command("backup", str(path))
        call_command("restore", "--check", str(path))
        return write_backup(out, progress)

    monkeypatch.setattr(backup, "write_backup", write_both)
    call_command("backup", str(path))
    call_command("restore", "--check", str(path))
    assert list(folders[0].iterdir()) == [path]


def test_a_site_without_accounts_leaves_the_second_place_alone_until_it_has_one(
    folders: tuple[Path, Path], request: pytest.FixtureRequest
) -> None:
    old = add_backup(folders[1], timedelta(days=1), timezone.now())
    call_command("backup", "--daily", "--if-due")
    (empty,) = daily_backups.list_backups(folders[0])
    assert daily_backups.list_backups(folders[1]) == [old]
    call_command("backup", "--daily", "--if-due")
    assert daily_backups.list_backups(folders[0]) == [empty]
    empty.rename(add_backup(folders[0], timedelta(minutes=1), timezone.now()))
    request.getfixturevalue("ada")
    call_command("backup", "--daily", "--if-due")
    assert len(daily_backups.list_backups(folders[0])) == 2
    assert daily_backups.list_backups(folders[1])[-1].name == daily_backups.list_backups(folders[0])[-1].name


def test_a_second_place_that_is_away_fails_aloud_and_the_first_has_its_backup(
    ada: User, folders: tuple[Path, Path]
) -> None:
    postpone_restore_check()
    folders[1].rmdir()
    with pytest.raises(CommandError, match=f"{folders[1]} can't be written: No such file or directory"):
        call_command("backup", "--daily")
    assert len(daily_backups.list_backups(folders[0])) == 1


def test_a_second_place_of_another_user_says_to_whom_it_must_belong(
    ada: User, folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, folder: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    postpone_restore_check()
    monkeypatch.setattr(daily_backups, "copy_backup", refuse)
    with pytest.raises(CommandError, match=f"Permission denied. It must belong to user {os.getuid()}"):
        call_command("backup", "--daily")


@pytest.mark.parametrize(
    ("hours", "state"), [(25, FindingState.OK), (27, FindingState.WARNING), (24 * 8, FindingState.FAILED)]
)
def test_doctor_reads_the_age_of_the_newest_backup(folders: tuple[Path, Path], hours: int, state: FindingState) -> None:
    for folder in folders:
        add_backup(folder, timedelta(hours=hours), timezone.now())
        add_backup(folder, timedelta(hours=hours + 24), timezone.now())
    assert [found for found, _message in read_findings()] == [state] * 2
    assert f"the newest of 2 backups in {folders[0]} is " in read_findings()[0][1]


def test_doctor_warns_without_backups_and_without_a_second_place(
    folders: tuple[Path, Path], settings: Settings
) -> None:
    assert read_findings()[0] == (FindingState.FAILED, f"no backup in {folders[0]}")
    settings.BACKUPS_COPY = ""
    assert read_findings()[1][0] == FindingState.WARNING
    settings.BACKUPS = ""
    assert [state for state, _message in read_findings()] == [FindingState.WARNING]


def test_a_daily_backup_without_a_folder_says_what_to_set(settings: Settings) -> None:
    settings.BACKUPS = ""
    with pytest.raises(CommandError, match="MYWEB_BACKUPS is not set"):
        call_command("backup", "--daily")
    with pytest.raises(CommandError, match="Name a file, or use --daily or --check-restore"):
        call_command("backup")


def test_where_another_machine_has_the_folder_doctor_goes_by_what_it_stored(
    folders: tuple[Path, Path], settings: Settings
) -> None:
    settings.BACKUPS = settings.BACKUPS_COPY = ""
    now = timezone.now().timestamp()
    update_backup_state(made_at=now - 3600, copied_at=now - 27 * 3600, has_copies=True)
    assert read_findings() == [
        (FindingState.OK, "the newest backup is 1 h old"),
        (FindingState.WARNING, "the newest copy is 1 d 3 h old"),
    ]
