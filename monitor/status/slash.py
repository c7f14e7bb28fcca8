"""``/incident`` and ``/update``."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chat.slash import SlashRequest, slash_command
from monitor.status import incident_card, services
from monitor.status.models import Incident
from monitor.status.replies import PENDING_APPROVAL, add_update_from_text
from myweb.errors import Refused
from myweb.text_cleaning import clean_name


@slash_command("incident", "[minor|major|critical] The shop is slow", _("Open an incident"))
def open_incident(request: SlashRequest) -> Promise | None:
    first, _space, rest = request.words.partition(" ")
    impact = first.lower().rstrip(":")
    title, impact = (rest, impact) if impact in Incident.Impact.values else (request.words, Incident.Impact.MINOR)
    if Incident.objects.filter(room=request.room, title=clean_name(title), ended_at=None).exists():
        return _("This incident is already open.")
    incident_card.post_incident_card(request.by, services.create_incident(request.by, title, impact, request.room))
    return None  # its card says how to go on, where a toast would lie over it


@slash_command(
    "update", "The cause is found", _("Post an update on this room's incident; a message link uses its text")
)
def update_incident(request: SlashRequest) -> Promise:
    incident = Incident.objects.filter(room=request.room, ended_at=None).order_by("-started_at", "-pk").first()
    if incident is None:
        raise Refused("invalid", _("No incident is open in this room. Open one: /incident The shop is slow"))
    is_public = add_update_from_text(request.by, incident, request.words, request.room)
    return _("Updated.") if is_public or not incident.published else PENDING_APPROVAL
