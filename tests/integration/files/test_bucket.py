"""Files in a bucket of a real S3-compatible service: moved there by the worker, read from it, and without it."""

import io
import logging
import re
import tarfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from PIL import Image
from pytest_django.fixtures import Settings

from accounts.models import User
from chat import message_services
from chat.models import Room
from files import bucket_storage, moving
from files.bucket_storage import BucketStorage
from files.cleanup import delete_folders_without_row
from files.models import File
from files.processing import process_upload
from files.storage import get_storage, make_folder_name, parse_part_name
from files.tasks import delete_bytes, deletions, move_files, moves
from myweb.bucket_settings import BucketSettings
from tasks.models import QueuedTask
from tests.integration.files.test_downloads import get, read_body
from tests.integration.files.test_messages_with_files import send_files
from tests.support.buckets import Service, run_service
from tests.support.cast import as_
from tests.support.images import PLACE, make_photo
from tests.support.patient import doctor
from tests.support.proxy import Proxy
from tests.support.uploads import begin_upload, send_piece, upload, upload_ready

BUCKET = "files"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with run_service(tmp_path_factory.mktemp("service")) as running:
        running.make_bucket(BUCKET)
        yield running


def use_bucket(settings: Settings, given: BucketSettings) -> BucketStorage:
    settings.STORAGES = {
        **settings.STORAGES,
        "files": {"BACKEND": "files.bucket_storage.BucketStorage", "OPTIONS": {"bucket": given}},
    }
    storage = storages["files"]
    assert isinstance(storage, BucketStorage)
    return storage


def use_disk(settings: Settings) -> None:
    settings.STORAGES = {**settings.STORAGES, "files": {"BACKEND": "files.storage.DiskStorage"}}


@pytest.fixture
def folder(request: pytest.FixtureRequest) -> str:
    return f"{re.sub('[^a-z0-9]+', '-', request.node.name)}/of-a-test"


@pytest.fixture
def storage(service: Service, settings: Settings, folder: str) -> BucketStorage:
    return use_bucket(settings, service.get_settings(BUCKET, folder))


@pytest.fixture
def proxy(service: Service) -> Iterator[Proxy]:
    with_faults = Proxy("127.0.0.1", service.port)
    yield with_faults
    with_faults.close()


