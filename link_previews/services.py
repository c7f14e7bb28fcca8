"""Services that change what previews there are."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.access import check_admin
from accounts.models import User
from chat import access as chat_access
from chat.message_services import touch_message
from chat.models import Room
from chat.protocol import Sent
from chat.readers import skip_history
from chat.room_log import lock_room
from link_previews.access import may_remove_previews
from link_previews.following import is_enabled
from link_previews.models import MessageLink, PreviewSettings, RoomWithoutPreviews
from link_previews.tasks import READER
from myweb.errors import NotFound, Refused


@transaction.atomic
def enable_previews(by: User, enabled: bool) -> None:
    """Only messages that are sent from now on get previews. Those that are shown stay."""
    check_admin(by)
    if enabled and not is_enabled():
        skip_history(READER)
    PreviewSettings.objects.update_or_create(pk=1, defaults={"is_enabled": enabled})


def enable_room_previews(room: Room, enabled: bool) -> None:
    """``room`` comes from :func:`link_previews.access.get_room_to_switch`."""
    if enabled:
        RoomWithoutPreviews.objects.filter(room=room).delete()
    else:
        RoomWithoutPreviews.objects.get_or_create(room=room)


def remove_preview(by: User, message_id: int, preview_id: str) -> Sent:
    """Takes a preview off a message, for everyone and for good."""
    try:
        preview = UUID(preview_id)
    except ValueError:
        raise NotFound from None
    message = chat_access.get_message(by.pk, message_id)
    if not may_remove_previews(by, message):
        raise Refused("forbidden", _("Only the author or an admin can remove a preview."))
    with lock_room(message.room_id) as log:
        log.check_writable()
        message = chat_access.get_message(by.pk, message_id)
        if MessageLink.objects.filter(message=message, preview=preview, is_removed=False).update(is_removed=True):
            touch_message(log, message.pk)
            message.rev = log.room.rev
    return Sent(message.pk, message.seq, message.rev)
