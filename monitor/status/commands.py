"""The command of the buttons on the card of an incident."""

from django.utils.translation import gettext as _

from accounts.models import User
from chat.protocol import SlashResult
from monitor.status import access, services
from monitor.status.models import Incident
from monitor.status.protocol import DoIncident
from monitor.status.replies import PENDING_APPROVAL
from myweb.errors import Refused
from realtime.database import in_thread
from realtime.hub import Hub
from realtime.socket import Socket
from realtime.streams import command


@command(DoIncident)
async def do_incident(hub: Hub, socket: Socket, message: DoIncident) -> SlashResult:
    return await in_thread(run_incident_action, socket.user_id, message)


def run_incident_action(user_id: int, message: DoIncident) -> SlashResult:
    by = User.objects.get(pk=user_id, is_active=True)
    incident = access.get_incident(by, message.incident)
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
