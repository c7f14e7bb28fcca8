"""Sentences that are stored in the database and shown in the language of each reader.

``stored_gettext`` marks them as ``gettext`` does. What it returns is a string in the language of now, and knows the
message and the values that it was made of: ``StoredTextField`` stores those and translates them again when read.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Self

import msgspec
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext

from myweb.formats import format_duration

LONGEST = 2_000  # characters of a stored text; of a longer one the beginning is stored as it reads now
LONGEST_PLAIN = 300


class Duration(float):
    """Seconds among the values of a text."""

    def __str__(self) -> str:
        return format_duration(self)


class Message(NamedTuple):
    """A message of the catalogue, with its plural and the number that chooses it if it has one."""

    msgid: str
    values: Mapping[str, Any] = {}
    plural: str = ""
    number: int = 0

    def render(self) -> str:
        text = ngettext(self.msgid, self.plural, self.number) if self.plural else gettext(self.msgid)
        return text % self.values if self.values else text


Part = Message | str  # a string is shown as it is


class StoredText(str):
    parts: tuple[Part, ...]

    def __new__(cls, *parts: Part) -> Self:
        made = super().__new__(cls, " ".join(part if isinstance(part, str) else part.render() for part in parts))
        made.parts = parts
        return made

    def __mod__(self, values: Any) -> "StoredText":
        (message,) = self.parts
        assert isinstance(message, Message)
        return StoredText(message._replace(values=dict(values)))

    def map_values(self, change: Callable[[str], str]) -> "StoredText":
        """``change`` is called with every string that did not come from the catalogue."""
        return StoredText(*(map_part(part, change) for part in self.parts))


def stored_gettext(msgid: str) -> StoredText:
    return StoredText(Message(msgid))


def stored_ngettext(singular: str, plural: str, number: int) -> StoredText:
    return StoredText(Message(singular, {}, plural, number))


def join_texts(*texts: str) -> StoredText:
    """With spaces between."""
    return StoredText(*(part for text in texts if text for part in as_stored(text).parts))


def as_stored(text: str | Promise) -> StoredText:
    return text if isinstance(text, StoredText) else StoredText(str(text))


def map_part(part: Part, change: Callable[[str], str]) -> Part:
    if isinstance(part, str):
        return change(part)
    return part._replace(values={name: map_value(value, change) for name, value in part.values.items()})


def map_value(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, StoredText):
        return value.map_values(change)
    return change(value) if isinstance(value, str) else value


def dump_text(text: str) -> str:
    """A JSON list of its parts: strings, and [msgid, values] or [msgid, values, plural, number] of messages."""
    dumped = msgspec.json.encode([dump_part(part) for part in as_stored(text).parts]).decode() if text else ""
    return dumped if len(dumped) <= LONGEST else dump_text(str(text)[:LONGEST_PLAIN])


def dump_part(part: Part) -> Any:
    if isinstance(part, str):
        return str(part)
    values = {name: dump_value(value) for name, value in part.values.items()}
    return [part.msgid, values, part.plural, part.number] if part.plural else [part.msgid, values]


def dump_value(value: Any) -> Any:
    if isinstance(value, StoredText):
        return {"parts": [dump_part(part) for part in value.parts]}
    if isinstance(value, Duration):
        return {"seconds": float(value)}
    return value if isinstance(value, int | float) else str(value)


def load_text(dumped: str) -> str:
    """In the language of now. Raises nothing: what is no dumped text is a text as it is."""
    try:
        return StoredText(*map(load_part, msgspec.json.decode(dumped, type=list[Any]))) if dumped else ""
    except (msgspec.DecodeError, TypeError, ValueError, KeyError):
        return StoredText(dumped)


def load_part(part: Any) -> Part:
    if isinstance(part, str):
        return part
    msgid, values, *plural = part
    return Message(msgid, {name: load_value(value) for name, value in values.items()}, *plural)


def load_value(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return Duration(value["seconds"]) if "seconds" in value else StoredText(*map(load_part, value["parts"]))


class StoredTextField(models.TextField):  # type: ignore[type-arg] # of no other type than that of Django's own
    def from_db_value(self, value: str | None, _expression: object, _connection: object) -> str | None:
        return value if value is None else load_text(value)

    def get_prep_value(self, value: Any) -> Any:
        return dump_text(value) if isinstance(value, str) else super().get_prep_value(value)
