"""Typed readers for the process environment and an optional ``.env`` file beside ``manage.py``.

Every reader raises :class:`ImproperlyConfigured` with the variable's name and how to fix it. Real variables take
precedence over the file. ``NAME_FILE`` names a file with the value, as Docker and Kubernetes mount secrets; ``NAME``
takes precedence over it.
"""

import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from django.core.exceptions import ImproperlyConfigured

from myweb.bucket_settings import BucketSettings, InvalidBucket, parse_bucket

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def load_env_file(path: Path) -> None:
    """Reads ``NAME=value`` lines; quotes around a value are dropped, and the text between them is not interpreted.

    A file that this user can't read is skipped with a warning: the real variables may be complete.
    """
    if not path.exists():
        return
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except PermissionError:
        warnings.warn(f"{path} can't be read by this user; it is ignored.", stacklevel=2)
        return
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, separator, value = line.partition("=")
        if not separator:
            raise ImproperlyConfigured(f"{path}:{number}: expected NAME=value, found {line.strip()!r}.")
        value = value.strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        if f"{name.strip()}_FILE" not in os.environ:
            os.environ.setdefault(name.strip(), value)


def read_text(name: str, default: str = "") -> str:
    path = os.environ.get(f"{name}_FILE")
    if path and not os.environ.get(name):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(
                f"{name}_FILE points to {path}, which can't be read: {error.strerror}."
            ) from None
    return os.environ.get(name, default)


def read_flag(name: str, default: bool = False) -> bool:
    value = read_text(name, "yes" if default else "no").lower()
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be yes or no, not {value!r}.")


def read_number(name: str, default: int, minimum: int | None = None) -> int:
    value = read_text(name) or str(default)
    try:
        parsed = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None
    if minimum is not None and parsed < minimum:
        raise ImproperlyConfigured(f"{name} must be at least {minimum}, not {parsed}.")
    return parsed


def read_choice(name: str, choices: Sequence[str]) -> str:
    """The first choice if the variable is not set."""
    value = read_text(name, choices[0])
    if value not in choices:
        raise ImproperlyConfigured(f"{name} must be {' or '.join(choices)}, not {value!r}.")
    return value


def open_stream(name: str) -> TextIO:
    """The file descriptor with this number, as the shell's 3>&2 makes it; standard error if it is not set."""
    if not read_text(name):
        return sys.stderr
    try:
        return open(read_number(name, 2), "w", buffering=1, encoding="utf-8", closefd=False)
    except OSError as error:
        raise ImproperlyConfigured(f"{name} must be an open descriptor: {error.strerror}.") from None


def read_list(name: str, default: str = "") -> list[str]:
    """Values separated by commas or spaces."""
    return read_text(name, default).replace(",", " ").split()


def read_address(name: str) -> tuple[str, int] | None:
    """``host:port``, an IPv6 one in brackets; None if it is not set."""
    value = read_text(name)
    return parse_address(name, value) if value else None


def read_addresses(name: str) -> list[tuple[str, int]]:
    """Several addresses, separated by commas or spaces."""
    return [parse_address(name, value) for value in read_list(name)]


def parse_address(name: str, value: str) -> tuple[str, int]:
    host, _colon, port = value.rpartition(":")
    if not (host and port.isdecimal() and 0 < int(port) < 65536):
        raise ImproperlyConfigured(f"{name} must have the format 127.0.0.1:8125, not {value!r}.")
    return host.strip("[]"), int(port)


def read_bucket(name: str) -> BucketSettings | None:
    """``NAME`` with its ``_ACCESS_KEY``, ``_SECRET_KEY``, ``_REGION`` and ``_STYLE``; None if it is not set."""
    url = read_text(name)
    if not url:
        return None
    try:
        return parse_bucket(
            name,
            url,
            access_key=read_text(f"{name}_ACCESS_KEY"),
            secret_key=read_text(f"{name}_SECRET_KEY"),
            region=read_text(f"{name}_REGION") or "us-east-1",
            style=read_text(f"{name}_STYLE") or "path",
        )
    except InvalidBucket as error:
        raise ImproperlyConfigured(str(error)) from None
