"""Files of messages: sent with them, read with them, deleted with them."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import User, Workspace
from chat import message_services, serializers
from chat import services as rooms
from chat.message_validation import parse_body, parse_incoming
from chat.models import Message, Room
from chat.notifications.delivery import store_notifications, tell_due_notifications
from chat.notifications.recipients import find_notifications
from chat.protocol import MessageState, Sent
from chat.readers import RoomReaders
from chat.search.index import get_reader
from chat.search.results import search_messages
from chat.sidebar import read_sidebar
from chat.store import store_messages
from files import cleanup
from files.access import list_unattached_files
from files.models import File
from files.processing import process_upload
from files.storage import get_storage
from files.tasks import delete_abandoned_folders, delete_bytes
from myweb.errors import NotFound, Refused
from realtime.database import in_thread
from realtime.protocol import encode
from tasks.models import QueuedTask
from tests.conftest import Connect
from tests.integration.chat.test_races import at_once
from tests.support.cast import as_
from tests.support.rooms import draft, make_room, say
from tests.support.uploads import begin_upload, upload, upload_ready


def send_files(by: User, room: Room, *files: File, body: str = "", client_id: str = "") -> Sent:
    ids = [str(file.pk) for file in files]
    return message_services.send_message(by, room.pk, client_id or str(uuid4()), body, files=ids)


def read_state(room: Room) -> MessageState:
    room.refresh_from_db()
    return serializers.read_room_snapshot(room).messages[-1]


def test_a_message_has_its_files_in_their_order(ben: User, room: Room) -> None:
    files = [upload_ready(ben, room, b"text", f"{number}.txt") for number in (3, 1, 2)]
    send_files(ben, room, *files, body="Look")
    state = read_state(room)
    assert [file.name for file in state.files] == ["3.txt", "1.txt", "2.txt"]
    assert (state.files[0].kind, state.files[0].type, state.files[0].state) == ("text", "text/plain", "ready")


def test_with_files_the_text_may_be_empty(ben: User, room: Room) -> None:
    send_files(ben, room, upload(ben, room, b"abc"), body="  \n")
    assert (read_state(room).html, len(read_state(room).files)) == ("", 1)
    with pytest.raises(Refused, match="empty"):
        send_files(ben, room)


def test_messages_without_files_say_nothing_of_them(ben: User, room: Room) -> None:
    say(room, ben)
    assert b"files" not in encode(read_state(room))


def test_sending_without_files_asks_nothing_more(ben: User, room: Room) -> None:
    with connection.execute_wrapper(refuse_files):
        say(room, ben)


def refuse_files(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
    assert "files_file" not in sql
    return execute(sql, params, many, context)


def test_only_own_complete_files_of_the_room_are_taken(ada: User, ben: User, room: Room) -> None:
    others = upload(ada, room, b"abc")
    elsewhere = upload(ben, make_room(ben), b"abc")
    begin_upload(as_(ben), room.pk, 3)
    incomplete = File.objects.get(state="uploading")
    unknown = File(pk=uuid4())
    for file in (others, elsewhere, incomplete, unknown):
        with pytest.raises(Refused, match="missing or not complete"):
            send_files(ben, room, file, body="Look")
    assert not Message.objects.filter(author=ben).exists()


def test_a_file_is_in_one_message(ben: User, room: Room) -> None:
    file = upload(ben, room, b"abc")
    send_files(ben, room, file)
    with pytest.raises(Refused):
        send_files(ben, room, file)


def test_of_one_batch_the_first_message_takes_the_file(ben: User, room: Room) -> None:
    file = upload(ben, room, b"abc")
    ids = [str(file.pk)]
    drafts = [parse_incoming(room.pk, ben.pk, str(uuid4()), "", files=ids) for _message in range(2)]
    results = store_messages([draft(room, ben), *drafts, draft(room, ben)])
    assert [isinstance(result, Sent) for result in results] == [True, True, False, True]
    room.refresh_from_db()
    assert room.seq == 3


def test_a_repeated_send_is_the_first_one(ben: User, room: Room) -> None:
    file, client_id = upload(ben, room, b"abc"), str(uuid4())
    first = send_files(ben, room, file, client_id=client_id)
    assert send_files(ben, room, file, client_id=client_id) == first
    assert len(read_state(room).files) == 1


def test_a_file_named_twice_is_sent_once(ben: User, room: Room) -> None:
    file = upload(ben, room, b"abc")
    send_files(ben, room, file, file)
    assert len(read_state(room).files) == 1


@pytest.mark.parametrize("files", [["no uuid"], [str(uuid4())] * 11, [""]])
def test_malformed_lists_of_files_are_refused(ben: User, room: Room, files: list[str]) -> None:
    with pytest.raises(Refused):
        message_services.send_message(ben, room.pk, str(uuid4()), "Look", files=files)


@pytest.mark.django_db(transaction=True)
def test_of_two_sends_at_once_one_gets_the_file(ben: User, room: Room) -> None:
    file = upload(ben, room, b"abc")

    def send() -> bool:
        try:
            send_files(ben, room, file)
        except Refused:
            return False
        return True

    assert sorted(at_once([send, send])) == [False, True]


async def test_a_socket_sends_files(ada: User, ben: User, room: Room, connect: Connect) -> None:
    file = await in_thread(upload, ben, room, b"abc", "notes.txt")
    tab, other = await connect(ben), await connect(ada)
    await other.follow(f"room.{room.pk}")
    await tab.ok("message.send", room=room.pk, client_id=str(uuid4()), body="", files=[str(file.pk)])
    await other.until(lambda: other.data(f"room.{room.pk}", "message.created"), "the message")
    assert other.data(f"room.{room.pk}", "message.created")[0]["files"][0]["state"] == "working"
    await in_thread(process_upload, file.pk)
    await other.until(lambda: len(other.data(f"room.{room.pk}", "message.created")) == 2, "the processed file")
    assert other.data(f"room.{room.pk}", "message.created")[1]["files"][0]["state"] == "ready"


def test_what_the_worker_finds_out_is_a_new_event(ben: User, room: Room) -> None:
    file = upload(ben, room, b"abc")
    sent = send_files(ben, room, file)
    process_upload(file.pk)
    state = read_state(room)
    assert (state.rev, state.files[0].type) == (sent.rev + 1, "text/plain")
    assert serializers.read_events_since(room, sent.rev)[1][-1].data == state
    process_upload(file.pk)
    assert read_state(room).rev == state.rev


def test_a_deleted_message_deletes_its_files_at_once(ben: User, room: Room) -> None:
    file = upload_ready(ben, room, b"abc")
    sent = send_files(ben, room, file)
    message_services.delete_message(ben, sent.message)
    assert not File.objects.exists()
    assert read_state(room).files == []
    task = QueuedTask.objects.get(function=delete_bytes.module_path)
    delete_bytes.func(*task.arguments["args"])
    assert not get_storage().get_folder(file.pk).exists()


def test_bytes_stay_if_the_deletion_is_rolled_back(ben: User, room: Room) -> None:
    file = upload_ready(ben, room, b"abc")
    sent = send_files(ben, room, file)
    with transaction.atomic():
        message_services.delete_message(ben, sent.message)
        transaction.set_rollback(True)
    assert File.objects.filter(pk=file.pk).exists()
    assert not QueuedTask.objects.filter(function=delete_bytes.module_path).exists()


def test_a_removed_room_takes_its_files_along(ada: User, room: Room, ben: User) -> None:
    file = upload_ready(ben, room, b"abc")
    send_files(ben, room, file)
    rooms.remove_memberless_room(ada, room)
    assert QueuedTask.objects.filter(function=delete_bytes.module_path).count() == 1


def test_a_text_may_be_edited_away_only_beside_files(ben: User, room: Room) -> None:
    sent = send_files(ben, room, upload(ben, room, b"abc"), body="Look")
    message_services.edit_parsed_message(ben, sent.message, parse_body(" ", may_be_empty=True))
    assert (read_state(room).html, len(read_state(room).files)) == ("", 1)
    plain = say(room, ben)
    with pytest.raises(Refused, match="empty"):
        message_services.edit_parsed_message(ben, plain.message, parse_body("", may_be_empty=True))


def test_files_that_are_not_sent_go_after_a_day(ben: User, room: Room) -> None:
    send_files(ben, room, upload(ben, room, b"abc", "sent"))
    upload(ben, room, b"abc", "old")
    new = upload(ben, room, b"abc", "new")
    File.objects.exclude(pk=new.pk).update(updated_at=timezone.now() - cleanup.KEPT_FOR)
    assert cleanup.delete_unattached_files() == 1
    assert {file.name for file in File.objects.all()} == {"sent", "new"}


def test_bytes_without_a_row_go_after_a_day(ben: User, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, lost = upload(ben, room, b"abc"), uuid4()
    with get_storage().lock_for_append(lost):
        pass
    delete_abandoned_folders.func()
    assert get_storage().get_folder(lost).exists()
    monkeypatch.setattr(cleanup, "KEPT_FOR", -cleanup.KEPT_FOR)
    delete_abandoned_folders.func()
    assert not get_storage().get_folder(lost).exists()
    assert get_storage().get_folder(kept.pk).exists()


def test_a_file_that_was_deleted_meanwhile_is_no_error(ben: User, room: Room) -> None:
    process_upload(uuid4())
    file = upload(ben, room, b"abc")
    get_storage().delete_folder(file.pk)
    with pytest.raises(FileNotFoundError):
        process_upload(file.pk)
    File.objects.all().delete()
    process_upload(file.pk)


def test_strangers_attach_nothing(cleo: User, ben: User, room: Room) -> None:
    file = upload(ben, room, b"abc")
    with pytest.raises(NotFound):
        send_files(cleo, room, file)
    assert list_unattached_files(ben).get() == file
    assert isinstance(file.pk, UUID)


def test_a_notification_of_files_alone_has_a_sign_and_their_names(ada: User, ben: User) -> None:
    room = rooms.open_direct(ben, [ada])
    send_files(ben, room, upload(ben, room, b"abc"))
    store_notifications(find_notifications(room, 0, timezone.now())[1])
    tell_due_notifications(timezone.now() + timedelta(minutes=1))
    lines = [line for line in read_sidebar(ada).rooms if line.id == room.pk]
    assert [line.notification and line.notification.text for line in lines] == ["📎 notes.txt"]


@pytest.mark.parametrize("is_indexed", [True, False])
def test_a_message_is_found_by_the_names_of_its_files(ben: User, room: Room, is_indexed: bool) -> None:
    said = send_files(ben, room, upload_ready(ben, room, b"text", "nginx-access.log"), body="Look").message
    say(room, ben, "Look again")
    if is_indexed:
        RoomReaders([get_reader(Workspace.current_epoch())]).read_news()
    for query in ("access.log", "nginx", "has:file", "look has:file", "has:file -again"):
        (hit,) = search_messages(ben, query).hits
        assert hit.message.pk == said
    assert search_messages(ben, "nginx").hits[0].snippet == "<mark>nginx</mark>-access.log"
    assert search_messages(ben, "-has:file").hits[0].message.body == "Look again"


def test_a_transcript_names_the_files(ada: User, ben: User) -> None:
    vault = make_room(ben)
    send_files(ben, vault, upload(ben, vault, b"abc", "plan.txt"), body="Look")
    rooms.leave_room(ben, vault)
    answer = as_(ada).get(reverse("room_transcript", args=[vault.pk]))
    assert b"    Look\n    [plan.txt]\n" in b"".join(answer.streaming_content)  # type: ignore[attr-defined]
