"""Replies to a card that are commands: ``ack``, ``ack 30m restarting the worker``, ``silence 1d deploy``, ``unack``.

Without a time ``actions.DEFAULT_MINUTES`` holds.
"""

import logging
import re
from typing import NamedTuple

from accounts.models import User
from chat.cards import CardReply
from monitor.alerts import actions
from monitor.alerts.models import Alert
from myweb.errors import NotFound, Refused

logger = logging.getLogger(__name__)

VERB_OF_WORD = {
    "ack": "acknowledge",
    "acknowledge": "acknowledge",
    "确认": "acknowledge",
    "silence": "silence",
    "静默": "silence",
    "unack": "unacknowledge",
    "取消确认": "unacknowledge",
    "close": "close",
    "关闭": "close",
}
MINUTES_OF_UNIT = {"m": 1, "min": 1, "mins": 1, "minute": 1, "minutes": 1, "分钟": 1, "分": 1}
MINUTES_OF_UNIT |= dict.fromkeys(("h", "hour", "hours", "小时", "时"), 60) | dict.fromkeys(
    ("d", "day", "days", "天"), 60 * 24
)

VERB_PATTERN = re.compile(r"(acknowledge|ack|silence|unack|close)(?=\s|$)|(取消确认|确认|静默|关闭)", re.IGNORECASE)
DURATION_PATTERN = re.compile(
    r"\s*(\d{1,4})\s*(?:(mins?|minutes?|m|hours?|h|days?|d)(?![a-z])|(分钟|分|小时|时|天)|(?=\s*$))", re.IGNORECASE
)


class ReplyCommand(NamedTuple):
    verb: str  # a key of ACTIONS or TIMED_ACTIONS
    minutes: int
    words: str


def parse_reply(text: str) -> ReplyCommand | None:
    """Returns None for an ordinary reply."""
    text = text.strip()
    verb = VERB_PATTERN.match(text)
    if verb is None:
        return None
    rest, minutes = text[verb.end() :], actions.DEFAULT_MINUTES
    duration = DURATION_PATTERN.match(rest)
    if duration:
        unit = (duration[2] or duration[3] or "m").lower()
        rest, minutes = rest[duration.end() :], int(duration[1]) * MINUTES_OF_UNIT[unit]
    return ReplyCommand(VERB_OF_WORD[verb[0].lower()], min(max(minutes, 1), actions.MAX_MINUTES), rest.strip())


def handle_reply(answer: CardReply) -> None:
    """Called for each stored reply to an alert card."""
    reply_command = parse_reply(answer.body)
    alert = Alert.objects.filter(message=answer.message_id).only("pk").first()
    if reply_command is None or alert is None:
        return
    by = User.objects.get(pk=answer.user_id)
    try:
        if reply_command.verb in actions.ACTIONS:
            actions.ACTIONS[reply_command.verb](by, alert.pk)
        else:
            actions.TIMED_ACTIONS[reply_command.verb](by, alert.pk, reply_command.minutes, reply_command.words)
    except (Refused, NotFound) as refused:
        logger.info("The reply %r was rejected: %s", answer.body[:40], refused)
