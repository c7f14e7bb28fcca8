"""Users and sessions made in the site's own database, without pages and hashes of passwords; rooms removed from it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, OperationalError, connections
from django.utils import translation

from accounts.models import User
from chat import services
from chat.models import Room
from tests.support import rooms
from tests.support.cast import PASSWORD
from tests.support.wire import open_session

ATTEMPTS = 5
T = TypeVar("T")

hash_once = cache(make_password)  # the same for everybody: they sign in with it as with one of their own


def in_thread(work: Callable[[], T]) -> T:
    """Playwright's loop runs in the tests' own thread, and Django refuses to work beside one."""

    def call() -> T:
        try:
            return work()
        finally:
            connections.close_all()  # the database may be killed before the next time

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(call).result()


def make_member(name: str, email: str, locale: str) -> None:
    fields = {"name": name, "language": translation.get_supported_language_variant(locale.lower())}
    in_thread(lambda: User.objects.create(email=email, password=hash_once(PASSWORD), **fields))


def make_session(email: str) -> dict[str, str]:
    """The cookie of somebody signed in."""
    key = in_thread(lambda: open_session(User.objects.get(email=email)))
    return {"name": settings.SESSION_COOKIE_NAME, "value": key}


def make_large_room(owner: str, count: int) -> tuple[int, str]:
    """Its id and its name. Its people are those of :func:`make_crowd`."""

    def make() -> tuple[int, str]:
        room = rooms.make_large_room(User.objects.get(email=owner), rooms.make_crowd(count))
        return room.pk, room.name

    return in_thread(make)


def say(room_id: int, handle: str, text: str) -> None:
    in_thread(lambda: rooms.say(Room.objects.get(pk=room_id), User.objects.get(handle=handle), text))


def join(room_id: int, user_id: int) -> None:
    in_thread(lambda: services.join_room(User.objects.get(pk=user_id), Room.objects.get(pk=room_id)))


def remove_crowd(room_id: int) -> None:
    remove_rooms(room_id - 1)
    in_thread(lambda: User.objects.filter(email__regex=r"^member\d+@").delete())


def last_room() -> int:
    return in_thread(lambda: Room.objects.order_by("pk").values_list("pk", flat=True).last() or 0)


def remove_rooms(after: int) -> None:
    """Those made since, with their alert rules, so that no later page lists them."""

    for left in reversed(range(ATTEMPTS)):
        try:
            in_thread(Room.objects.filter(pk__gt=after, welcome=False).delete)
        except (IntegrityError, OperationalError):  # an alert was just being posted
            if not left:
                raise
        else:
            break
