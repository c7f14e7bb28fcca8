"""Devices get each notification once, whatever dies meanwhile. docs/notifications.md, What "once" means."""

import asyncio
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
import pytest
from django.conf import settings
from pytest_django.fixtures import Settings

from accounts.models import User, Workspace
from chat import services
from chat.models import Level, Notification, NotificationSettings, Room
from chat.notifications.delivery import NOTIFICATION_READER
from chat.notifications.services import set_room_notifications
from chat.readers import find_rooms_behind
from push.models import PushMessage
from push.protocol import Subscription
from push.subscriptions import save_device
from push.vapid import get_vapid_key
from tests.faults.conversation import in_database
from tests.faults.stack import site, stack, started_with
from tests.support.lasting import LastingSocket
from tests.support.push_service import Browser, PushService, serve_push
from tests.support.talker import AGAIN
from tests.support.wire import open_session, reached

DEVICES = 20
ROOMS = 20  # in each of them one message mentions each reader
DIRECT_MESSAGES = 5  # to each reader
POSTS = 1_000  # the others are plain messages in these rooms
WRITERS = 8
IN_FLIGHT = 10  # messages that the push service has when the worker dies
TIMEOUT = 120.0
PRIVATE = {"MYWEB_PUSH_PRIVATE": "yes"}

Key = tuple[int, int]  # reader, room


@pytest.fixture
def service(settings: Settings) -> Iterator[PushService]:
    settings.PUSH_PRIVATE = True
    with serve_push() as service, started_with("worker", **PRIVATE):
        yield service


@dataclass
class Post:
    room: int
    body: str
    readers: list[int]  # who are to be notified of it
    seq: int = 0


@dataclass
class Writer:
    """Posts over a real socket until each message is stored."""

    cookie: str
    posts: list[Post] = field(default_factory=list)

    async def write(self, faults: "Faults") -> None:
        socket = LastingSocket(site(), self.cookie, lambda _event: None)
        life = asyncio.create_task(socket.live())
        try:
            for post in self.posts:
                await faults.allowed.acquire()
                words = {"room": post.room, "client_id": str(uuid4()), "body": post.body}
                while not post.seq:
                    await socket.ready.wait()
                    answer = await socket.ask("message.send", **words) or {}
                    post.seq = answer.get("ok", {}).get("seq", 0)
                    if error := answer.get("error"):
                        assert error["retry"], error
                        await asyncio.sleep(error.get("wait", AGAIN))  # as the page does
                faults.stored.append(post)
        finally:
            life.cancel()


@dataclass
class Workplace:
    browsers: dict[int, Browser]
    writers: list[Writer]
    posts: list[Post]
    held: set[int]  # readers who are told when their quiet hours end

    def list_expected(self) -> dict[Key, list[int]]:
        """The seqs that are to be told."""
        expected = defaultdict(list)
        for post in self.posts:
            for reader in post.readers:
                expected[reader, post.room].append(post.seq)
        return {key: sorted(seqs) for key, seqs in expected.items()}

    def list_shown(self) -> dict[Key, list[tuple[int, str]]]:
        """(seq, id) as they came to the device."""
        shown = defaultdict(list)
        for reader, browser in self.browsers.items():
            for message in browser.messages:
                room, seq = map(int, re.findall(r"\d+", message["path"]))
                assert message["tag"] == f"room.{room}"
                shown[reader, room].append((seq, message["id"]))
        return shown

    def is_settled(self) -> bool:
        rooms = {post.room for post in self.posts}
        untold = Notification.objects.filter(room__in=rooms, told_at=None).exclude(user__in=self.held)
        return not (find_rooms_behind(NOTIFICATION_READER) or untold.exists() or PushMessage.objects.exists())


def make_people(name: str, count: int) -> list[User]:
    tag = uuid4().hex[:8]
    names = [(f"{name}{number}{tag}", f"{name} {number}") for number in range(count)]
    return [User.objects.create_user(f"{handle}@example.com", None, name=name, handle=handle) for handle, name in names]


