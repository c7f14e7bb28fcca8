"""Masks tokens in logs. The path of a request may contain a token, even a mistyped one.

Every token of the site begins with ``myweb_KIND_``, so it is found in any text. deploy/nginx/myweb.conf.template masks
the same prefix.
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


def add_token_prefix(kind: str, secret: str) -> str:
    assert kind in KINDS
    return f"myweb_{kind}_{secret}"


def strip_token_prefix(kind: str, token: str) -> str:
    """The secret part; empty if this is not a token of the kind."""
    prefix = add_token_prefix(kind, "")
    return token.removeprefix(prefix) if token.startswith(prefix) else ""


def mask_tokens(text: str) -> str:
    return TOKEN.sub(lambda match: f"{match[1] or match[2]}...", text)


class MaskingFormatter(logging.Formatter):
    """Masks the whole line, with the traceback of an exception."""

    def format(self, record: logging.LogRecord) -> str:
        return mask_tokens(super().format(record))


class MaskingJsonFormatter(logging.Formatter):
    """One JSON object per line, without other attributes of the record: a request's query may contain a search."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields = {"time": at.replace("+00:00", "Z"), "level": record.levelname, "logger": record.name}
        fields["message"] = mask_tokens(record.getMessage())
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
