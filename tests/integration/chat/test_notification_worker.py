"""Notifications by real workers, which are killed while members write."""

from pathlib import Path

import pytest

from accounts.models import User
from chat import services
from chat.models import Notification, Room, RoomCursor, RoomReader
from chat.notifications.delivery import NOTIFICATION_READER
from chat.readers import find_rooms_behind
from tests.support.background import WorkerProcess, wait_for, worker
from tests.support.rooms import make_room, say

pytestmark = pytest.mark.django_db(transaction=True)

Key = tuple[int, int]


def is_started() -> bool:
    return RoomReader.objects.filter(name=NOTIFICATION_READER.name).exists()


def read_told() -> dict[Key, int]:
    told = Notification.objects.exclude(told_at=None)
    return {(user_id, room_id): seq for user_id, room_id, seq in told.values_list("user_id", "room_id", "seq")}


def is_done() -> bool:
    return not find_rooms_behind(NOTIFICATION_READER) and not Notification.objects.filter(told_at=None).exists()


def test_kill_9_under_1000_posts_loses_no_notification_and_tells_none_of_what_was_told(
    tmp_path: Path, ada: User, ben: User, cleo: User
) -> None:
    log = tmp_path / "log"
    rooms = [make_room(ada, ben, cleo, name=f"room {number}") for number in range(4)]
    direct = services.open_direct(ada, [ben])
    process = WorkerProcess(log)
    wait_for(is_started, log)
    expected: dict[Key, int] = {}
    highest: dict[Key, int] = {}
    for number in range(1_000):
        room = direct if number % 5 == 4 else rooms[number % 5]
        named = [ben, cleo][number % 2] if number % 7 == 0 else None
        sent = say(room, ada, f"@{named.handle} {number}" if named else f"message {number}")
        if room is direct:
            expected[ben.pk, direct.pk] = sent.seq
        elif named:
            expected[named.pk, room.pk] = sent.seq
        if number in {200, 450, 451, 800}:
            wait_for(lambda: bool(read_told()), log)
            process.kill()
            process = WorkerProcess(log)
        if number % 10 == 0:
            told = read_told()
            assert all(seq >= highest.get(key, 0) for key, seq in told.items())
            highest |= told
    try:
        wait_for(is_done, log)
    finally:
        process.kill()
    assert read_told() == expected
    heads = dict(Room.objects.values_list("pk", "seq"))
    cursors = RoomCursor.objects.filter(reader=NOTIFICATION_READER.name)
    assert dict(cursors.values_list("room", "position")) == heads
    assert "Traceback" not in log.read_text()


def test_two_workers_tell_what_one_would(tmp_path: Path, room: Room, ada: User, ben: User) -> None:
    log = tmp_path / "log"
    with worker(log), worker(log):
        wait_for(is_started, log)
        for number in range(50):
            sent = say(room, ada, f"@{ben.handle} {number}")
        wait_for(lambda: read_told() == {(ben.pk, room.pk): sent.seq}, log)
    assert "Traceback" not in log.read_text()


def test_history_is_not_told_when_the_first_worker_starts(tmp_path: Path, room: Room, ada: User, ben: User) -> None:
    log = tmp_path / "log"
    say(room, ada, f"@{ben.handle} long ago")
    with worker(log):
        wait_for(is_started, log)
        sent = say(room, ada, f"@{ben.handle} now")
        wait_for(is_done, log)
    assert read_told() == {(ben.pk, room.pk): sent.seq}