def prepare(service: PushService) -> Workplace:
    Workspace.objects.get_or_create(pk=1, defaults={"name": "Harbour team"})
    readers, people = make_people("reader", DEVICES), make_people("writer", WRITERS)
    browsers = {}
    for reader in readers:
        browser = browsers[reader.pk] = service.browser(reader.handle)
        subscription = msgspec.convert(browser.describe(get_vapid_key().public), Subscription)
        save_device(reader, open_session(reader), subscription, name="Phone", language="en")
    rooms = [services.create_room(people[0], name=uuid4().hex[:12], kind="private") for _room in range(ROOMS)]
    for room in rooms:
        services.add_members(people[0], room, [*people[1:], *readers])
    deaf, muted, sleeping, curious = readers[:4]
    set_room_notifications(deaf.pk, rooms[0].pk, Level.NOTHING, 0)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    set_room_notifications(muted.pk, rooms[1].pk, "", int(tomorrow.timestamp()))
    begin = datetime.now(UTC) - timedelta(hours=1)
    minutes = begin.weekday() * 1440 + begin.hour * 60 + begin.minute
    NotificationSettings.objects.create(user=sleeping, zone="UTC", quiet_periods=[[minutes, 120]])
    set_room_notifications(curious.pk, rooms[3].pk, Level.ALL, 0)
    never = {(deaf.pk, rooms[0].pk), (muted.pk, rooms[1].pk), *((sleeping.pk, room.pk) for room in rooms)}

    def list_notified(room: Room, mentioned: User | None = None) -> list[int]:
        notified = {mentioned.pk} if mentioned else set()
        notified |= {curious.pk} if room == rooms[3] else set()
        return [reader for reader in notified if (reader, room.pk) not in never]

    posts = [
        Post(room.pk, f"@{reader.handle} have a look", list_notified(room, reader))
        for room in rooms
        for reader in readers
    ]
    plain = POSTS - len(posts) - DIRECT_MESSAGES * DEVICES
    posts += [
        Post(room.pk, f"All quiet, {number}", list_notified(room))
        for number in range(plain)
        for room in [rooms[number % ROOMS]]
    ]
    random.shuffle(posts)
    writers = [Writer(f"{settings.SESSION_COOKIE_NAME}={open_session(person)}") for person in people]
    for number, post in enumerate(posts):
        writers[number % WRITERS].posts.append(post)
    for number, reader in enumerate(readers):
        direct = services.open_direct(people[number % WRITERS], [reader])
        told = [] if reader == sleeping else [reader.pk]
        letters = [Post(direct.pk, f"Coffee? {letter}", told) for letter in range(DIRECT_MESSAGES)]
        posts += letters
        own = writers[number % WRITERS].posts
        for letter in letters:
            own.insert(random.randrange(len(own) + 1), letter)
    return Workplace(browsers, writers, posts, {sleeping.pk})


class Faults:
    """A part of the posts is written before the first fault and during each one."""

    def __init__(self, service: PushService) -> None:
        self.service = service
        self.stored: list[Post] = []
        self.allowed = asyncio.Semaphore(0)  # posts

    def allow_posts(self) -> None:
        for _post in range(POSTS // 4):
            self.allowed.release()

    async def kill(self, part: str, *settings: str) -> None:
        stored = len(self.stored)
        await stack("kill", part)
        self.service.hangs.clear()
        self.allow_posts()
        await stack("start", *settings, part)
        await reached(lambda: len(self.stored) >= stored + POSTS // 8, "posts afterwards", TIMEOUT)

    async def kill_all(self) -> None:
        """The worker dies when a push service has messages and it does not know."""
        self.allow_posts()
        await reached(lambda: len(self.service.received) > DEVICES, "some notifications", TIMEOUT)
        self.service.hangs.set()
        before = len(self.service.received)
        await reached(lambda: len(self.service.received) >= before + IN_FLIGHT, "messages in flight", TIMEOUT)
        await self.kill("worker", "--set=MYWEB_PUSH_PRIVATE=yes")
        await self.kill("postgres")
        await self.kill("redis")


async def test_each_notification_comes_once_while_everything_dies_in_turn(service: PushService) -> None:
    place, faults = await in_database(prepare, service), Faults(service)
    async with asyncio.TaskGroup() as work:
        for writer in place.writers:
            work.create_task(writer.write(faults))
        work.create_task(faults.kill_all())
    assert len(faults.stored) == POSTS
    expected = place.list_expected()
    async with asyncio.timeout(TIMEOUT):
        while not await in_database(place.is_settled):
            pass
    shown = place.list_shown()
    assert shown.keys() == expected.keys(), "nothing lost, and nothing that the table forbids"
    repeated = 0
    for key, notifications in shown.items():
        seqs = [seq for seq, _id in notifications]
        assert seqs == sorted(seqs), "none after a newer one of its room"
        assert set(seqs) <= set(expected[key])
        assert seqs[-1] == expected[key][-1], "the newest one is the last"
        assert len(set(notifications)) == len(set(seqs)), "a repetition has the same id, so it is silent"
        repeated += len(notifications) - len(set(notifications))
    assert repeated >= IN_FLIGHT, "what the push service had when the worker died came again"
