"""Fills a workspace up to a number of messages, uses it as one user, and prints JSON lines. PostgreSQL only.

``python -m bench.measure_year MESSAGES OLDEST NEWEST``: what is missing is spread over the time from ``OLDEST`` to
``NEWEST`` days ago. The first user is in all rooms, and all users are in the first room.
"""

import django

django.setup()

import json  # noqa: E402
import random  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable, Iterator  # noqa: E402
from typing import Any  # noqa: E402
from uuid import uuid4  # noqa: E402

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from accounts.models import User, Workspace  # noqa: E402
from bench.load.usage import percentiles  # noqa: E402
from bench.seed_messages import WORDS  # noqa: E402
from chat.markdown import render_markdown  # noqa: E402
from chat.message_services import send_message  # noqa: E402
from chat.models import Membership, Message, Room  # noqa: E402

SENTENCES = 1_000
TIMES = 20  # each page
FEW = 5  # what is limited per user, or changes something
PASSWORD = "harbour-lantern-27"
HOST = settings.ORIGINS[0].partition("://")[2]
SIGN_IN, JOIN = "sign-in", "joining a room of everybody"

# A tenth of all messages is in the first room, half of them are in an eighth of the rooms.
FILL = """
WITH drawn AS MATERIALIZED (
    SELECT n, (%(rooms)s::bigint[])[1 + floor(power(random(), 3) * %(room_count)s)] AS room,
        1 + floor(random() * %(sentences)s) AS sentence, random() AS author
    FROM generate_series(1, %(count)s) n
), members AS MATERIALIZED (
    SELECT room_id, array_agg(user_id) AS ids FROM chat_membership GROUP BY room_id
)
INSERT INTO chat_message (room_id, author_id, client_id, seq, rev, body, html, created_at)
SELECT room, members.ids[1 + floor(drawn.author * cardinality(members.ids))], gen_random_uuid(),
    chat_room.seq + row_number() OVER place, chat_room.rev + row_number() OVER place,
    (%(bodies)s::text[])[sentence], (%(htmls)s::text[])[sentence],
    now() - (%(newest)s + (%(oldest)s - %(newest)s) * (1 - n::float / %(count)s)) * interval '1 day'
FROM drawn JOIN members ON members.room_id = room JOIN chat_room ON chat_room.id = room
WINDOW place AS (PARTITION BY room ORDER BY n)
"""
COUNT = """
UPDATE chat_room SET seq = found.seq, rev = found.rev
FROM (SELECT room_id, max(seq) AS seq, max(rev) AS rev FROM chat_message GROUP BY room_id) found
WHERE chat_room.id = found.room_id
"""


def fill(messages: int, oldest: float, newest: float) -> None:
    count = messages - Message.objects.count()
    rooms = list(Room.objects.order_by("pk").values_list("pk", flat=True))
    chance = random.Random(7)
    bodies = [" ".join(chance.choices(WORDS, k=chance.randint(3, 40))) for _n in range(SENTENCES)]
    asked: dict[str, Any] = {
        "rooms": rooms,
        "room_count": len(rooms),
        "count": count,
        "oldest": oldest,
        "newest": newest,
    }
    asked |= {"sentences": SENTENCES, "bodies": bodies, "htmls": [render_markdown(body, {})[0] for body in bodies]}
    with connection.cursor() as cursor:
        cursor.execute(FILL, asked)
        cursor.execute(COUNT)


def complete_rooms() -> None:
    """The first user joins all rooms, and all users the first room. Everybody has read half of what is there."""
    first, *others = User.objects.order_by("pk")
    begun, *more = Room.objects.order_by("pk")
    Room.objects.filter(pk=begun.pk).update(kind=Room.Kind.OPEN)
    wanted = [Membership(room=room, user=first) for room in more] + [
        Membership(room=begun, user=user) for user in others
    ]
    Membership.objects.bulk_create(wanted, batch_size=5_000, ignore_conflicts=True)


def measure() -> Iterator[tuple[str, list[float]]]:
    user, room = User.objects.order_by("pk")[0], Room.objects.order_by("pk")[0]
    room.refresh_from_db()
    client, chance = Client(HTTP_HOST=HOST), random.Random(7)
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    quiet = Room.objects.order_by("-pk")[0]

    def open_page(address: str) -> None:
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)

    pages: dict[str, Callable[[], object]] = {
        "room page, busiest room": lambda: open_page(f"/rooms/{room.pk}/"),
        "room page, quiet room": lambda: open_page(f"/rooms/{quiet.pk}/"),
        "history at any depth": lambda: open_page(f"/rooms/{room.pk}/history/?before={chance.randint(2, room.seq)}"),
        "oldest history": lambda: open_page(f"/rooms/{room.pk}/history/?before=52"),
        "permalink": lambda: open_page(f"/rooms/{room.pk}/history/?around={chance.randint(1, room.seq)}"),
        "list of rooms with unread counts": lambda: open_page("/rooms/"),
        "people": lambda: open_page("/people/"),
        "post": lambda: send_message(user, room.pk, str(uuid4()), "All quiet at the harbour."),
    }
    for name, use in pages.items():
        use()
        yield name, [time_call(use) for _time in range(TIMES)]
    member = give_password()
    yield SIGN_IN, [time_call(lambda: sign_in(member)) for _time in range(FEW)]
    yield JOIN, [time_join(room) for _time in range(FEW)]


def time_call(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def give_password() -> User:
    user = User.objects.get(email="person1@example.com")
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    return user


def sign_in(user: User) -> None:
    answer = Client(HTTP_HOST=HOST).post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert answer.status_code == 302, answer.content[:300]


def time_join(room: Room) -> float:
    name = uuid4().hex[:12]
    user = User.objects.create_user(f"{name}@example.com", None, name=name, handle=name)
    client = Client(HTTP_HOST=HOST)
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    begun = time.perf_counter()
    answer = client.post(f"/rooms/{room.pk}/join/")
    taken = time.perf_counter() - begun
    assert answer.status_code == 302, answer.status_code
    return taken


def vacuum() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")


def main(messages: int, oldest: float, newest: float) -> None:
    assert connection.vendor == "postgresql"
    Workspace.objects.get_or_create(pk=1, defaults={"name": "Bench"})
    complete_rooms()
    began = time.perf_counter()
    fill(messages, oldest, newest)
    filled = time.perf_counter() - began
    print(
        json.dumps({"name": "vacuum", "p50_ms": round(time_call(vacuum) * 1e3), "seconds": round(filled, 1)}),
        flush=True,
    )
    for name, taken in measure():
        print(json.dumps({"name": name, **percentiles(taken)}), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]))