@pytest.fixture
def behind_proxy(service: Service, settings: Settings, folder: str, proxy: Proxy) -> BucketStorage:
    return use_bucket(settings, service.get_settings(BUCKET, folder, proxy.port))


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is copied is deleted on the disk with the next run, whatever the clocks say."""
    monkeypatch.setattr(bucket_storage, "KEPT_LOCALLY", -timedelta(days=1))


def move(times: int = 2) -> None:
    for _time in range(times):
        move_files.func()


def list_names(storage: BucketStorage) -> set[str]:
    return {found.name for found in storage.bucket.list_objects()}


def test_what_is_ready_is_moved_and_read_from_the_bucket(
    ada: User, ben: User, cleo: User, room: Room, storage: BucketStorage, at_once: None, files_root: Path
) -> None:
    file = upload_ready(ben, room, b"0123456789", "报告.txt")
    send_files(ben, room, file)
    move()
    assert list_names(storage) == {f"{make_folder_name(file.pk)}/original"}
    assert not [path for path in files_root.rglob("*") if path.is_file()]
    answer = get(ada, file)
    assert (answer.status_code, read_body(answer)) == (200, b"0123456789")
    assert answer["Content-Disposition"] == "inline; filename*=utf-8''%E6%8A%A5%E5%91%8A.txt"
    assert answer["Content-Security-Policy"].startswith("sandbox;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    part = get(ada, file, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part["Content-Range"], read_body(part)) == (206, "bytes 2-4/10", b"234")
    assert get(ada, file, headers={"If-None-Match": answer["ETag"]}).status_code == 304
    assert as_(ada).head(f"/files/{file.pk}/")["Content-Length"] == "10"
    assert get(cleo, file).status_code == 404


def test_the_worker_is_told_of_what_is_ready(ben: User, room: Room, storage: BucketStorage) -> None:
    for _file in range(3):
        upload_ready(ben, room, b"text")
    assert QueuedTask.objects.filter(function=move_files.module_path).count() == 1


def test_with_a_disk_nothing_is_moved(ben: User, room: Room) -> None:
    file = upload_ready(ben, room, b"text")
    assert not QueuedTask.objects.filter(function=move_files.module_path).exists()
    move()
    assert read_body(get(ben, file)) == b"text"


def test_a_new_file_stays_on_the_disk_for_a_minute(
    ben: User, room: Room, storage: BucketStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = upload_ready(ben, room, b"some text")
    move()
    assert storage.get_path(file.pk, "original").exists()
    assert get(ben, file, MYWEB_FILES_LOCATION="/stored-files/")["X-Accel-Redirect"].startswith("/stored-files/")
    monkeypatch.setattr(bucket_storage, "KEPT_LOCALLY", -timedelta(days=1))
    move(1)
    assert not storage.get_folder(file.pk).exists()


def test_of_a_picture_the_original_is_never_copied(
    ben: User, room: Room, storage: BucketStorage, at_once: None
) -> None:
    file = upload_ready(ben, room, make_photo())
    storage.get_path(file.pk, "original").write_bytes(make_photo())  # as if its worker had died just before
    move()
    assert {name.rpartition("/")[2] for name in list_names(storage)} == {"picture", "thumbnail"}
    picture = read_body(as_(ben).get(f"/files/{file.pk}/picture/"))
    assert Image.open(io.BytesIO(picture)).size == (40, 60)
    assert PLACE not in picture
    assert not storage.get_folder(file.pk).exists()


def test_what_is_under_way_stays_on_the_disk(ben: User, room: Room, storage: BucketStorage, at_once: None) -> None:
    browser = as_(ben)
    address = begin_upload(browser, room.pk, 6)["Location"]
    send_piece(browser, address, 0, b"abc")
    working = upload(ben, room, b"text")
    move()
    assert not list_names(storage)
    assert browser.head(address, headers={"Tus-Resumable": "1.0.0"})["Upload-Offset"] == "3"
    assert send_piece(browser, address, 3, b"def").status_code == 204
    process_upload(working.pk)
    move()
    assert len(list_names(storage)) == 1


def test_files_of_several_parts_arrive_whole(ben: User, room: Room, storage: BucketStorage, at_once: None) -> None:
    content = bytes(range(256)) * 80_000  # 20 MB: pieces of 8 MiB, and parts of as much
    browser = as_(ben)
    address = begin_upload(browser, room.pk, len(content))["Location"]
    for offset in range(0, len(content), 8 * 1024 * 1024):
        send_piece(browser, address, offset, content[offset : offset + 8 * 1024 * 1024])
    file = File.objects.get()
    process_upload(file.pk)
    move()
    file.refresh_from_db()
    assert not storage.get_folder(file.pk).exists()
    assert read_body(get(ben, file)) == content


def test_an_empty_file_is_moved_too(ben: User, room: Room, storage: BucketStorage, at_once: None) -> None:
    file = upload(ben, room, b"", ".gitkeep")
    process_upload(file.pk)
    move()
    file.refresh_from_db()
    assert read_body(get(ben, file)) == b""


def test_nginx_reads_the_bucket_by_an_address_that_the_browser_never_sees(
    ben: User, cleo: User, room: Room, storage: BucketStorage, at_once: None, service: Service
) -> None:
    file = upload_ready(ben, room, b"some text")
    move()
    variables = {"MYWEB_FILES_LOCATION": "/stored-files/", "MYWEB_BUCKET_LOCATION": "/stored-bucket/"}
    answer = get(ben, file, **variables)
    assert (answer["X-Accel-Redirect"], answer.content) == ("/stored-bucket/", b"")
    address = answer["X-Stored-Address"]
    assert address.startswith(
        f"http://127.0.0.1:{service.port}/files/{storage.given.folder}/{make_folder_name(file.pk)}/"
    )
    assert storage.given.secret_key not in address
    assert "X-Stored-Address" not in get(cleo, file, **variables)
    assert "X-Stored-Address" not in get(ben, file)


# Deleted files


def test_a_deleted_message_takes_its_files_from_the_bucket(
    ben: User, room: Room, storage: BucketStorage, at_once: None
) -> None:
    file, other = upload_ready(ben, room, b"some text"), upload_ready(ben, room, make_photo())
    sent = send_files(ben, room, file)
    move()
    message_services.delete_message(ben, sent.message)
    assert get(ben, file).status_code == 404
    delete_bytes.func(str(file.pk))
    assert {parse_part_name(name) for name in list_names(storage)} == {other.pk}
    delete_bytes.func(str(file.pk))  # again, as after a worker died


def test_a_file_that_is_deleted_while_it_is_copied_leaves_nothing(
    ben: User, room: Room, storage: BucketStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = upload_ready(ben, room, b"some text")
    put = storage.bucket.put

    def delete_and_put(name: str, source: Any) -> None:
        File.objects.all().delete()
        delete_bytes.func(str(file.pk))
        put(name, source)

    monkeypatch.setattr(storage.bucket, "put", delete_and_put)
    move()
    assert not list_names(storage)


def test_objects_without_a_row_go_and_others_stay(
    ben: User, room: Room, storage: BucketStorage, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, lost = upload_ready(ben, room, b"kept"), upload_ready(ben, room, b"lost")
    move()
    storage.bucket.put("readme.txt", io.BytesIO(b"of somebody else"))
    File.objects.filter(pk=lost.pk).delete()
    assert delete_folders_without_row() == 0  # not before a day
    monkeypatch.setattr("files.cleanup.KEPT_FOR", -timedelta(days=1))
    assert delete_folders_without_row() == 1
    assert list_names(storage) == {f"{make_folder_name(kept.pk)}/original", "readme.txt"}


@pytest.mark.parametrize(
    "name", ["readme.txt", "ab", "ab/cd", "ab/cd/original", f"00/{'ab' * 16}/original", f"ab/{'ab' * 16}/", "//"]
)
def test_names_of_other_objects_are_no_files(name: str) -> None:
    assert parse_part_name(name) is None


# A bucket that fails


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("changes", "name", "reason"),
    [
        ({"secret_key": "another-secret"}, BUCKET, "the access key was refused"),
        ({"access_key": "nobody"}, BUCKET, "the access key was refused"),
        ({}, "no-such-bucket", "there is no such bucket"),
    ],
)
def test_a_bucket_that_refuses_keeps_nobody_from_sending_files(
    ben: User,
    room: Room,
    service: Service,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    changes: dict[str, str],
    name: str,
    reason: str,
) -> None:
    use_bucket(settings, service.get_settings(name, "", None, **changes))
    file = upload_ready(ben, room, b"some text")
    move()
    assert f"Files wait on the disk for the bucket: http://127.0.0.1:{service.port}/{name}: {reason}" in caplog.text
    assert read_body(get(ben, file)) == b"some text"
    found = doctor("files")["files"]
    assert (found.state, reason in found.message) == ("failed", True)
    assert "MYWEB_FILES_S3" in found.hint
    for secret in (*changes.values(), service.get_settings(name).secret_key):
        assert secret not in f"{caplog.text}{found}"


def test_files_in_a_bucket_that_is_away_are_not_there_for_now(
    ben: User,
    room: Room,
    behind_proxy: BucketStorage,
    proxy: Proxy,
    at_once: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    old = upload_ready(ben, room, b"old")
    move()
    proxy.cut()
    answer = get(ben, old)
    assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (503, "30", "no-store")
    new = upload_ready(ben, room, b"new")
    move()
    assert read_body(get(ben, new)) == b"new"
    assert "it does not answer" in caplog.text
    proxy.mend()
    move()
    assert [read_body(get(ben, file)) for file in (old, new)] == [b"old", b"new"]
    assert not behind_proxy.get_folder(new.pk).exists()


def test_a_copy_that_is_cut_in_the_middle_is_absent_and_made_again(
    ben: User,
    room: Room,
    behind_proxy: BucketStorage,
    proxy: Proxy,
    service: Service,
    settings: Settings,
    at_once: None,
) -> None:
    content = bytes(9_000_000)
    browser = as_(ben)
    address = begin_upload(browser, room.pk, len(content))["Location"]
    for offset in (0, 8_000_000):
        send_piece(browser, address, offset, content[offset : offset + 8_000_000])
    file = File.objects.get()
    process_upload(file.pk)

    class CutFile(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                proxy.cut()
            return super().read(size)

    with pytest.raises(OSError, match="it does not answer"):
        behind_proxy.bucket.put(f"{make_folder_name(file.pk)}/original", CutFile(content))
    assert not list_names(use_bucket(settings, service.get_settings(BUCKET, behind_proxy.given.folder)))
    move()
    file.refresh_from_db()
    assert sum(map(len, get(ben, file).streaming_content)) == len(content)


def test_a_download_that_is_cut_in_the_middle_is_not_called_whole(
    ben: User, room: Room, behind_proxy: BucketStorage, proxy: Proxy, at_once: None
) -> None:
    file, size = upload_ready(ben, room, b"some text"), 40_000_000  # more than what is on its way at a time
    move()
    behind_proxy.bucket.put(f"{make_folder_name(file.pk)}/original", io.BytesIO(bytes(size)))
    blocks = iter(get(ben, file).streaming_content)
    received = len(next(blocks))
    proxy.cut()
    with pytest.raises(OSError, match=behind_proxy.bucket_url):
        received += sum(map(len, blocks))
    assert received < size


def test_a_bucket_that_hangs_holds_one_thread_for_copies_and_one_for_deletions(
    ben: User, room: Room, storage: BucketStorage
) -> None:
    file = upload_ready(ben, room, b"some text")
    QueuedTask.objects.all().delete()
    with moves, deletions:
        move(3)
        delete_bytes.func(str(file.pk))
    assert not list_names(storage)
    functions = sorted(QueuedTask.objects.values_list("function", flat=True))
    assert functions == [delete_bytes.module_path, move_files.module_path]
    assert QueuedTask.objects.filter(run_at__gt=datetime.now().astimezone()).count() == 2


def test_a_move_ends_in_time(ben: User, room: Room, storage: BucketStorage) -> None:
    for _file in range(3):
        upload_ready(ben, room, b"some text")
    assert moving.move_ready_files(seconds=-1) == 0
    assert moving.move_ready_files(seconds=60) == 3


# Backups, and from a disk to a bucket and back


def test_files_of_the_time_before_the_bucket_are_moved_by_and_by(
    ben: User, room: Room, service: Service, settings: Settings, folder: str, at_once: None
) -> None:
    file = upload_ready(ben, room, b"some text")
    storage = use_bucket(settings, service.get_settings(BUCKET, folder))
    assert read_body(get(ben, file)) == b"some text"
    move()
    assert len(list_names(storage)) == 1
    assert read_body(get(ben, file)) == b"some text"


def test_fetch_files_is_the_way_back_to_a_disk(
    ben: User, room: Room, storage: BucketStorage, settings: Settings, at_once: None
) -> None:
    text, photo = upload_ready(ben, room, b"some text"), upload_ready(ben, room, make_photo())
    move()
    call_command("fetch_files", verbosity=0)
    use_disk(settings)
    assert read_body(get(ben, text)) == b"some text"
    assert as_(ben).get(f"/files/{photo.pk}/thumbnail/").status_code == 200
    path = get_storage().get_path(text.pk, "original")
    assert [step.stat().st_mode & 0o777 for step in (path, path.parent)] == [0o640, 0o750]
    with pytest.raises(CommandError, match="MYWEB_FILES_S3 is not set"):
        call_command("fetch_files")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("to_bucket", [False, True])
def test_a_backup_has_the_files_of_the_bucket_and_is_restored_to_either(
    ben: User,
    room: Room,
    storage: BucketStorage,
    service: Service,
    settings: Settings,
    at_once: None,
    tmp_path: Path,
    to_bucket: bool,
) -> None:
    moved = upload_ready(ben, room, b"in the bucket")
    photo = upload_ready(ben, room, make_photo())
    move()
    local = upload_ready(ben, room, b"on the disk")
    path = tmp_path / "a.tar.gz"
    call_command("backup", str(path))
    with tarfile.open(path) as archive:
        assert len([name for name in archive.getnames() if name.startswith("media/")]) == 4
    if to_bucket:
        storage = use_bucket(settings, service.get_settings(BUCKET, f"{storage.given.folder}/again"))
    else:
        use_disk(settings)
    call_command("restore", str(path), "--replace")
    move()
    browser = as_(User.objects.get(pk=ben.pk))
    for file, content in ((moved, b"in the bucket"), (local, b"on the disk")):
        assert read_body(browser.get(f"/files/{file.pk}/")) == content
    assert browser.get(f"/files/{photo.pk}/picture/").status_code == 200
    assert len(list_names(storage)) == (4 if to_bucket else 3)


@pytest.mark.django_db(transaction=True)
def test_a_backup_without_an_answer_of_the_bucket_fails_aloud(
    ben: User, room: Room, behind_proxy: BucketStorage, proxy: Proxy, at_once: None, tmp_path: Path
) -> None:
    upload_ready(ben, room, b"some text")
    move()
    proxy.cut()
    with pytest.raises(CommandError, match=r"can't be read from their bucket: .*it does not answer"):
        call_command("backup", str(tmp_path / "a.tar.gz"))
    assert not list(tmp_path.glob("*.tar.gz*"))


@pytest.mark.django_db(transaction=True)
def test_doctor_and_the_storage_page_know_the_bucket(
    ada: User, ben: User, room: Room, storage: BucketStorage, at_once: None
) -> None:
    file = upload_ready(ben, room, b"some text", "lost.txt")
    page = as_(ada).get("/settings/storage/").content.decode()
    assert storage.bucket_url in page
    assert "to be moved into the bucket" in page
    move()
    found = doctor("files")["files"]
    assert f"the bucket {storage.bucket_url} can be written and read" in found.message
    assert "without encryption" in found.message
    assert "to be moved" not in as_(ada).get("/settings/storage/").content.decode()
    storage.delete_remote_folder(file.pk)
    found = doctor("files")["files"]
    assert "1 file of the newest 50 have no bytes in" in found.message
    assert "lost.txt" in found.message
    assert not list_names(storage)  # nor anything of doctor


def test_signing_asks_nobody(settings: Settings, service: Service, ben: User, room: Room) -> None:
    """While a bucket hangs, pages before nginx go on."""
    file = upload_ready(ben, room, b"some text")
    storage = use_bucket(settings, service.get_settings(BUCKET, port=9))
    storage.get_path(file.pk, "original").unlink()
    assert get(ben, file, MYWEB_BUCKET_LOCATION="/stored-bucket/")["X-Stored-Address"]


def test_no_log_has_a_signed_address(
    ben: User, room: Room, storage: BucketStorage, at_once: None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    file = upload_ready(ben, room, b"some text")
    move()
    get(ben, file)
    delete_bytes.func(str(file.pk))
    assert "X-Amz-Signature" not in caplog.text
