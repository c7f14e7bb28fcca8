"""Fills a workspace for a scenario: users with sessions, in rooms. Run it in a site's environment.

``python -m bench.seed_users PEOPLE ROOMS ROOMS_EACH`` prints a JSON :class:`bench.myweb.Workspace`. Everyone is in
``ROOMS_EACH`` rooms, dealt in turn, so that every room has ``PEOPLE * ROOMS_EACH / ROOMS`` members.
"""

import json
import sys
from datetime import timedelta

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.middleware.csrf import CSRF_SECRET_LENGTH  # noqa: E402
from django.utils import timezone  # noqa: E402
from django.utils.crypto import get_random_string  # noqa: E402

from accounts import models  # noqa: E402
from accounts.sessions import SessionStore  # noqa: E402
from chat.member_search import index_users  # noqa: E402
from chat.memberships import MAX_CARRIED  # noqa: E402
from chat.models import Membership, Room  # noqa: E402


def make_people(count: int) -> list[models.User]:
    """The first user owns the workspace, as on a real site."""
    models.Workspace.objects.get_or_create(pk=1, defaults={"name": "Bench"})
    begun = models.User.objects.count()
    numbers = range(begun, begun + count)
    people = models.User.objects.bulk_create(
        models.User(
            email=f"person{n}@example.com", name=f"Person {n}", handle=f"person{n}", colour=n % 12, password="!bench"
        )
        for n in numbers
    )
    index_users(people)
    return people


def make_rooms(people: list[models.User], count: int, each: int) -> list[Room]:
    rooms = Room.objects.bulk_create(Room(kind="private", name=f"Room {n}") for n in range(count))
    memberships = []
    for number, person in enumerate(people):
        for turn in range(each):
            room = rooms[(number + turn * max(1, count // each)) % count]
            room.rev += 1
            memberships.append(Membership(room=room, user=person, rev=room.rev))
    Membership.objects.bulk_create(memberships, batch_size=5000)
    for room in rooms:
        room.large = room.rev > MAX_CARRIED
    Room.objects.bulk_update(rooms, ["rev", "large"], batch_size=500)
    return rooms


def members_of(rooms: list[Room]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {room.pk: [] for room in rooms}
    for room_id, user_id in Membership.objects.filter(room__in=found).values_list("room_id", "user_id"):
        found[room_id].append(user_id)
    return found


def open_sessions(people: list[models.User]) -> list[str]:
    store, expires = SessionStore(), timezone.now() + timedelta(days=30)
    sessions = [
        models.Session(
            user=person,
            session_key=get_random_string(32, "abcdefghijklmnopqrstuvwxyz0123456789"),
            session_data=store.encode(
                {
                    SESSION_KEY: str(person.pk),
                    BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
                    HASH_SESSION_KEY: person.get_session_auth_hash(),
                }
            ),
            expire_date=expires,
        )
        for person in people
    ]
    models.Session.objects.bulk_create(sessions, batch_size=5000)
    return [each.session_key for each in sessions]


def cookies(session: str) -> str:
    """The cookies of a browser with a session."""
    return (
        f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={get_random_string(CSRF_SECRET_LENGTH)}"
    )


def main() -> None:
    count, rooms, each = map(int, sys.argv[1:])
    with transaction.atomic():
        people = make_people(count)
        made = make_rooms(people, rooms, each)
        members = members_of(made)
        sessions = open_sessions(people)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    workspace = {
        "cookies": [cookies(session) for session in sessions],
        "people": [person.pk for person in people],
        "rooms": [room.pk for room in made],
        "members": [sorted(members[room.pk]) for room in made],
    }
    print(json.dumps(workspace))


main()
