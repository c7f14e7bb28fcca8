"""What can be done with messages. One verb a change; every way in (socket, page, command) ends here."""

from functools import cache

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat import access
from chat.drafts import ParsedBody, make_draft, parse_body, render_parsed
from chat.events import Sent
from chat.log import Log, lock
from chat.models import Membership, Mention, Message, Room
from chat.states import message_state, message_type, messages_of
from chat.store import store
from realtime.protocol import Refused
from realtime.publish import publish

VARIATION = "\ufe0f"
REACTION_LIMIT = 20  # different emoji under one message


def send(by: User, room_id: int, client_id: str, body: str, reply: int | None = None) -> Sent:
    outcome = store([make_draft(room_id, by.pk, client_id, body, reply)])[0]
    if isinstance(outcome, Refused):
        raise outcome
    return outcome


def edit(by: User, message_id: int, body: str) -> Sent:
    return change_body(by, message_id, parse_body(body))


def change_body(by: User, message_id: int, text: ParsedBody) -> Sent:
    message = access.get_message(by.pk, message_id)
    if message.author_id != by.pk:
        raise Refused("forbidden", _("Only the author can edit a message."))
    if message.card is not None:
        raise Refused("forbidden", _("Cards can't be edited. Reply instead."))
    html, mentions = render_parsed(text.parsed, message.room_id)
    with lock(message.room_id) as log:
        log.check_writable()
        message = access.get_message(by.pk, message_id)
        message.body, message.html, message.edited_at = text.body, html, timezone.now()
        message.mentions.exclude(user__in=mentions).delete()
        Mention.objects.bulk_create(
            [Mention(message=message, user_id=each, room_id=message.room_id, seq=message.seq) for each in mentions],
            ignore_conflicts=True,
        )
        return touch(log, message)


def delete(by: User, message_id: int) -> Sent:
    message = access.get_message(by.pk, message_id)
    if message.author_id != by.pk and not by.is_admin:
        raise Refused("forbidden", _("Only the author or an admin can delete a message."))
    with lock(message.room_id) as log:
        log.check_writable()
        message = access.get_message(by.pk, message_id)
        message.body = message.html = ""
        message.card = None
        message.deleted_at = timezone.now()
        message.mentions.all().delete()
        message.reactions.all().delete()
        return touch(log, message)


def react(by: User, message_id: int, emoji: str, on: bool) -> Sent:
    message = access.get_message(by.pk, message_id)
    emoji = clean_emoji(emoji)
    with lock(message.room_id) as log:
        log.check_writable()
        message = access.get_message(by.pk, message_id)
        if not on:
            changed = message.reactions.filter(user=by, emoji=emoji).delete()[0]
        elif message.reactions.filter(user=by, emoji=emoji).exists():
            changed = 0
        else:
            signs = set(message.reactions.values_list("emoji", flat=True))
            if emoji not in signs and len(signs) >= REACTION_LIMIT:
                raise Refused("invalid", _("This message has reached its limit of reactions."))
            changed = len([message.reactions.create(user=by, emoji=emoji)])
        return touch(log, message) if changed else Sent(message.pk, message.seq, message.rev)


def clean_emoji(sign: str) -> str:
    """The fully-qualified form of one emoji, so that ❤ and ❤️ are the same reaction; raises :class:`Refused`."""
    try:
        return emoji_forms()[sign.replace(VARIATION, "")]
    except KeyError:
        raise Refused("invalid", _("A reaction must be one emoji.")) from None


@cache
def emoji_forms() -> dict[str, str]:
    """Each emoji by what it is without variation selectors, which keyboards and programs set as they like."""
    from emoji import EMOJI_DATA, STATUS

    full = STATUS["fully_qualified"]
    return {sign.replace(VARIATION, ""): sign for sign, facts in EMOJI_DATA.items() if facts["status"] == full}


def touch(log: Log, message: Message) -> Sent:
    """Stores a changed message under the room's next rev and records its new state."""
    message.rev = log.next_rev()
    message.save(update_fields=["rev", "body", "html", "card", "edited_at", "deleted_at"])
    message = messages_of(message.room_id).get(pk=message.pk)
    log.record(message.rev, message_type(message), message_state(message))
    return Sent(message.pk, message.seq, message.rev)


def source(by: User, message_id: int) -> str:
    message = access.get_message(by.pk, message_id)
    if message.author_id != by.pk:
        raise Refused("forbidden", _("Only the author can edit a message."))
    return message.body


def mark_read(user_id: int, room_id: int, seq: int) -> None:
    """Merged with max, so that late and repeated marks do no harm; told to all tabs and devices of the person."""
    access.check_member(user_id, room_id)
    seq = min(seq, Room.objects.values_list("seq", flat=True).get(pk=room_id))
    moved = Membership.objects.filter(room=room_id, user=user_id, active=True, last_read__lt=seq).update(last_read=seq)
    if moved:
        transaction.on_commit(lambda: tell(user_id, room_id))


def tell(user_id: int, room_id: int, gone: bool = False) -> None:
    """Has every process with a socket of this person look at a line of their sidebar again."""
    publish(f"user.{user_id}", {"topic": f"me.{user_id}", "note": {"room": room_id, "gone": gone}})
