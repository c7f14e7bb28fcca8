"""Services that change messages: one function a change, for sockets, pages and commands alike."""

from collections.abc import Sequence
from functools import cache
from uuid import UUID, uuid4

import msgspec
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat import access
from chat.attachments import get_file_keeper, read_files_of
from chat.cards import Card
from chat.markdown import ParsedMessage, render_markdown
from chat.memberships import notify_sidebar
from chat.message_validation import IncomingMessage, ParsedBody, parse_body, parse_incoming, render_for_room
from chat.models import Membership, Mention, Message, Room
from chat.previews import read_previews_of
from chat.protocol import Sent
from chat.room_log import RoomLog, lock_room
from chat.search.index import remove_messages
from chat.serializers import get_message_event_type, read_named_members, select_messages, serialize_message
from chat.store import store_message
from myweb.errors import NotFound, Refused

VARIATION_SELECTOR = "\ufe0f"
REACTION_LIMIT = 20  # different emoji under one message


def send_message(
    by: User, room_id: int, client_id: str, body: str, reply: int | None = None, *, files: Sequence[str] = ()
) -> Sent:
    return store_message(parse_incoming(room_id, by.pk, client_id, body, reply, files=files))


def edit_message(by: User, message_id: int, body: str) -> Sent:
    return edit_parsed_message(by, message_id, parse_body(body))


def edit_parsed_message(by: User, message_id: int, text: ParsedBody) -> Sent:
    message = access.get_editable_message(by.pk, message_id)
    if not text.body and not read_files_of([message]):
        raise Refused("invalid", _("The message is empty."))
    html, mentions = render_for_room(text.parsed, message.room_id)
    with lock_room(message.room_id) as log:
        log.check_writable()
        message = access.get_message(by.pk, message_id)
        message.body, message.html, message.edited_at = text.body, html, timezone.now()
        message.mentions.exclude(user__in=mentions).delete()
        Mention.objects.bulk_create(
            [
                Mention(message=message, user_id=user_id, room_id=message.room_id, seq=message.seq)
                for user_id in mentions
            ],
            ignore_conflicts=True,
        )
        return save_message_change(log, message)


def delete_message(by: User, message_id: int) -> Sent:
    message = access.get_deletable_message(by, message_id)
    with lock_room(message.room_id) as log:
        log.check_writable()
        return make_tombstone(log, access.get_message(by.pk, message_id))


def make_tombstone(log: RoomLog, message: Message) -> Sent:
    message.body = message.html = ""
    message.card = None
    message.deleted_at = timezone.now()
    message.mentions.all().delete()
    message.reactions.all().delete()
    remove_messages([message.pk])
    get_file_keeper().delete_files(message)
    return save_message_change(log, message)


def set_reaction(by: User, message_id: int, emoji: str, on: bool) -> Sent:
    message = access.get_message(by.pk, message_id)
    emoji = normalize_emoji(emoji)
    with lock_room(message.room_id) as log:
        log.check_writable()
        message = access.get_message(by.pk, message_id)
        if not on:
            changed = message.reactions.filter(user=by, emoji=emoji).delete()[0]
        elif message.reactions.filter(user=by, emoji=emoji).exists():
            changed = 0
        else:
            emojis = set(message.reactions.values_list("emoji", flat=True))
            if emoji not in emojis and len(emojis) >= REACTION_LIMIT:
                raise Refused("invalid", _("This message has reached its limit of reactions."))
            changed = len([message.reactions.create(user=by, emoji=emoji)])
        return save_message_change(log, message) if changed else Sent(message.pk, message.seq, message.rev)


def normalize_emoji(text: str) -> str:
    """The fully-qualified form of one emoji, so that ❤ and ❤️ are the same reaction; raises :class:`Refused`."""
    try:
        return load_emoji_forms()[text.replace(VARIATION_SELECTOR, "")]
    except KeyError:
        raise Refused("invalid", _("A reaction must be one emoji.")) from None


@cache
def load_emoji_forms() -> dict[str, str]:
    """Each emoji by what it is without variation selectors, which keyboards and programs set as they like."""
    from emoji import EMOJI_DATA, STATUS

    full = STATUS["fully_qualified"]
    return {sign.replace(VARIATION_SELECTOR, ""): sign for sign, facts in EMOJI_DATA.items() if facts["status"] == full}


def save_message_change(log: RoomLog, message: Message) -> Sent:
    """Stores a changed message under the room's next rev and records its new state."""
    message.rev = log.next_rev()
    message.save(update_fields=["rev", "body", "html", "card", "edited_at", "deleted_at", "urgent_at"])
    return record_message(log, message.pk)


def touch_message(log: RoomLog, message_id: int) -> None:
    """Sends the message again, after a change of what another app keeps of it."""
    Message.objects.filter(pk=message_id).update(rev=log.next_rev())
    record_message(log, message_id)


def record_message(log: RoomLog, message_id: int) -> Sent:
    message = select_messages(log.room.pk).get(pk=message_id)
    state = serialize_message(message, read_files_of([message]), read_previews_of([message]))
    log.record(message.rev, get_message_event_type(message), state, read_named_members(log.room, [state]))
    return Sent(message.pk, message.seq, message.rev)


def post_card(by: User, room_id: int, card: Card, text: str, client_id: UUID | None = None) -> Sent:
    """Posts a card. The author need not be a member: the caller decides whether the card may be posted.

    A card that is posted again with the same ``client_id`` is the first one.
    """
    html = render_markdown(text, {})[0]  # mentions nobody
    message = IncomingMessage(
        room_id,
        by.pk,
        client_id or uuid4(),
        None,
        ParsedBody(text, ParsedMessage((html,))),
        card=msgspec.to_builtins(card),
        is_trusted=True,
    )
    return store_message(message)


def update_card(message_id: int, card: Card, text: str) -> Sent | None:
    """Replaces the card of a message. Returns None if the message was deleted."""
    room_id = Message.objects.filter(pk=message_id).values_list("room_id", flat=True).first()
    if room_id is None:
        raise NotFound
    html = render_markdown(text, {})[0]
    with lock_room(room_id) as log:
        changed = Message.objects.filter(pk=message_id, deleted_at=None).update(
            card=msgspec.to_builtins(card), body=text, html=html, rev=log.next_rev()
        )
        if not changed:
            log.room.rev -= 1
            return None
        return record_message(log, message_id)


def get_message_source(by: User, message_id: int) -> str:
    return access.get_own_message(by.pk, message_id).body


def mark_room_read(user_id: int, room_id: int, seq: int) -> None:
    """Keeps the highest mark, so late and repeated ones do no harm. All tabs and devices of the user follow."""
    access.check_member(user_id, room_id)
    seq = min(seq, Room.objects.values_list("seq", flat=True).get(pk=room_id))
    moved = Membership.objects.filter(room=room_id, user=user_id, active=True, last_read__lt=seq).update(last_read=seq)
    if moved:
        transaction.on_commit(lambda: notify_sidebar(user_id, room_id))
