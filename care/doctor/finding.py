from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connections

if TYPE_CHECKING:
    from care.doctor.front import Front


class State(IntEnum):
    """From the best to the worst."""

    OK = 0
    SKIPPED = 1
    WARNING = 2
    FAILED = 3


@dataclass(frozen=True)
class Finding:
    state: State
    said: str  # without a full stop: it may be one of several in a line
    mend: str = ""  # a command to be copied, or the variable and what it should say


Findings = Iterator[Finding]
Check = Callable[["Front"], Findings]


def ok(said: str) -> Finding:
    return Finding(State.OK, said)


def skipped(said: str) -> Finding:
    return Finding(State.SKIPPED, said)


def warning(said: str, mend: str) -> Finding:
    return Finding(State.WARNING, said, mend)


def failed(said: str, mend: str) -> Finding:
    return Finding(State.FAILED, said, mend)


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def counted(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def why(error: BaseException) -> str:
    """Errors of libraries may hold anything: here it is one line, and no secret of the settings."""
    said = " ".join(str(error).split()) or type(error).__name__
    for secret in secrets():
        said = said.replace(secret, "***")
    return said


def secrets() -> list[str]:
    there = settings.REDIS or {}
    every = [
        *(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS, settings.METRICS_TOKEN, settings.EMAIL_HOST_PASSWORD),
        *(connections[name].settings_dict.get("PASSWORD") for name in connections),
        *(there.get("password"), (there.get("sentinel_kwargs") or {}).get("password")),
    ]
    return [each for each in every if each]
