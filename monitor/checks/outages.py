"""Tells the room of a check when it goes down, and when it is up again.

What was told is stored with the check, in the transaction of the message. So nothing is told twice, not even after a
restart of the collector, and what a crash left out is told by the next one.
"""

from datetime import datetime

import msgspec
from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import get_or_create_bot
from chat import bots
from chat.message_services import post_card, update_card
from chat.models import Message
from monitor.checks.cards import CheckCard
from monitor.checks.models import Check, CheckState
from monitor.checks.result_text import as_clause
from myweb.errors import NotFound, Refused
from myweb.formats import format_duration

UP_STATES = (CheckState.UP, CheckState.DEGRADED)


def inform_rooms() -> None:
    """In the language of the workspace, as other messages of the server."""
    new = Check.objects.filter(state=CheckState.DOWN, notify_room=True, outage_message=None, room__archived_at=None)
    over = Check.objects.filter(state__in=UP_STATES).exclude(outage_message=None)
    with translation.override(settings.LANGUAGE_CODE):
        for check_id in new.exclude(room=None).order_by("since", "pk").values_list("pk", flat=True):
            post_outage(check_id)
        for check_id in over.order_by("since", "pk").values_list("pk", flat=True):
            post_recovery(check_id)


def get_check_bot() -> User:
    return get_or_create_bot("Watch")


@transaction.atomic
def post_outage(check_id: int) -> None:
    check = Check.objects.select_for_update().get(pk=check_id)
    if check.state != CheckState.DOWN or check.outage_message_id is not None or check.room_id is None:
        return
    card = CheckCard(check.slug, check.name, get_unix_seconds(check.since), as_clause(check.said))
    try:
        sent = post_card(get_check_bot(), check.room_id, card, describe_outage(card))
    except Refused:  # the room was archived meanwhile
        return
    Check.objects.filter(pk=check_id).update(outage_message=sent.message)


@transaction.atomic
def post_recovery(check_id: int) -> None:
    """Updates the card of the outage and replies to it."""
    check = Check.objects.select_for_update().get(pk=check_id)
    message = Message.objects.filter(pk=check.outage_message_id or 0).first()
    if not check.is_up or message is None:
        return
    Check.objects.filter(pk=check_id).update(outage_message=None)
    if message.card is None:  # the message was deleted
        return
    card = msgspec.convert(message.card, CheckCard)
    card.name, card.ended = check.name, get_unix_seconds(check.since)
    duration = format_duration(card.ended - card.since)
    text = _("%(name)s is up again after %(time)s.") % {"name": check.name, "time": duration}
    try:
        if update_card(message.pk, card, describe_outage(card)) is not None:
            bots.post_bot_message(get_check_bot(), message.room_id, text, message.seq)
    except (NotFound, Refused):  # the room was archived meanwhile
        return


def describe_outage(card: CheckCard) -> str:
    values = {"name": card.name, "why": card.said}
    return _("%(name)s is down: %(why)s") % values if card.said else _("%(name)s is down") % values


def get_unix_seconds(moment: datetime) -> int:
    return int(moment.timestamp())
