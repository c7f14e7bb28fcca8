"""Decides whether a user is notified of a message, and when, by all channels; ``push.py`` and ``mail.py`` send.

A pure function: the worker asks it, and docs/notifications.md prints its table.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from chat.models import Level, Room
from chat.notifications.quiet_hours import QuietHours, find_quiet_end

DEFAULT_LEVELS = {Room.Kind.OPEN: Level.MENTIONS, Room.Kind.PRIVATE: Level.MENTIONS, Room.Kind.DIRECT: Level.ALL}


class Occasion(NamedTuple):
    """A message, as one member of its room meets it."""

    is_own: bool = False
    is_mention: bool = False  # of this user, by name, or a reply to them
    is_urgent: bool = False  # an alert for the person on call, or sent with "notify anyway"


class Recipient(NamedTuple):
    level: Level
    quiet_hours: QuietHours
    muted_until: datetime | None = None
    has_read: bool = False  # on any device, or the room is on a screen of theirs


class Outcome(StrEnum):
    NOW = "now"
    HELD = "held"  # until the quiet hours end, then all that was held comes as one
    NEVER = "never"  # the unread count alone tells


class Decision(NamedTuple):
    outcome: Outcome
    reason: str
    at: datetime | None  # when to notify; None: never


class Row(NamedTuple):
    reason: str
    applies: Callable[[Occasion, Recipient, datetime], bool]
    outcome: Outcome


# The first row that applies decides.
TABLE = (
    Row("The message is their own.", lambda occasion, _to, _now: occasion.is_own, Outcome.NEVER),
    Row("They have read it on a device.", lambda _occasion, to, _now: to.has_read, Outcome.NEVER),
    Row("It is urgent.", lambda occasion, _to, _now: occasion.is_urgent, Outcome.NOW),
    Row("The room is muted.", lambda _occasion, to, now: bool(to.muted_until and now < to.muted_until), Outcome.NEVER),
    Row("They want nothing of the room.", lambda _occasion, to, _now: to.level == Level.NOTHING, Outcome.NEVER),
    Row(
        "They want mentions, and it is none.",
        lambda occasion, to, _now: to.level == Level.MENTIONS and not occasion.is_mention,
        Outcome.NEVER,
    ),
    Row(
        "It is within their quiet hours.",
        lambda _occasion, to, now: find_quiet_end(to.quiet_hours, now) is not None,
        Outcome.HELD,
    ),
    Row("Anything else.", lambda _occasion, _to, _now: True, Outcome.NOW),
)


def decide(occasion: Occasion, recipient: Recipient, now: datetime) -> Decision:
    row = next(row for row in TABLE if row.applies(occasion, recipient, now))
    at = {Outcome.NOW: now, Outcome.HELD: find_quiet_end(recipient.quiet_hours, now), Outcome.NEVER: None}
    return Decision(row.outcome, row.reason, at[row.outcome])
