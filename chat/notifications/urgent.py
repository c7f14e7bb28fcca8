"""Urgent direct messages: their author has the recipient notified in spite of quiet hours or a mute."""

from datetime import datetime, timedelta
from math import ceil

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat import access
from chat.message_services import save_message_change
from chat.models import Membership, Message, Notification, Room
from chat.notifications.decision import Decision, Occasion, Outcome, decide
from chat.notifications.delivery import store_notifications
from chat.notifications.recipients import make_recipient
from chat.protocol import Availability, Sent
from chat.room_log import lock_room
from myweb.errors import Refused

# Of one user to another: two people have one conversation, so its messages are counted.
URGENT_LIMIT, URGENT_WINDOW = 3, timedelta(hours=1)


def send_urgent(by: User, message_id: int) -> Sent:
    """Raises :class:`Refused`. A message that is urgent already stays as it is."""
    message = access.get_message(by.pk, message_id)
    if message.author_id != by.pk or by.is_bot:
        raise Refused("forbidden", _("Only the author can send a message as urgent."))
    with lock_room(message.room_id) as log:
        log.check_writable()
        message = access.get_message(by.pk, message_id)
        if message.urgent_at:
            return Sent(message.pk, message.seq, message.rev)
        recipient, now = find_recipient(log.room, by), timezone.now()
        if recipient is None:
            raise Refused("forbidden", _("Only a direct message to one person can be urgent."))
        if decide_for(recipient, message, now).outcome == Outcome.NOW:
            raise Refused("invalid", _("%(name)s is notified of this message anyway.") % {"name": recipient.user.name})
        check_urgent_limit(recipient, message, now)
        message.urgent_at = now
        sent = save_message_change(log, message)
        if decide_for(recipient, message, now).outcome == Outcome.NOW:  # they have not read it
            store_notifications(
                [Notification(user_id=recipient.user_id, room=log.room, seq=message.seq, is_urgent=True, due_at=now)]
            )
        return sent


def read_availability(by: User, room_id: int) -> Availability:
    """Tells whether the other person is notified, not why not."""
    recipient = find_recipient(access.get_room(by, room_id), by)
    if recipient is None:
        return Availability()
    decision = decide(Occasion(), make_recipient(recipient.room, recipient), timezone.now())
    until = int(decision.at.timestamp()) if decision.outcome == Outcome.HELD and decision.at else 0
    return Availability(until, decision.outcome == Outcome.NEVER)


def find_recipient(room: Room, by: User) -> Membership | None:
    """The other one of a direct conversation of two, with an account."""
    if not room.is_direct:
        return None
    others = Membership.objects.filter(room=room, active=True).exclude(user=by)
    memberships = list(others.select_related("room", "user__notification_settings")[:2])
    if len(memberships) != 1 or not memberships[0].user.is_active:
        return None
    return memberships[0]


def decide_for(recipient: Membership, message: Message, now: datetime) -> Decision:
    user_id = recipient.user_id
    is_mention = message.reply_author_id == user_id or message.mentions.filter(user=user_id).exists()
    occasion = Occasion(is_mention=is_mention, is_urgent=message.urgent_at is not None)
    has_read = message.seq <= recipient.last_read
    return decide(occasion, make_recipient(recipient.room, recipient)._replace(has_read=has_read), now)


def check_urgent_limit(recipient: Membership, message: Message, now: datetime) -> None:
    """Deleted messages count, too."""
    recent = Message.objects.filter(
        room=message.room_id, author=message.author_id, urgent_at__gt=now - URGENT_WINDOW
    ).order_by("-urgent_at")
    times = [moment for moment in recent.values_list("urgent_at", flat=True)[:URGENT_LIMIT] if moment]
    if len(times) < URGENT_LIMIT:
        return
    wait = (times[-1] + URGENT_WINDOW - now).total_seconds()
    raise Refused(
        "too_fast",
        _("You can send %(name)s %(count)d urgent messages an hour. Try again in %(minutes)d min.")
        % {"name": recipient.user.name, "count": URGENT_LIMIT, "minutes": ceil(wait / 60)},
        retry=True,
        wait=wait,
    )
