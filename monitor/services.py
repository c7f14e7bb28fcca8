"""What can be done with dashboards. Refuses with a sentence for a person."""

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.models import Room
from monitor.models import Source
from realtime.protocol import Refused


def give(by: User, source: Source, room: Room | None) -> None:
    """The dashboard is the room's from now on; whoever may see it no more loses it within a minute."""
    if not by.is_admin:
        raise Refused("forbidden", _("Only admins decide who sees a dashboard."))
    source.room = room
    source.save(update_fields=["room"])
