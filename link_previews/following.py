"""Follows the links of messages: a reader of the rooms, and what it and a finished fetch store."""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from chat.message_services import touch_message
from chat.models import Message, Room
from chat.previews import LINK
from chat.readers import Reading
from chat.room_log import lock_room
from link_previews.links import find_links
from link_previews.models import LinkPreview, MessageLink, PreviewSettings, RoomWithoutPreviews
from myweb.errors import NotFound

MESSAGES_PER_READING = 100
KEPT_FOR = timedelta(days=7)  # then a link to the same URL is looked at again
FAILED_FOR = timedelta(hours=1)

Fetch = Callable[[str], object]  # called with each URL that is to be fetched, in the transaction


def is_enabled() -> bool:
    return PreviewSettings.objects.filter(is_enabled=True).exists()


def read_changes(fetch: Fetch, room: Room, after: int) -> Reading:
    """Also while previews are off: what an edit took away goes."""
    links = MessageLink.objects.filter(message=OuterRef("pk"))
    changed = list(
        Message.objects.filter(Q(html__contains=LINK) | Exists(links), room=room, rev__gt=after)
        .only("html", "card", "deleted_at", "rev")
        .order_by("rev")[:MESSAGES_PER_READING]
    )
    position = changed[-1].rev if len(changed) == MESSAGES_PER_READING else room.rev
    return Reading(position, partial(follow_messages, room.pk, changed, fetch) if changed else None)


def follow_messages(room_id: int, messages: Sequence[Message], fetch: Fetch) -> None:
    may_add = is_enabled() and not RoomWithoutPreviews.objects.filter(room=room_id).exists()
    known: dict[int, dict[str, MessageLink]] = {}
    for link in MessageLink.objects.filter(message__in=messages).select_related("preview"):
        known.setdefault(link.message_id, {})[link.key] = link
    add = partial(add_link, fetch) if may_add else None
    touched = [message.pk for message in messages if follow_message(message, known.get(message.pk, {}), add)]
    touch_messages(room_id, touched)


def follow_message(
    message: Message, known: dict[str, MessageLink], add: Callable[[Message, int, str, str], bool] | None
) -> bool:
    """Brings the links of a message up to date. Returns whether it looks different now."""
    is_text = message.deleted_at is None and message.card is None
    wanted = find_links(message.html) if is_text else {}
    gone = [link for key, link in known.items() if key not in wanted]
    MessageLink.objects.filter(pk__in=[link.pk for link in gone]).delete()
    changed = any(map(is_shown, gone))
    for position, (key, url) in enumerate(wanted.items()):
        link = known.get(key)
        if link and (link.position, link.url) != (position, url):
            MessageLink.objects.filter(pk=link.pk).update(position=position, url=url)
            changed |= is_shown(link)
        elif not link and add:
            changed |= add(message, position, key, url)
    return changed and is_text


def is_shown(link: MessageLink) -> bool:
    return not link.is_removed and link.preview is not None and bool(link.preview.title)


def add_link(fetch: Fetch, message: Message, position: int, key: str, url: str) -> bool:
    preview = find_recent_preview(key)
    MessageLink.objects.create(message=message, key=key, url=url, position=position, preview=preview)
    if preview is None:
        fetch(url)
    return preview is not None and bool(preview.title)


def find_recent_preview(key: str) -> LinkPreview | None:
    now = timezone.now()
    recent = Q(fetched_at__gt=now - FAILED_FOR) | (Q(fetched_at__gt=now - KEPT_FOR) & ~Q(title=""))
    return LinkPreview.objects.filter(recent, key=key).order_by("-fetched_at").first()


def list_waiting_links(key: str) -> QuerySet[MessageLink]:
    return MessageLink.objects.filter(key=key, preview=None, is_removed=False, message__deleted_at=None)


def is_still_wanted(key: str) -> bool:
    waiting = list_waiting_links(key).exclude(message__room__in=RoomWithoutPreviews.objects.values("room"))
    return is_enabled() and waiting.exists()


def attach_preview(preview: LinkPreview) -> None:
    """Shows it in all messages that wait for it."""
    waiting = list_waiting_links(preview.key)
    for room_id in set(waiting.values_list("message__room", flat=True)):
        with suppress(NotFound), lock_room(room_id) as log:
            links = list(waiting.filter(message__room=room_id).order_by("message"))
            MessageLink.objects.filter(pk__in=[link.pk for link in links]).update(preview=preview)
            if preview.title:
                for link in links:
                    touch_message(log, link.message_id)


def touch_messages(room_id: int, message_ids: Collection[int]) -> None:
    if message_ids:
        with lock_room(room_id) as log:
            for message_id in message_ids:
                touch_message(log, message_id)


def delete_unused(batch_size: int = 100) -> int:
    """Previews that no message shows and no new link would take, and links of deleted messages."""
    MessageLink.objects.filter(message__deleted_at__isnull=False).delete()
    limit, count = timezone.now() - KEPT_FOR - timedelta(days=1), 0
    unused = LinkPreview.objects.filter(~Exists(MessageLink.objects.filter(preview=OuterRef("pk"))))
    while batch := list(unused.filter(fetched_at__lt=limit)[:batch_size]):
        LinkPreview.objects.filter(pk__in=[preview.pk for preview in batch]).delete()
        count += len(batch)
    return count
