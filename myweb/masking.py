"""Masks tokens in logs, and leaves out the values that a database quotes in its errors: they may be messages.

The path of a request may contain a token, even a mistyped one. Every token of the site begins with ``myweb_KIND_``, so
it is found in any text. deploy/nginx/myweb.conf.template masks the same prefix.
"""

import json
import logging
import re
import traceback
from collections.abc import Iterator
from copy import copy
from datetime import UTC, datetime
from typing import Any

KINDS = ("push", "beat", "alerts", "oncall", "wall", "join", "reset", "mail")
TOKEN = re.compile(
    rf"(myweb(?:_|%(?:25)*5f)(?:{'|'.join(KINDS)})(?:_|%(?:25)*5f))[\w:%.~+-]+"
    r"|(/api/+(?:push|beat|alerts|oncall)/+|/password/+reset/+key/+)[^\s/?\"']+",
    re.IGNORECASE,
)
DATABASE_MODULES = ("psycopg", "django.db.utils", "sqlite3")
QUOTED_VALUE = re.compile(r': ".*')  # invalid input syntax for type bigint: "12x"
CAUSE = "The above exception was the direct cause of the following exception:"
CONTEXT = "During handling of the above exception, another exception occurred:"


def add_token_prefix(kind: str, secret: str) -> str:
    assert kind in KINDS
    return f"myweb_{kind}_{secret}"


def strip_token_prefix(kind: str, token: str) -> str:
    """The secret part; empty if this is not a token of the kind."""
    prefix = add_token_prefix(kind, "")
    return token.removeprefix(prefix) if token.startswith(prefix) else ""


def mask_tokens(text: str) -> str:
    return TOKEN.sub(lambda match: f"{match[1] or match[2]}...", text)


def describe_exception(error: BaseException) -> str:
    """Of a database error the first line, without a quoted value: below come rows, statements and their parameters."""
    if not any(base.__module__.startswith(DATABASE_MODULES) for base in type(error).__mro__):
        return str(error)
    return QUOTED_VALUE.sub("", str(error).partition("\n")[0])


def format_traceback(error: BaseException | None, seen: frozenset[int] = frozenset()) -> Iterator[str]:
    """As Python does, with :func:`describe_exception` for the words of each exception of the chain."""
    if error is None or id(error) in seen:
        return
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    yield from format_traceback(before, seen | {id(error)})
    if before is not None:
        yield f"\n{CAUSE if error.__cause__ else CONTEXT}\n\n"
    yield "Traceback (most recent call last):\n"
    yield from traceback.format_tb(error.__traceback__)
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    yield f"{name}: {describe_exception(error)}\n"


class MaskingFormatter(logging.Formatter):
    """Masks the whole line, with the traceback of an exception."""

    def format(self, record: logging.LogRecord) -> str:
        return mask_tokens(super().format(replace_exceptions(record)))

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the name is logging's
        return "".join(format_traceback(ei[1])).rstrip()


def replace_exceptions(record: logging.LogRecord) -> logging.LogRecord:
    """The same record with descriptions in place of the exceptions among its arguments."""
    if not isinstance(record.args, tuple) or not any(isinstance(arg, BaseException) for arg in record.args):
        return record
    described = copy(record)
    described.args = tuple(describe_exception(arg) if isinstance(arg, BaseException) else arg for arg in record.args)
    return described


class MaskingJsonFormatter(MaskingFormatter):
    """One JSON object per line, without other attributes of the record: a request's query may contain a search."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields = {"time": at.replace("+00:00", "Z"), "level": record.levelname, "logger": record.name}
        fields["message"] = mask_tokens(replace_exceptions(record).getMessage())
        if record.exc_info:
            fields["exception"] = mask_tokens(self.formatException(record.exc_info))
        return json.dumps(fields, ensure_ascii=False)


class MaskingPathFilter(logging.Filter):
    """For the development server, which has its own formatter."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, dict):
            record.args = {
                name: mask_tokens(value) if isinstance(value, str) else value for name, value in record.args.items()
            }
        return True
