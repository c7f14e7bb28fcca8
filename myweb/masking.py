"""Tokens may stand in the path of a request, mistyped ones too, and paths get into logs: there they are left out.

Every token that the site gives out begins with ``myweb_KIND_``. By that it is found in any text, wherever it stands;
deploy/nginx/myweb.conf.template knows the same prefix.
"""

import json
import logging
import re
from datetime import UTC, datetime

KINDS = ("push", "beat", "alerts", "wall", "join", "reset")
TOKEN = re.compile(
    rf"(myweb(?:_|%(?:25)*5f)(?:{'|'.join(KINDS)})(?:_|%(?:25)*5f))[\w:%.~+-]+"
    r"|(/api/+(?:push|beat|alerts)/+|/password/+reset/+key/+)[^\s/?\"']+",
    re.IGNORECASE,
)


def with_prefix(kind: str, secret: str) -> str:
    assert kind in KINDS
    return f"myweb_{kind}_{secret}"


def without_prefix(kind: str, token: str) -> str:
    """The secret part; empty if this is no token of the kind."""
    prefix = with_prefix(kind, "")
    return token.removeprefix(prefix) if token.startswith(prefix) else ""


def masked(text: str) -> str:
    return TOKEN.sub(lambda match: f"{match[1] or match[2]}...", text)


class Masked(logging.Formatter):
    """Of the whole line, the story of an exception included."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


class MaskedJson(logging.Formatter):
    """An object a line. What a record carries besides its message stays out: a request's query may hold a search."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields = {"time": at.replace("+00:00", "Z"), "level": record.levelname, "logger": record.name}
        fields["message"] = masked(record.getMessage())
        if record.exc_info:
            fields["exception"] = masked(self.formatException(record.exc_info))
        return json.dumps(fields, ensure_ascii=False)


class MaskedPath(logging.Filter):
    """For the development server, whose lines have a formatter of their own."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, dict):
            record.args = {name: masked(each) if isinstance(each, str) else each for name, each in record.args.items()}
        return True
