"""Where a user is notified of each kind of message: in a tab, on devices, by mail. All is on until it is turned off."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.models import NotificationSettings, Room
from chat.notifications.recipients import find_addressed_users


class Kind(TextChoices):
    DIRECT = "direct", _("Direct messages")
    MENTION = "mention", _("Mentions of you")
    OTHER = "other", _("Other messages")


class Channel(TextChoices):
    TAB = "tab", _("In the tab")
    PUSH = "push", _("Devices")
    MAIL = "mail", _("Mail")


class Cell(NamedTuple):
    kind: Kind
    channel: Channel

    @property
    def name(self) -> str:
        """As stored in ``NotificationSettings.off_channels``."""
        return f"{self.kind}.{self.channel}"


# Of rooms only mentions are mailed.
CELLS = [Cell(kind, channel) for kind in Kind for channel in Channel if (kind, channel) != (Kind.OTHER, Channel.MAIL)]


class Notified(NamedTuple):
    user_id: int
    room: Room
    seq: int


def find_off_channels(notified: Collection[Notified]) -> dict[tuple[int, int], frozenset[str]]:
    """(user, room) -> the channels that the user turned off for this kind of message. Most have turned off nothing."""
    settings = NotificationSettings.objects.filter(user__in={entry.user_id for entry in notified})
    chosen = {user_id: set(off) for user_id, off in settings.values_list("user", "off_channels") if off}
    found: dict[tuple[int, int], frozenset[str]] = {}
    mine = [entry for entry in notified if entry.user_id in chosen]
    for room in {entry.room.pk: entry.room for entry in mine}.values():
        entries = [entry for entry in mine if entry.room.pk == room.pk]
        addressed = {} if room.is_direct else find_addressed_users(room, {entry.seq for entry in entries})
        for user_id, _room, seq in entries:
            kind = choose_kind(room, is_mention=seq in addressed.get(user_id, set()))
            off = {channel.value for channel in Channel if Cell(kind, channel).name in chosen[user_id]}
            found[user_id, room.pk] = frozenset(off)
    return found


def choose_kind(room: Room, *, is_mention: bool) -> Kind:
    if room.is_direct:
        return Kind.DIRECT
    return Kind.MENTION if is_mention else Kind.OTHER


def change_channels(user: User, off: Iterable[Cell]) -> None:
    names = sorted(cell.name for cell in off)
    NotificationSettings.objects.update_or_create(user=user, defaults={"off_channels": names})
