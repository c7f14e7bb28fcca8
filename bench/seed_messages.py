"""Posts many messages to existing rooms: ``python -m bench.seed_messages COUNT ROOM,... PERSON,...``."""

import random
import sys
from uuid import UUID

import django

django.setup()

from chat.message_validation import parse_incoming  # noqa: E402
from chat.protocol import Sent  # noqa: E402
from chat.store import store_messages  # noqa: E402

AT_ONCE = 1_000
WORDS = (
    *("the", "deploy", "is", "through", "and", "nobody", "saw", "it", "again", "on", "web2", "disk", "at", "91 %"),
    *("look", "**there**", "`tail -f`", "please", "thanks", "https://example.com/x"),
)


def number(rand: random.Random) -> str:
    return str(UUID(int=rand.getrandbits(128), version=4))


def main(count: int, rooms: list[int], people: list[int]) -> None:
    rand = random.Random(7)
    for begin in range(0, count, AT_ONCE):
        some = min(AT_ONCE, count - begin)
        bodies = [" ".join(rand.choices(WORDS, k=rand.randint(3, 40))) for _n in range(some)]
        drafts = [parse_incoming(rand.choice(rooms), rand.choice(people), number(rand), body) for body in bodies]
        assert all(isinstance(each, Sent) for each in store_messages(drafts))


if __name__ == "__main__":
    total, *lists = sys.argv[1:]
    main(int(total), *([int(each) for each in words.split(",")] for words in lists))
