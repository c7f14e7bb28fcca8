"""The search index: which messages have which tokens.

PostgreSQL has the tokens as a ``tsvector`` with a GIN index, SQLite in an FTS5 table. Both answer the same, newest
first. Besides those of its text a message has a token for its room, author, month and kind: a filter is one more word.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Workspace
from chat.attachments import get_file_keeper
from chat.models import Mention, Message, MessageIndex, Room, RoomReader
from chat.readers import Reader, Reading, find_rooms_behind
from chat.search.tokens import tokenize

MESSAGES_PER_READING = 200
CHARACTERS_PER_READING = 256 * 1024
# PostgreSQL tests so many of the newest messages one by one, 0.5 us each. What is common is found there; for what is
# rare its index is asked, which reads all that it finds, 1 us each.
NEWEST = 20_000
MAX_UNINDEXED = 2_000  # messages that are read through because the index lacks them
MAX_ALTERNATIVES = 6  # of a word, with the people of that name; clauses of rooms and months have more
READER = "search"


class Token(NamedTuple):
    text: str
    is_prefix: bool = False


class TokenQuery(NamedTuple):
    """One alternative of each clause must hold, and each token of it."""

    clauses: list[list[list[Token]]]
    excluded: list[Token]

    def keep_selective(self) -> "TokenQuery":
        """Without the clauses that most messages hold; with all if there are no others."""
        selective = [clause for clause in self.clauses if len(clause) <= MAX_ALTERNATIVES]
        return TokenQuery(selective, []) if selective else self


# What is found by a filter. No text has tokens with "=".
def name_room(room_id: int) -> str:
    return f"=room{room_id}"


def name_author(user_id: int) -> str:
    return f"=from{user_id}"


def name_mention(user_id: int) -> str:
    return f"=mentions{user_id}"


def name_month(year: int, month: int) -> str:
    return f"={year}-{month:02}"


def name_kind(kind: str) -> str:
    """``"file"``, ``"link"``, ``"card"``, ``"thread"``, the kind of a card, and what other apps add."""
    return f"={kind}"


# Of these messages, by their ids: what other apps know of them. An app that learns more calls index_messages().
kind_finders: list[Callable[[Sequence[Message]], Mapping[int, Iterable[str]]]] = []


def list_tokens(messages: Sequence[Message]) -> dict[int, set[str]]:
    """The tokens of each message, by its id."""
    if not messages:
        return {}
    tokens = {message.pk: list_own_tokens(message) for message in messages}
    for message_id, names in list_file_names(messages).items():
        tokens[message_id].update({name_kind("file")}, *map(tokenize, names))
    for message_id, user_id in Mention.objects.filter(message__in=messages).values_list("message_id", "user_id"):
        tokens[message_id].add(name_mention(user_id))
    for find_kinds in kind_finders:
        for message_id, kinds in find_kinds(messages).items():
            tokens[message_id].update(map(name_kind, kinds))
    return tokens


def list_file_names(messages: Sequence[Message]) -> dict[int, list[str]]:
    return get_file_keeper().list_names([message.pk for message in messages])


def list_own_tokens(message: Message) -> set[str]:
    tokens = tokenize(message.body)
    written = message.created_at.astimezone(timezone.get_default_timezone())
    tokens |= {name_room(message.room_id), name_author(message.author_id), name_month(written.year, written.month)}
    if "<a href=" in message.html:
        tokens.add(name_kind("link"))
    if message.reply_seq is not None:
        tokens.add(name_kind("thread"))
    if message.card is not None:
        tokens |= {name_kind("card"), name_kind(message.card["kind"])}
    return tokens


def index_messages(messages: Sequence[Message]) -> None:
    """Replaces what the index has of them. Deleted ones are in it no more."""
    tokens = list_tokens([message for message in messages if message.deleted_at is None])
    with transaction.atomic():
        remove_messages([message.pk for message in messages])
        MessageIndex.objects.bulk_create(
            MessageIndex(message_id=message_id, tokens=" ".join(found)) for message_id, found in tokens.items()
        )


def remove_messages(message_ids: Iterable[int]) -> None:
    MessageIndex.objects.filter(pk__in=message_ids).delete()


def read_changes(room: Room, after: int) -> Reading:
    changes = Message.objects.filter(room=room, rev__gt=after).order_by("rev").defer("client_id")
    changed, has_more = [], False
    characters = 0
    for message in changes[:MESSAGES_PER_READING]:
        changed.append(message)
        characters += len(message.body)
        has_more = len(changed) == MESSAGES_PER_READING or characters >= CHARACTERS_PER_READING
        if has_more:
            break
    position = changed[-1].rev if has_more else room.rev  # changes of the room itself have revs, too
    return Reading(position, partial(index_messages, changed) if changed else None)


def get_reader(epoch: str) -> Reader:
    """Reads every message from the first one on. A restored backup has no index, but another epoch: another reader."""
    return Reader(f"{READER} {epoch}", "rev", read_changes, reads_history=True)


def forget_readers(but: Reader) -> None:
    RoomReader.objects.filter(name__startswith=READER).exclude(name=but.name).delete()


def list_unindexed(rooms: Iterable[int]) -> tuple[set[int], bool]:
    """The newest messages that changed since the index read them, and whether there are more of them."""
    found: set[int] = set()
    for room in find_rooms_behind(get_reader(Workspace.current().epoch), [*rooms]):
        changed = Message.objects.filter(room=room, rev__gt=room.position, deleted_at=None)  # type: ignore[attr-defined]
        found.update(changed.order_by("-rev").values_list("pk", flat=True)[: MAX_UNINDEXED - len(found)])
        if len(found) == MAX_UNINDEXED:
            return found, True
    return found, False


def holds(query: TokenQuery, tokens: set[str]) -> bool:
    """What the index would answer for a message with these tokens."""

    def has(token: Token) -> bool:
        return token.text in tokens or (token.is_prefix and any(each.startswith(token.text) for each in tokens))

    return all(any(all(map(has, each)) for each in clause) for clause in query.clauses) and not any(
        map(has, query.excluded)
    )


class Operators(NamedTuple):
    both: str
    either: str
    without: str
    prefix: str
    quote: Mapping[int, str]  # for str.translate
    mark: str


OPERATORS = {
    "postgresql": Operators(" & ", " | ", " & !", ":*", str.maketrans({"'": "''", "\\": "\\\\"}), "'"),
    "sqlite": Operators(" AND ", " OR ", " NOT ", "*", str.maketrans({'"': '""'}), '"'),
}
FIND_NEWEST = (
    "SELECT message_id FROM (SELECT message_id, tokens FROM chat_messageindex WHERE message_id < %s "
    "ORDER BY message_id DESC LIMIT %s) AS newest WHERE tokens @@ %s::tsquery ORDER BY message_id DESC LIMIT %s"
)
# Ordered outside, else the planner may walk through all messages instead of asking the index. The function does what @@
# does, but not by the index: reading there every room, or every month, of a user costs more than testing what is found.
FIND_ALL = (
    "WITH found AS MATERIALIZED (SELECT message_id FROM chat_messageindex "
    "WHERE tokens @@ %s::tsquery AND ts_match_vq(tokens, %s::tsquery) AND message_id < %s) "
    "SELECT message_id FROM found ORDER BY message_id DESC LIMIT %s"
)
FIND_IN_SQLITE = (
    "SELECT rowid FROM chat_messageindex_fts WHERE chat_messageindex_fts MATCH %s AND rowid < %s "
    "ORDER BY rowid DESC LIMIT %s"
)


def find_messages(query: TokenQuery, before: int, count: int) -> list[int]:
    """At most ``count`` messages older than ``before``, newest first. Needs a clause."""
    expression = write_query(query, OPERATORS[connection.vendor])
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(FIND_IN_SQLITE, [expression, before, count])
        else:
            cursor.execute(FIND_NEWEST, [before, NEWEST, expression, count])
            newest = [message_id for (message_id,) in cursor]
            if len(newest) == count:
                return newest
            selective = write_query(query.keep_selective(), OPERATORS["postgresql"])
            cursor.execute(FIND_ALL, [selective, expression, before, count])
        return [message_id for (message_id,) in cursor]


def write_query(query: TokenQuery, operators: Operators) -> str:
    def write(token: Token) -> str:
        quoted = f"{operators.mark}{token.text.translate(operators.quote)}{operators.mark}"
        return quoted + (operators.prefix if token.is_prefix else "")

    def write_alternatives(clause: list[list[Token]]) -> Iterator[str]:
        for tokens in clause:
            yield f"({operators.both.join(map(write, tokens))})"

    clauses = [f"({operators.either.join(write_alternatives(clause))})" for clause in query.clauses]
    return operators.without.join([operators.both.join(clauses), *map(write, query.excluded)])
