"""Services that change what a user is notified of, and when."""

import time
from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat import access
from chat.memberships import refresh_sidebars
from chat.models import Level, Membership, NotificationSettings
from myweb.errors import Refused

MAX_MUTE_SECONDS = 366 * 86_400


def set_room_notifications(user_id: int, room_id: int, level: str, muted_until: int) -> None:
    """``muted_until`` is in seconds since 1970; 0: not muted. Raises :class:`Refused`."""
    access.check_member(user_id, room_id)
    if level not in {"", *Level.values}:
        raise Refused("invalid", _("Choose all messages, mentions or nothing."))
    if not 0 <= muted_until <= time.time() + MAX_MUTE_SECONDS:
        raise Refused("invalid", _("A room can be muted for at most a year."))
    memberships = Membership.objects.filter(room=room_id, user=user_id, active=True)
    changed = memberships.exclude(level=level, muted_until=muted_until)
    if changed.update(level=level, muted_until=muted_until):
        refresh_sidebars(room_id, [user_id])


def change_settings(
    user: User, room_level: str, direct_level: str, zone: str, quiet_periods: Sequence[Sequence[int]]
) -> None:
    """``quiet_periods`` as in :class:`NotificationSettings`. What is held already keeps its time."""
    values = {"room_level": room_level, "direct_level": direct_level, "zone": zone, "quiet_periods": quiet_periods}
    NotificationSettings.objects.update_or_create(user=user, defaults=values)
