"""Uploads in pieces: who may, how much, and what a wrong request gets."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from uuid import UUID, uuid4

import pytest
from django.db import connections
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from chat import services as rooms
from chat.models import Room
from files import services
from files.models import File, State
from files.storage import ORIGINAL, get_storage
from files.tasks import process_file
from myweb.errors import Refused
from tasks.models import QueuedTask
from tests.integration.chat.test_races import at_once
from tests.support.cast import as_
from tests.support.uploads import PIECE_TYPE, begin_upload, encode_metadata, send_piece, upload


def read_original(file_id: object) -> bytes:
    return get_storage().get_path(UUID(str(file_id)), ORIGINAL).read_bytes()


def error_code(response: Any) -> str:
    return str(json.loads(response.content)["error"]["code"])


def test_a_file_arrives_in_pieces(ben: User, room: Room) -> None:
    browser = as_(ben)
    begun = begin_upload(browser, room.pk, 10, "log.txt")
    assert begun.status_code == 201
    first = send_piece(browser, begun["Location"], 0, b"01234")
    second = send_piece(browser, begun["Location"], 5, b"56789")
    assert [(answer.status_code, answer["Upload-Offset"]) for answer in (first, second)] == [(204, "5"), (204, "10")]
    file = File.objects.get()
    assert (file.state, file.name, file.owner, file.room) == (State.WORKING, "log.txt", ben, room)
    assert read_original(file.pk) == b"0123456789"
    assert QueuedTask.objects.filter(function=process_file.module_path).count() == 1


def test_the_offset_is_told_after_a_cut_and_after_the_end(ben: User, room: Room) -> None:
    browser = as_(ben)
    address = begin_upload(browser, room.pk, 6)["Location"]
    for offset, piece in ((0, b"abc"), (3, b"def")):
        send_piece(browser, address, offset, piece)
        told = browser.head(address, headers={"Tus-Resumable": "1.0.0"})
        assert (told["Upload-Offset"], told["Upload-Length"]) == (str(offset + 3), "6")
        assert told["Cache-Control"] == "no-store"


@pytest.mark.parametrize("offset", [1, 2, 4, 10])
def test_a_wrong_offset_changes_nothing(ben: User, room: Room, offset: int) -> None:
    browser = as_(ben)
    address = begin_upload(browser, room.pk, 20)["Location"]
    send_piece(browser, address, 0, b"abc")
    refused = send_piece(browser, address, offset, b"XXX")
    assert (refused.status_code, error_code(refused)) == (409, "conflict")
    file = File.objects.get()
    assert (file.received, read_original(file.pk)) == (3, b"abc")


def test_a_piece_that_is_sent_again_is_refused(ben: User, room: Room) -> None:
    browser = as_(ben)
    address = begin_upload(browser, room.pk, 3)["Location"]
    assert send_piece(browser, address, 0, b"abc").status_code == 204
    assert send_piece(browser, address, 0, b"xyz").status_code == 409
    assert send_piece(browser, address, 3, b"x").status_code == 409
    assert read_original(File.objects.get().pk) == b"abc"


def test_no_upload_grows_beyond_what_was_said(ben: User, room: Room) -> None:
    browser = as_(ben)
    address = begin_upload(browser, room.pk, 3)["Location"]
    assert send_piece(browser, address, 0, b"abcd").status_code == 413
    assert File.objects.get().received == 0


@pytest.mark.django_db(transaction=True)
def test_of_two_pieces_at_once_one_is_kept(ben: User, room: Room) -> None:
    browsers = [as_(ben), as_(ben)]
    for _round in range(5):
        address = begin_upload(browsers[0], room.pk, 400_000)["Location"]
        pieces = [b"a" * 400_000, b"b" * 400_000]
        actions: list[Callable[[], int]] = [
            lambda browser=browser, piece=piece: send_piece(browser, address, 0, piece).status_code  # type: ignore[misc]  # noqa: B023
            for browser, piece in zip(browsers, pieces, strict=True)
        ]
        assert sorted(at_once(actions)) == [204, 409]
        assert read_original(address.split("/")[-2]) in pieces


def test_while_a_piece_is_received_another_is_refused(ben: User, room: Room) -> None:
    browser = as_(ben)
    address = begin_upload(browser, room.pk, 3)["Location"]
    file = File.objects.get()
    with get_storage().lock_for_append(file.pk):
        assert send_piece(browser, address, 0, b"abc").status_code == 409
    assert send_piece(browser, address, 0, b"abc").status_code == 204


def test_what_came_before_a_cut_is_kept(ben: User, room: Room) -> None:
    begin_upload(as_(ben), room.pk, 10)
    source = Mock()
    source.read.side_effect = [b"abcd", OSError("cut off")]
    assert services.receive_piece(File.objects.get(), 0, 10, source) == 4
    file = File.objects.get()
    assert (file.received, file.state, read_original(file.pk)) == (4, State.UPLOADING, b"abcd")


def test_an_empty_file_is_complete_at_once(ben: User, room: Room) -> None:
    file = upload(ben, room, b"", ".gitkeep")
    process_file.func(str(file.pk))
    file.refresh_from_db()
    assert (file.state, file.kind, file.name) == (State.READY, "text", ".gitkeep")


def test_a_cancelled_upload_leaves_nothing(ben: User, room: Room) -> None:
    browser = as_(ben)
    address = begin_upload(browser, room.pk, 10)["Location"]
    send_piece(browser, address, 0, b"abc")
    assert browser.delete(address, headers={"Tus-Resumable": "1.0.0"}).status_code == 204
    assert send_piece(browser, address, 3, b"def").status_code == 404
    assert not File.objects.exists()
    assert QueuedTask.objects.filter(function="files.tasks.delete_bytes").exists()


def test_an_upload_that_is_cancelled_while_a_piece_comes_stays_cancelled(ben: User, room: Room) -> None:
    begin_upload(as_(ben), room.pk, 10)
    file = File.objects.get()

    def read(size: int) -> bytes:
        File.objects.all().delete()
        return b"abcd"

    with pytest.raises(Refused):
        services.receive_piece(file, 0, 4, Mock(read=read))
    assert not File.objects.exists()


def test_options_say_what_the_server_can(ben: User, settings: Settings) -> None:
    settings.FILE_MB = 20
    told = as_(ben).options("/files/uploads/")
    assert told.status_code == 204
    names = ("Tus-Resumable", "Tus-Version", "Tus-Extension", "Tus-Max-Size")
    assert [told[name] for name in names] == ["1.0.0", "1.0.0", "creation,termination", "20000000"]


def test_every_answer_says_the_version(ben: User, room: Room) -> None:
    browser = as_(ben)
    address = begin_upload(browser, room.pk, 3)["Location"]
    unknown = f"/files/uploads/{uuid4()}/"
    for answer in (
        send_piece(browser, address, 2, b"x"),
        send_piece(browser, unknown, 0, b"x"),
        begin_upload(browser, 0, 3),
        browser.head(address, headers={"Tus-Resumable": "1.0.0"}),
    ):
        assert answer["Tus-Resumable"] == "1.0.0"


def test_another_version_is_refused(ben: User, room: Room) -> None:
    answer = begin_upload(as_(ben), room.pk, 3, **{"Tus-Resumable": "0.2.2"})
    assert (answer.status_code, answer["Tus-Version"]) == (412, "1.0.0")


@pytest.mark.parametrize(
    "headers",
    [
        {"Upload-Length": ""},
        {"Upload-Length": "-1"},
        {"Upload-Length": "1e3"},
        {"Upload-Length": "9" * 30},
        {"Upload-Metadata": ""},
        {"Upload-Metadata": "name"},
        {"Upload-Metadata": "name !!!"},
        {"Upload-Metadata": "name /w==, room MQ=="},
        {"Upload-Metadata": "x" * 5_000},
    ],
)
def test_a_malformed_request_is_told_so(ben: User, room: Room, headers: dict[str, str]) -> None:
    answer = begin_upload(as_(ben), room.pk, 3, **headers)
    assert (answer.status_code, error_code(answer)) == (400, "malformed")
    assert not File.objects.exists()


def test_a_piece_of_another_type_is_refused(ben: User, room: Room) -> None:
    browser = as_(ben)
    address = begin_upload(browser, room.pk, 3)["Location"]
    headers = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0"}
    assert browser.patch(address, b"abc", content_type="text/plain", headers=headers).status_code == 415


def test_a_piece_is_limited(ben: User, room: Room) -> None:
    browser = as_(ben)
    address = begin_upload(browser, room.pk, 50_000_000)["Location"]
    answer = browser.patch(
        address,
        b"x",
        content_type=PIECE_TYPE,
        headers={"Tus-Resumable": "1.0.0", "Upload-Offset": "0"},
        CONTENT_LENGTH=str(8 * 1024 * 1024 + 1),
    )
    assert answer.status_code == 413


def test_the_size_of_a_file_is_limited(ben: User, room: Room, settings: Settings) -> None:
    settings.FILE_MB = 1
    assert begin_upload(as_(ben), room.pk, 1_000_000).status_code == 201
    answer = begin_upload(as_(ben), room.pk, 1_000_001)
    assert (answer.status_code, error_code(answer)) == (413, "too_large")


def test_the_files_of_a_user_are_limited(ben: User, ada: User, room: Room, settings: Settings) -> None:
    settings.USER_FILES_MB = 2
    assert begin_upload(as_(ben), room.pk, 1_500_000).status_code == 201
    answer = begin_upload(as_(ben), room.pk, 600_000)
    assert (answer.status_code, error_code(answer)) == (507, "full")
    assert begin_upload(as_(ada), room.pk, 600_000).status_code == 201


def test_the_files_of_the_workspace_are_limited(ben: User, ada: User, room: Room, settings: Settings) -> None:
    settings.FILES_MB = 2
    assert begin_upload(as_(ben), room.pk, 1_500_000).status_code == 201
    assert begin_upload(as_(ada), room.pk, 600_000).status_code == 507


def test_files_that_wait_to_be_sent_are_limited(ben: User, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MAX_UNATTACHED", 2)
    answers = [begin_upload(as_(ben), room.pk, 1).status_code for _upload in range(3)]
    assert answers == [201, 201, 507]


def test_the_disk_keeps_a_reserve(ben: User, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "RESERVE", 2**60)
    assert begin_upload(as_(ben), room.pk, 1).status_code == 507


def test_uploads_are_for_members_of_the_room(cleo: User, room: Room) -> None:
    assert begin_upload(as_(cleo), room.pk, 3).status_code == 404
    assert begin_upload(Client(), room.pk, 3).status_code == 302


def test_no_upload_goes_to_an_archived_room(ada: User, room: Room) -> None:
    rooms.archive_room(ada, room, True)
    answer = begin_upload(as_(ada), room.pk, 3)
    assert (answer.status_code, error_code(answer)) == (403, "forbidden")


def test_an_upload_is_nobody_elses(ada: User, ben: User, room: Room) -> None:
    address = begin_upload(as_(ben), room.pk, 3)["Location"]
    other = as_(ada)
    assert send_piece(other, address, 0, b"abc").status_code == 404
    assert other.head(address, headers={"Tus-Resumable": "1.0.0"}).status_code == 404
    assert other.delete(address, headers={"Tus-Resumable": "1.0.0"}).status_code == 404
    assert File.objects.filter(received=0).count() == 1


def test_a_removed_member_goes_on_with_no_upload(ada: User, ben: User, room: Room) -> None:
    browser = as_(ben)
    address = begin_upload(browser, room.pk, 3)["Location"]
    rooms.remove_member(ada, room, ben)
    assert send_piece(browser, address, 0, b"abc").status_code == 404


def test_forged_requests_are_refused(ben: User, room: Room) -> None:
    browser = as_(ben, enforce_csrf_checks=True)
    assert begin_upload(browser, room.pk, 3).status_code == 403
    assert not File.objects.exists()


def test_a_piece_is_never_held_as_a_whole(ben: User, room: Room) -> None:
    browser = as_(ben)
    address = begin_upload(browser, room.pk, 4_000_000)["Location"]
    assert send_piece(browser, address, 0, bytes(4_000_000)).status_code == 204  # request.body refuses 2.5 MB


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("a\"b'c.txt", "a\"b'c.txt"),
        ("one\r\ntwo.txt", "one two.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\x00b\x1b[31m.log", "ab[31m.log"),
        ("报告 2026.pdf", "报告 2026.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ben\\photo.jpg", "photo.jpg"),
        ("..", "file"),
        ("\u200b", "file"),
        ("a" * 300 + ".tar.gz", "a" * 196 + "….gz"),
        ("错" * 300, "错" * 199 + "…"),
    ],
)
def test_names_are_cleaned(ben: User, room: Room, sent: str, kept: str) -> None:
    begin_upload(as_(ben), room.pk, 3, sent)
    assert File.objects.get().name == kept


def test_the_database_is_free_while_bytes_arrive(ben: User, room: Room) -> None:
    """On SQLite an open transaction would keep everybody else from writing."""
    begin_upload(as_(ben), room.pk, 3)
    inside: list[int] = []

    def read(size: int) -> bytes:
        inside.append(len(connections["default"].savepoint_ids))
        return b"abc"

    before = len(connections["default"].savepoint_ids)
    services.receive_piece(File.objects.get(), 0, 3, Mock(read=read))
    assert set(inside) == {before}


def test_the_folder_is_readable_by_the_group(ben: User, room: Room, files_root: Path) -> None:
    file = upload(ben, room, b"abc")
    path = get_storage().get_path(file.pk, ORIGINAL)
    assert path.is_relative_to(files_root)
    assert path.stat().st_mode & 0o777 == 0o640
    assert path.parent.stat().st_mode & 0o777 == 0o750


def test_metadata_may_have_other_keys(ben: User, room: Room) -> None:
    metadata = encode_metadata(name="a.txt", room=room.pk, filetype="image/png")
    assert begin_upload(as_(ben), room.pk, 3, **{"Upload-Metadata": f"{metadata}, flag"}).status_code == 201


def test_an_upload_goes_on_where_its_bytes_end(ben: User, room: Room) -> None:
    browser = as_(ben)
    address = begin_upload(browser, room.pk, 6)["Location"]
    send_piece(browser, address, 0, b"abcd")
    path = get_storage().get_path(File.objects.get().pk, ORIGINAL)
    path.write_bytes(b"ab")
    assert send_piece(browser, address, 4, b"ef").status_code == 409
    assert browser.head(address, headers={"Tus-Resumable": "1.0.0"})["Upload-Offset"] == "2"
    assert send_piece(browser, address, 2, b"cdef").status_code == 204
    assert path.read_bytes() == b"abcdef"
