"""Fills rooms, has them indexed, searches them and prints JSON lines: ``python -m bench.measure_search COUNT``."""

import django

django.setup()

import json  # noqa: E402
import random  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from datetime import timedelta  # noqa: E402
from itertools import accumulate  # noqa: E402
from uuid import UUID  # noqa: E402

from django.db import connection, reset_queries  # noqa: E402
from django.db.models import Sum  # noqa: E402
from django.db.models.functions import Length  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import User, Workspace  # noqa: E402
from bench.load.usage import percentiles  # noqa: E402
from chat.models import Membership, Message, Room  # noqa: E402
from chat.readers import RoomReaders  # noqa: E402
from chat.search.index import get_reader  # noqa: E402
from chat.search.results import search_messages  # noqa: E402

ROOMS, MINE, PEOPLE = 200, 40, 50
AT_ONCE = 5_000
RARE = 20_000  # messages to one with a rare word
TIMES = 40  # each query
VOCABULARY = 40_000  # words
SIGNS, COMPOUNDS = 3_000, 10_000  # of Han, and words of two of them


class Writer:
    """Sentences whose words are as frequent as in a language: half of them English, a third Chinese, the rest mixed."""

    def __init__(self) -> None:
        self.random = random.Random(7)
        syllables = [a + b for a in "bcdfghjklmnprstvwz" for b in ("a", "e", "i", "o", "u", "ar", "en", "ing", "ost")]
        choose = self.random.choice
        lengths = self.random.choices((1, 2, 2, 3), k=VOCABULARY)
        self.words = ["".join(choose(syllables) for _n in range(length)) for length in lengths]
        self.signs = [chr(0x4E00 + number) for number in self.random.sample(range(20_000), SIGNS)]
        self.compounds = [choose(self.signs) + choose(self.signs) for _n in range(COMPOUNDS)]
        self.word_weights = list(accumulate(1 / place for place in range(1, VOCABULARY + 1)))
        self.compound_weights = list(accumulate(1 / place for place in range(1, COMPOUNDS + 1)))

    def english(self, least: int = 4, most: int = 16) -> str:
        count = self.random.randint(least, most)
        return " ".join(self.random.choices(self.words, cum_weights=self.word_weights, k=count))

    def chinese(self) -> str:
        count = self.random.randint(3, 15)
        return "".join(self.random.choices(self.compounds, cum_weights=self.compound_weights, k=count))

    def sentence(self, number: int) -> str:
        kind = self.random.random()
        text = self.english() if kind < 0.5 else self.chinese()
        if kind > 0.83:
            text = self.english(2, 5) + text
        if number % RARE == 0:
            text += " zeppelin 龘靐"
        if number % 50 == 0:
            text += f" https://example.com/{self.words[number % 1_000]}/{number}"
        return text


def fill(count: int, writer: Writer) -> User:
    Workspace.objects.create(name="Bench")
    handles = [f"p{number}" for number in range(PEOPLE)]
    people = [User.objects.create_user(f"{name}@example.com", None, name=name.upper(), handle=name) for name in handles]
    reader = people[0]
    rooms = [Room.objects.create(name=f"room {number}") for number in range(ROOMS)]
    Membership.objects.bulk_create([Membership(room=room, user=reader) for room in rooms[:MINE]])
    seqs, chance, begin = [0] * ROOMS, writer.random, timezone.now() - timedelta(days=720)
    for start in range(0, count, AT_ONCE):
        messages = []
        for number in range(start, min(count, start + AT_ONCE)):
            place = chance.randrange(ROOMS)
            seqs[place] += 1
            text = writer.sentence(number)
            messages.append(
                Message(
                    room=rooms[place], author=chance.choice(people), client_id=UUID(int=chance.getrandbits(128)),
                    seq=seqs[place], rev=seqs[place], body=text,
                    html=f'<p><a href="">{text}</a></p>' if number % 50 == 0 else f"<p>{text}</p>",
                    created_at=begin + timedelta(days=720) * (number / count),
                )
            )  # fmt: skip
        Message.objects.bulk_create(messages)
        reset_queries()
    for place, room in enumerate(rooms):
        room.seq = room.rev = seqs[place]
        room.save(update_fields=["seq", "rev"])
    return reader


def index_all() -> None:
    readers = RoomReaders([get_reader(Workspace.current_epoch())])
    while readers.read_news():
        pass


def measure_sizes() -> dict[str, int]:
    text = Message.objects.aggregate(total=Sum(Length("body")))["total"]
    if connection.vendor == "sqlite":
        return {"characters": text}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(octet_length(body)), pg_relation_size('chat_messageindex_tokens'), "
            "pg_total_relation_size('chat_messageindex'), pg_total_relation_size('chat_message') FROM chat_message"
        )
        text, index, table, messages = cursor.fetchone()
    return {"text_mb": text >> 20, "gin_mb": index >> 20, "index_mb": table >> 20, "messages_mb": messages >> 20}


def time_search(reader: User, make_query: Callable[[], str]) -> dict[str, object]:
    begun = time.perf_counter()
    hits = len(search_messages(reader, make_query()).hits)
    first, taken = time.perf_counter() - begun, []
    for _time in range(TIMES):
        query, begun = make_query(), time.perf_counter()
        search_messages(reader, query)
        taken.append(time.perf_counter() - begun)
    measured = {"per_s": round(TIMES / sum(taken)), **percentiles(taken), "first_ms": round(first * 1000, 1)}
    return {**measured, "hits": hits, "bound_by": "server"}


def main(count: int) -> None:
    writer = Writer()
    reader = fill(count, writer)
    filled = time.perf_counter()
    index_all()
    indexed = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    times = {"per_s": round(count / (indexed - filled)), "index_s": round(indexed - filled)}
    print(json.dumps({"query": "index", **times, **measure_sizes(), "bound_by": "server"}), flush=True)
    words, compounds = writer.words, writer.compounds

    def word(most: int, least: int = 0) -> str:
        return words[writer.random.randrange(least, most)]

    def pair(most: int, least: int = 0) -> str:
        return compounds[writer.random.randrange(least, most)]

    def day() -> str:
        return f"{timezone.localdate() - timedelta(days=writer.random.randrange(700))}"

    queries: dict[str, Callable[[], str]] = {
        "common word": lambda: word(10),
        "middling word": lambda: word(2_000, 500),
        "rare word": lambda: "zeppelin",
        "absent word": lambda: "zzyzx",
        "common two signs": lambda: pair(5),
        "middling two signs": lambda: pair(2_000, 500),
        "rare two signs": lambda: "龘靐",
        "absent two signs": lambda: "靐龘",
        "one sign": lambda: pair(2_000)[0],
        "four signs": lambda: pair(30) + pair(30),
        "two words": lambda: f"{word(50)} {word(2_000)}",
        "word and two signs": lambda: f"{word(100)} {pair(300)}",
        "phrase": lambda: f'"{word(20)} {word(20)}"',
        "absent phrase of common words": lambda: f'"{" ".join(words[:5])}"',
        "beginning of a word": lambda: word(2_000)[:3],
        "five filters": lambda: (
            f"{word(300)} from:p{writer.random.randrange(PEOPLE)} after:2020-01-01 before:{day()} has:link -{word(20)}"
        ),
        "in one room": lambda: f'in:"room {writer.random.randrange(MINE)}" {word(3_000)}',
        "before a day": lambda: f"{word(3_000)} before:{day()}",
    }
    for query, make_query in queries.items():
        print(json.dumps({"query": query, **time_search(reader, make_query)}), flush=True)


main(int(sys.argv[1]))
