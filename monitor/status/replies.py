"""Replies to the card of an incident, and texts that become its updates."""

import re

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat import cards
from chat.access import get_message
from chat.models import Message, Room
from monitor.status import services
from monitor.status.models import Incident
from myweb.errors import Refused

PENDING_APPROVAL = _("Saved. It becomes public when someone who can publish approves it.")
STATE_WORDS = {  # the first word of a reply -> the new state
    "update": "",
    "更新": "",
    "investigating": Incident.State.INVESTIGATING,
    "调查": Incident.State.INVESTIGATING,
    "identified": Incident.State.IDENTIFIED,
    "已定位": Incident.State.IDENTIFIED,
    "monitoring": Incident.State.MONITORING,
    "观察": Incident.State.MONITORING,
    "resolved": Incident.State.RESOLVED,
    "已解决": Incident.State.RESOLVED,
}
MESSAGE_LINK = re.compile(
    r"(?:https?://\S+?)?/rooms/(\d{1,18})/\?at=(\d{1,18})"
)  # a link from "Copy link" of a message


def add_update_from_text(by: User, incident: Incident, text: str, room: Room) -> bool:
    """Add the text, or that of a linked message, as an update. Return whether it is public."""
    state, update_text = parse_state_word(text)
    linked = MESSAGE_LINK.fullmatch(update_text.strip())
    message = get_linked_message(by, room, int(linked[1]), int(linked[2])) if linked else None
    update_text = services.remove_mentions(message.body if message else update_text, room.pk)
    return services.add_incident_update(by, incident, update_text, state or "", message).shown


def parse_state_word(text: str) -> tuple[str | None, str]:
    """Return the state of the first word, or None if it is no keyword, and the rest of the text."""
    first, _space, rest = text.strip().partition(" ")
    state = STATE_WORDS.get(first.lower().rstrip(":,.，：。"))
    return state, text if state is None else rest


def get_linked_message(by: User, room: Room, room_id: int, seq: int) -> Message:
    if room_id != room.pk:
        raise Refused("invalid", _("Only messages of this room can become updates of its incident."))
    message_id = Message.objects.filter(room=room, seq=seq).values_list("pk", flat=True).first()
    return get_message(by.pk, message_id or 0)


def handle_incident_reply(reply: cards.CardReply) -> None:
    """Handle a reply to the card: an update if it begins with a keyword, else an ordinary message."""
    if parse_state_word(reply.body)[0] is None:
        return
    incident = Incident.objects.select_related("room").filter(card=reply.message_id).first()
    by = User.objects.get(pk=reply.user_id)
    if incident and incident.room:
        add_update_from_text(by, incident, reply.body, incident.room)


cards.reply_handlers["incident"] = handle_incident_reply
