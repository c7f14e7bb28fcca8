"""Replies to a card that do something: ``ack``, ``ack 30m restarting the worker``, ``silence 1d deploy``, ``unack``."""

import logging
import re
from typing import NamedTuple

from accounts.models import User
from chat.cards import CardReply
from monitor.alerts import actions
from monitor.alerts.models import Alert
from myweb.errors import NotFound, Refused

logger = logging.getLogger(__name__)

VERBS = {
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
UNITS = {"m": 1, "min": 1, "mins": 1, "minute": 1, "minutes": 1, "分钟": 1, "分": 1}
UNITS |= dict.fromkeys(("h", "hour", "hours", "小时", "时"), 60) | dict.fromkeys(("d", "day", "days", "天"), 60 * 24)

VERB = re.compile(r"(acknowledge|ack|silence|unack|close)(?=\s|$)|(取消确认|确认|静默|关闭)", re.IGNORECASE)
SPAN = re.compile(
    r"\s*(\d{1,4})\s*(?:(mins?|minutes?|m|hours?|h|days?|d)(?![a-z])|(分钟|分|小时|时|天)|(?=\s*$))", re.IGNORECASE
)


class Said(NamedTuple):
    verb: str  # of actions.py
    minutes: int
    words: str


def understood(text: str) -> Said | None:
    """None for a reply that is just a reply."""
    text = text.strip()
    verb = VERB.match(text)
    if verb is None:
        return None
    rest, minutes = text[verb.end() :], 60
    span = SPAN.match(rest)
    if span:
        unit = (span[2] or span[3] or "m").lower()
        rest, minutes = rest[span.end() :], int(span[1]) * UNITS[unit]
    return Said(VERBS[verb[0].lower()], min(max(minutes, 1), actions.LONGEST), rest.strip())


def hear(answer: CardReply) -> None:
    """Called for each reply to an alert's card, after it is stored."""
    said = understood(answer.body)
    alert = Alert.objects.filter(message=answer.message_id).only("pk").first()
    if said is None or alert is None:
        return
    by = User.objects.get(pk=answer.user_id)
    try:
        if said.verb in {"unacknowledge", "close"}:
            getattr(actions, said.verb)(by, alert.pk)
        else:
            getattr(actions, said.verb)(by, alert.pk, said.minutes, said.words)
    except (Refused, NotFound) as refused:
        logger.info("The reply %r was rejected: %s", answer.body[:40], refused)
