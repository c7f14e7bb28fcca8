"""Incidents in rooms: ``/incident``, ``/update``, replies to the card, and its buttons."""

import re

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat import cards
from chat.access import get_message
from chat.models import Message, Room
from chat.protocol import SlashResult
from chat.slash import SlashRequest, slash_command
from monitor.status import card, services
from monitor.status.models import Incident
from monitor.status.protocol import DoIncident
from myweb.errors import Refused
from myweb.text import clean_name
from realtime.database import in_thread
from realtime.hub import Hub
from realtime.socket import Socket
from realtime.streams import command

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


@slash_command("incident", "[minor|major|critical] The shop is slow", _("Open an incident"))
def open_incident(request: SlashRequest) -> Promise:
    first, _space, rest = request.words.partition(" ")
    impact = first.lower().rstrip(":")
    title, impact = (rest, impact) if impact in Incident.Impact.values else (request.words, Incident.Impact.MINOR)
    if not Incident.objects.filter(
        room=request.room, title=clean_name(title), ended_at=None
    ).exists():  # else sent again
        card.post_incident_card(request.by, services.create_incident(request.by, title, impact, request.room))
    return _("The incident is open. Reply with “update …” or “resolved …” to post an update.")


@slash_command(
    "update", "The cause is found", _("Post an update on this room's incident; a message link uses its text")
)
def update_incident(request: SlashRequest) -> Promise:
    incident = Incident.objects.filter(room=request.room, ended_at=None).order_by("-started_at", "-pk").first()
    if incident is None:
        raise Refused("invalid", _("No incident is open in this room. Open one: /incident The shop is slow"))
    is_public = add_update_from_text(request.by, incident, request.words, request.room)
    return _("Updated.") if is_public or not incident.published else PENDING_APPROVAL


PENDING_APPROVAL = _("Saved. It becomes public when someone who can publish approves it.")


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


@command(DoIncident)
async def do_incident(hub: Hub, socket: Socket, message: DoIncident) -> SlashResult:
    return await in_thread(run_incident_action, socket.user_id, message)


def run_incident_action(user_id: int, message: DoIncident) -> SlashResult:
    by = User.objects.get(pk=user_id, is_active=True)
    incident = services.get_incident(by, message.incident)
    if message.what == "publish":
        services.publish_incident(by, incident)
    elif message.what == "withdraw":
        services.withdraw_incident(by, incident)
    elif message.what in Incident.State.values:
        is_public = services.add_incident_update(by, incident, "", message.what).shown
        return SlashResult(str(PENDING_APPROVAL) if incident.published and not is_public else "")
    else:
        raise Refused("invalid", _("An incident does not support this action."))
    return SlashResult()
