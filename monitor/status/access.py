"""Members of a room see its incidents and add updates. Admins and the publishers of the page publish them."""

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.access import member_rooms
from monitor.status.models import Incident, StatusPage
from myweb.errors import NotFound, Refused, get_or_not_found


def get_incident(user: User, number: int) -> Incident:
    """Return an incident of one of the user's rooms. One without a room is for admins only."""
    incident = get_or_not_found(Incident.objects.select_related("room"), pk=number)
    is_visible = member_rooms(user).filter(pk=incident.room_id).exists() if incident.room_id else user.is_admin
    if not is_visible:
        raise NotFound
    return incident


def may_publish(user: User) -> bool:
    return user.is_admin or StatusPage.objects.filter(publishers=user).exists()


def check_publisher(by: User) -> None:
    if not may_publish(by):
        raise Refused("forbidden", _("Only admins and authorized users can publish incidents."))
