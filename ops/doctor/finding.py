from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from django.conf import settings
from django.db import connections


class FindingState(IntEnum):
    """From the best to the worst."""

    OK = 0
    SKIPPED = 1
    UNKNOWN = 2  # it cannot be seen from here
    WARNING = 3
    FAILED = 4


@dataclass(frozen=True)
class Finding:
    state: FindingState
    message: str  # without a full stop: it may be one of several in a line
    hint: str = ""  # a command to be copied, or the variable and what it should say


Findings = Iterator[Finding]


def report_ok(message: str) -> Finding:
    return Finding(FindingState.OK, message)


def report_skipped(message: str) -> Finding:
    return Finding(FindingState.SKIPPED, message)


def report_unknown(message: str, hint: str) -> Finding:
    return Finding(FindingState.UNKNOWN, message, hint)


def report_warning(message: str, hint: str) -> Finding:
    return Finding(FindingState.WARNING, message, hint)


def report_failure(message: str, hint: str) -> Finding:
    return Finding(FindingState.FAILED, message, hint)


def format_count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def describe_error(error: BaseException) -> str:
    """The text of an error in one line, with the secrets of the settings masked."""
    message = " ".join(str(error).split()) or type(error).__name__
    for secret in list_secrets():
        message = message.replace(secret, "***")
    return message


def list_secrets() -> list[str]:
    redis = settings.REDIS or {}
    secrets = [
        *(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS, settings.METRICS_TOKEN, settings.EMAIL_HOST_PASSWORD),
        *(connections[name].settings_dict.get("PASSWORD") for name in connections),
        *(redis.get("password"), (redis.get("sentinel_kwargs") or {}).get("password")),
    ]
    return [secret for secret in secrets if secret]
