"""Files by HTTP: for whom they are there, and what a browser may do with them."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import AsyncClient, Client

from accounts.models import User
from chat import message_services
from chat import services as rooms
from chat.models import Room
from files.file_keeper import serialize_file
from files.models import File
from files.storage import make_folder_name
from realtime.database import in_thread
from tests.integration.files.test_messages_with_files import send_files
from tests.support.cast import as_
from tests.support.uploads import begin_upload, upload, upload_ready
from tests.unit.files.test_media_info import movie_header, mp4, track

MP4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00" + b"\x00" * 100
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def get(by: User, file: File, query: str = "", **options: Any) -> Any:
    return as_(by).get(f"/files/{file.pk}/{query}", **options)


def read_body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def test_members_read_a_file_of_a_message(ada: User, ben: User, cleo: User, room: Room) -> None:
    file = upload_ready(ben, room, b"some text")
    send_files(ben, room, file)
    answer = get(ada, file)
    assert (answer.status_code, read_body(answer)) == (200, b"some text")
    assert get(cleo, file).status_code == 404
    assert Client().get(f"/files/{file.pk}/").status_code == 302


def test_before_it_is_sent_a_file_is_its_owners(ada: User, ben: User, room: Room) -> None:
    file = upload_ready(ben, room, b"some text")
    assert (get(ben, file).status_code, get(ada, file).status_code) == (200, 404)


def test_removed_members_get_404_at_once(ada: User, ben: User, room: Room) -> None:
    file = upload_ready(ben, room, b"some text")
    send_files(ben, room, file)
    browser = as_(ben)
    assert browser.get(f"/files/{file.pk}/").status_code == 200
    rooms.remove_member(ada, room, ben)
    assert browser.get(f"/files/{file.pk}/").status_code == 404


def test_a_deleted_message_takes_its_files_from_everybody(ben: User, room: Room) -> None:
    file = upload_ready(ben, room, b"some text")
    sent = send_files(ben, room, file)
    message_services.delete_message(ben, sent.message)
    assert get(ben, file).status_code == 404


def test_nothing_is_shown_before_it_was_looked_at(ben: User, room: Room) -> None:
    working = upload(ben, room, b"some text")
    begin_upload(as_(ben), room.pk, 3)
    for file in (working, File.objects.get(state="uploading"), File(pk=uuid4())):
        assert get(ben, file).status_code == 404


def test_the_headers_let_a_browser_do_nothing(ben: User, room: Room) -> None:
    answer = get(ben, upload_ready(ben, room, b"<p>no markup at the beginning is text"[3:]))
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Content-Disposition"] == 'inline; filename="notes.txt"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'; frame-ancestors 'none'"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (SVG, "other"),
        (b"<!doctype html><script>alert(1)</script>", "other"),
        (b"  \n<?xml version='1.0'?><a/>", "other"),
        ("\ufeff<html>".encode(), "other"),
        (b"<script>alert(1)</script>", "other"),
        (b"MZ\x90\x00", "other"),
        (b"PK\x03\x04", "other"),
        (b"text and then \xff\xfe no text", "other"),
        (b"text " * 300_000 + b"\x00", "other"),
    ],
)
def test_what_may_be_active_is_an_attachment_without_a_type(ben: User, room: Room, content: bytes, kind: str) -> None:
    file = upload_ready(ben, room, content, "picture.png")
    answer = get(ben, file)
    assert file.kind == kind
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment;")


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (MP4, "video/mp4"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm", "video/webm"),
        (b"\x00\x00\x00\x18ftypM4A \x00", "audio/mp4"),
        (b"OggS\x00\x02" + b"\x00" * 22 + b"\x01\x13OpusHead", "audio/ogg"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"ID3\x04\x00\x00\x00\x00", "audio/mpeg"),
        (b"\xff\xfb\x90\x64", "audio/mpeg"),
        (b"%PDF-1.7\n", "application/pdf"),
        (b"2026-11-30 \x1b[31mred\x1b[0m <script>\n", "text/plain; charset=utf-8"),
    ],
)
def test_what_browsers_show_safely_is_inline_by_its_content(
    ben: User, room: Room, content: bytes, content_type: str
) -> None:
    file = upload_ready(ben, room, content, "index.html")
    assert get(ben, file)["Content-Type"] == content_type
    assert get(ben, file)["Content-Disposition"].startswith("inline;")
    assert get(ben, file, "?download")["Content-Disposition"].startswith("attachment;")


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ('a"b.txt', 'inline; filename="a\\"b.txt"'),
        ("a\r\nSet-Cookie: x=1.txt", 'inline; filename="a Set-Cookie: x=1.txt"'),
        ("报告.txt", "inline; filename*=utf-8''%E6%8A%A5%E5%91%8A.txt"),
    ],
)
def test_names_break_no_header(ben: User, room: Room, name: str, header: str) -> None:
    assert get(ben, upload_ready(ben, room, b"abc", name))["Content-Disposition"] == header


@pytest.mark.parametrize(
    ("asked", "status", "body", "told"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=4-", 206, b"456789", "bytes 4-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=0-99", 200, b"0123456789", None),
        ("bytes=5-2", 200, b"0123456789", None),
        ("bytes=0-1,4-5", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=-0", 416, b"", "bytes */10"),
    ],
)
def test_players_ask_for_ranges(ben: User, room: Room, asked: str, status: int, body: bytes, told: str | None) -> None:
    answer = get(ben, upload_ready(ben, room, b"0123456789"), headers={"Range": asked})
    assert (answer.status_code, answer.get("Content-Range")) == (status, told)
    assert (read_body(answer) if answer.streaming else answer.content) == body


def test_an_unchanged_file_is_not_sent_again(ben: User, room: Room) -> None:
    file = upload_ready(ben, room, b"0123456789")
    etag = get(ben, file)["ETag"]
    assert get(ben, file, headers={"If-None-Match": etag}).status_code == 304


def test_nginx_sends_the_bytes_after_the_check(ben: User, cleo: User, room: Room) -> None:
    file = upload_ready(ben, room, b"some text")
    answer = get(ben, file, MYWEB_FILES_LOCATION="/stored-files/")
    assert answer["X-Accel-Redirect"] == f"/stored-files/{make_folder_name(file.pk)}/original"
    assert answer.content == b""
    assert "X-Accel-Redirect" not in get(cleo, file, MYWEB_FILES_LOCATION="/stored-files/")


def test_no_header_of_a_browser_says_where_files_are(ben: User, room: Room) -> None:
    file = upload_ready(ben, room, b"some text")
    assert "X-Accel-Redirect" not in get(ben, file, headers={"MYWEB-FILES-LOCATION": "/", "X-Accel-Redirect": "/"})


def test_head_has_no_body(ben: User, room: Room) -> None:
    file = upload_ready(ben, room, b"some text")
    answer = as_(ben).head(f"/files/{file.pk}/")
    assert (answer.status_code, answer["Content-Length"]) == (200, "9")


@pytest.mark.parametrize("address", ["0", "not-a-uuid", "../etc/passwd", UUID(int=0).hex])
def test_other_addresses_are_not_there(ben: User, address: str) -> None:
    assert as_(ben).get(f"/files/{address}/").status_code == 404


def test_only_reading_is_possible(ben: User, room: Room) -> None:
    assert as_(ben).post(f"/files/{upload_ready(ben, room, b'abc').pk}/").status_code == 405


def test_a_video_says_its_size_and_duration(ben: User, room: Room) -> None:
    file = upload_ready(ben, room, mp4(movie_header(), track(640, 360)), "clip.mp4")
    assert (file.kind, file.width, file.height, file.seconds) == ("video", 640, 360, 12.5)
    assert (serialize_file(file).width, serialize_file(file).seconds) == (640, 12.5)


@pytest.mark.django_db(transaction=True)
async def test_the_development_server_sends_a_file_in_blocks(ben: User, room: Room) -> None:
    file = await in_thread(upload_ready, ben, room, b"0123456789" * 60_000)
    browser = AsyncClient()
    await in_thread(browser.force_login, ben)
    answer = await browser.get(f"/files/{file.pk}/", headers={"Range": "bytes=10-599999"})
    blocks = [block async for block in answer.streaming_content]  # type: ignore[attr-defined]
    await sync_to_async(connections.close_all)()  # of the thread in which the view ran
    assert (answer.status_code, len(blocks), sum(map(len, blocks))) == (206, 3, 599_990)


def test_a_pdf_has_no_sandbox_and_no_scripts(ben: User, room: Room) -> None:
    """Chromium shows none in a sandbox."""
    policy = get(ben, upload_ready(ben, room, b"%PDF-1.7\n"))["Content-Security-Policy"]
    assert "sandbox" not in policy
    assert "script-src" not in policy
    assert policy.startswith("default-src 'none';")
