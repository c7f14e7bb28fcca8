"""One's own files with their sizes, and the storage of the workspace for admins."""

import pytest
from pytest_django.fixtures import Settings

from accounts.models import User
from chat import services as rooms
from chat.models import Message, Room
from files.models import File
from tests.integration.files.test_messages_with_files import read_state, send_files
from tests.support.cast import as_
from tests.support.uploads import upload, upload_ready


def delete(by: User, file: File) -> int:
    return as_(by).post(f"/settings/files/{file.pk}/delete/", {"order": "newest", "page": "1"}).status_code


def test_users_see_their_own_files(ada: User, ben: User, room: Room) -> None:
    send_files(ben, room, upload_ready(ben, room, b"x" * 2_048, "mine.txt"))
    upload_ready(ada, room, b"x" * 100, "hers.txt")
    page = as_(ben).get("/settings/files/").content.decode()
    assert "mine.txt" in page
    assert "hers.txt" not in page
    assert "You have 1 file with 2.05 KB; the limit is 5 GB." in page
    assert room.name in page


@pytest.mark.parametrize(
    ("order", "first"), [("newest", "small.txt"), ("largest", "large.txt"), ("x' or 1=1", "small.txt")]
)
def test_the_largest_are_found_first(ben: User, room: Room, order: str, first: str) -> None:
    upload_ready(ben, room, b"x" * 200, "large.txt")
    upload_ready(ben, room, b"x", "small.txt")
    page = as_(ben).get("/settings/files/", {"order": order, "page": "1"}).content.decode()
    names = sorted(("small.txt", "large.txt"), key=page.index)
    assert names[0] == first


def test_a_deleted_file_leaves_its_message(ben: User, room: Room) -> None:
    files = [upload_ready(ben, room, b"abc", f"{number}.txt") for number in range(2)]
    sent = send_files(ben, room, *files, body="Look")
    assert delete(ben, files[0]) == 302
    state = read_state(room)
    assert ([file.name for file in state.files], state.rev > sent.rev) == (["1.txt"], True)
    assert delete(ben, files[1]) == 302
    assert (read_state(room).files, read_state(room).deleted) == ([], False)


def test_a_message_of_this_file_alone_goes_with_it(ben: User, room: Room) -> None:
    file = upload_ready(ben, room, b"abc")
    send_files(ben, room, file)
    assert delete(ben, file) == 302
    assert read_state(room).deleted
    assert not File.objects.exists()


def test_a_file_that_was_not_sent_can_be_deleted(ben: User, room: Room) -> None:
    assert delete(ben, upload(ben, room, b"abc")) == 302
    assert not File.objects.exists()


def test_files_of_others_cannot_be_deleted(ada: User, ben: User, room: Room) -> None:
    assert delete(ada, upload_ready(ben, room, b"abc")) == 404
    assert File.objects.count() == 1


def test_in_a_room_that_was_left_files_are_still_ones_own(ada: User, ben: User, room: Room) -> None:
    file = upload_ready(ben, room, b"abc", "mine.txt")
    send_files(ben, room, file)
    rooms.remove_member(ada, room, ben)
    page = as_(ben).get("/settings/files/").content.decode()
    assert "a room that you are not in" in page
    assert room.name not in page
    assert f"/files/{file.pk}/?download" not in page
    assert delete(ben, file) == 302
    assert Message.objects.get().deleted_at


def test_in_an_archived_room_files_stay(ada: User, room: Room) -> None:
    file = upload_ready(ada, room, b"abc")
    send_files(ada, room, file)
    rooms.archive_room(ada, room, True)
    answer = as_(ada).post(f"/settings/files/{file.pk}/delete/", follow=True)
    assert "This room is archived and read-only." in answer.content.decode()
    assert File.objects.count() == 1


def test_admins_see_the_storage(ada: User, ben: User, dora: User, room: Room, settings: Settings) -> None:
    settings.FILES_MB = 10
    upload_ready(ben, room, b"x" * 4_096)
    for admin in (ada, dora):
        page = as_(admin).get("/settings/storage/").content.decode()
        assert "4.1 KB of 10 MB" in page
        assert ben.name in page
    assert as_(ben).get("/settings/storage/").status_code == 404


def test_names_are_text_on_these_pages(ben: User, room: Room) -> None:
    upload_ready(ben, room, b"abc", "<img src=x onerror=alert(1)>.txt")
    page = as_(ben).get("/settings/files/").content.decode()
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;.txt" in page


def test_the_pages_speak_chinese(ada: User, room: Room) -> None:
    upload_ready(ada, room, b"abc")
    browser = as_(ada)
    browser.cookies["django_language"] = "zh-hans"
    assert "你有 1 个文件" in browser.get("/settings/files/").content.decode()
    assert "存储空间" in browser.get("/settings/storage/").content.decode()
