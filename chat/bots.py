"""What programs say in plain words. They are no members: whoever calls has decided that they may speak."""

from uuid import uuid4

from django.utils import timezone

from accounts.models import User
from chat.cards import add_author, record_message
from chat.incoming import render_for_room
from chat.markdown import parse_markdown
from chat.models import Mention, Message
from chat.protocol import Sent
from chat.room_log import lock_room


def post_bot_message(by: User, room_id: int, body: str, reply: int | None = None) -> Sent:
    """Members who are named in it are told as by anyone's message. ``reply`` is the seq of what it answers."""
    html, mentions = render_for_room(parse_markdown(body), room_id)
    with lock_room(room_id) as log:
        log.check_writable()
        add_author(log, by)
        answered = Message.objects.filter(room=room_id, seq=reply, deleted_at=None).first() if reply else None
        message = Message.objects.create(
            room_id=room_id,
            author=by,
            client_id=uuid4(),
            seq=log.next_seq(),
            rev=log.next_rev(),
            body=body,
            html=html,
            reply_seq=answered.seq if answered else None,
            reply_author=answered.author if answered else None,
            created_at=timezone.now(),
        )
        Mention.objects.bulk_create(
            Mention(message=message, user_id=each, room_id=room_id, seq=message.seq) for each in mentions
        )
        return record_message(log, message.pk)
