"""Files of messages in backups, restored, and looked at by doctor."""

import os
import tarfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from chat.models import Room
from files.models import File
from files.storage import get_storage
from ops import media
from tests.integration.files.test_messages_with_files import send_files
from tests.support.cast import as_
from tests.support.images import make_photo
from tests.support.patient import doctor
from tests.support.uploads import upload, upload_ready

pytestmark = pytest.mark.django_db(transaction=True)


def back_up(tmp_path: Path) -> Path:
    path = tmp_path / "a.tar.gz"
    call_command("backup", str(path))
    return path


def test_files_come_back_with_their_messages(ben: User, room: Room, tmp_path: Path, files_root: Path) -> None:
    text, photo = upload_ready(ben, room, b"some text"), upload_ready(ben, room, make_photo())
    send_files(ben, room, text, photo)
    path, inode = back_up(tmp_path), files_root.stat().st_ino
    File.objects.all().delete()
    for file in (text, photo):
        get_storage().delete_folder(file.pk)
    late = upload_ready(ben, room, b"late")
    call_command("restore", str(path), "--replace")
    browser = as_(User.objects.get(pk=ben.pk))
    assert b"".join(browser.get(f"/files/{text.pk}/").streaming_content) == b"some text"  # type: ignore[attr-defined]
    assert browser.get(f"/files/{photo.pk}/thumbnail/").status_code == 200
    assert not get_storage().get_folder(late.pk).exists()
    assert files_root.stat().st_ino == inode  # a volume cannot be renamed
    assert not [entry.name for entry in files_root.iterdir() if entry.name.startswith(".")]


def test_restored_files_are_readable_for_nginx(ben: User, room: Room, tmp_path: Path) -> None:
    file = upload_ready(ben, room, b"some text")
    path = back_up(tmp_path)
    before = os.umask(0o077)
    try:
        call_command("restore", str(path), "--replace")
    finally:
        os.umask(before)
    stored = get_storage().get_path(file.pk, "original")
    modes = [step.stat().st_mode & 0o777 for step in (stored, stored.parent, stored.parent.parent)]
    assert modes == [0o640, 0o750, 0o750]


def test_an_archive_may_leave_the_files_out(ben: User, room: Room, tmp_path: Path, settings: Settings) -> None:
    settings.BACKUP_FILES = False
    file = upload_ready(ben, room, b"some text")
    path = back_up(tmp_path)
    with tarfile.open(path) as archive:
        assert not [name for name in archive.getnames() if name.startswith(media.PREFIX)]
    call_command("restore", str(path), "--replace")
    assert get_storage().get_path(file.pk, "original").read_bytes() == b"some text"


def test_what_is_deleted_during_a_backup_is_left_out(
    ben: User, room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, kept = upload_ready(ben, room, b"gone"), upload_ready(ben, room, b"kept")
    listed = media.list_files

    def list_and_delete(root: Path) -> list[Path]:
        paths = list(listed(root))
        get_storage().delete_folder(gone.pk)
        return paths

    monkeypatch.setattr(media, "list_files", list_and_delete)
    with tarfile.open(back_up(tmp_path)) as archive:
        names = [name for name in archive.getnames() if name.startswith(media.PREFIX)]
    assert names == [f"media/{kept.pk.hex[:2]}/{kept.pk.hex}/original"]


def test_doctor_says_how_much_there_is(ben: User, room: Room) -> None:
    upload_ready(ben, room, b"some text")
    found = doctor("files")["files"]
    assert (found.state, found.message) == ("ok", "1 file, 9 B of 50 GB")


def test_doctor_tells_of_files_without_bytes(ben: User, room: Room) -> None:
    file = upload_ready(ben, room, b"some text", "lost.txt")
    get_storage().delete_folder(file.pk)
    found = doctor("files")["files"]
    assert found.state == "warning"
    assert "1 file of the newest 500 have no bytes" in found.message
    assert "lost.txt" in found.message


def test_doctor_tells_of_files_that_wait_for_the_worker(ben: User, room: Room) -> None:
    upload(ben, room, b"some text")
    assert doctor("files")["files"].state == "ok"
    File.objects.update(updated_at=timezone.now() - timedelta(hours=2))
    found = doctor("files")["files"]
    assert (found.state, "1 file waited for the worker for up to 2 h" in found.message) == ("warning", True)


def test_doctor_tells_when_the_limit_is_near(ben: User, room: Room, settings: Settings) -> None:
    settings.FILES_MB = 1
    upload_ready(ben, room, b"x" * 950_000)
    found = doctor("files")["files"]
    assert (found.state, "MYWEB_FILES_MB" in found.hint) == ("warning", True)


def test_doctor_tells_of_a_folder_that_cannot_be_written(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    settings.MEDIA_ROOT = str(tmp_path / "taken" / "files")
    found = doctor("files")["files"]
    assert (found.state, "MYWEB_FILES_ROOT" in found.hint) == ("failed", True)
