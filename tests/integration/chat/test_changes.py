"""Editing, deleting and reacting, and who may."""

import pytest

from accounts.models import User
from chat import message_services, services
from chat.models import Mention, Message, Reaction, Room
from chat.protocol import MessageState
from chat.serializers import serialize_message
from myweb.errors import NotFound, Refused
from tests.support.rooms import say

pytestmark = pytest.mark.django_db


def code(refused: pytest.ExceptionInfo[Refused]) -> str:
    return refused.value.code


def state(message_id: int) -> MessageState:
    return serialize_message(Message.objects.get(pk=message_id), {}, {})


def test_an_edit_keeps_the_place_and_says_so(room: Room, ben: User) -> None:
    first, second = say(room, ben, "frist"), say(room, ben, "second")
    edited = message_services.edit_message(ben, first.message, "**first**")
    assert (edited.message, edited.seq) == (first.message, first.seq)
    assert edited.rev == second.rev + 1
    now = state(first.message)
    assert now.html == "<p><strong>first</strong></p>"
    assert now.edited
    assert message_services.get_message_source(ben, first.message) == "**first**"


def test_an_edit_moves_the_mentions_along(room: Room, ada: User, ben: User) -> None:
    sent = say(room, ada, f"@{ben.handle} look")
    assert list(Mention.objects.values_list("user", "seq")) == [(ben.pk, sent.seq)]
    message_services.edit_message(ada, sent.message, f"@{ada.handle} look")
    assert list(Mention.objects.values_list("user", flat=True)) == [ada.pk]
    message_services.edit_message(ada, sent.message, f"@{ada.handle} and @{ben.handle}")
    assert state(sent.message).mentions == sorted([ada.pk, ben.pk])


def test_an_edit_keeps_to_the_limit(room: Room, ben: User) -> None:
    sent = say(room, ben)
    message_services.edit_message(ben, sent.message, "x" * 10_000)
    with pytest.raises(Refused) as refused:
        message_services.edit_message(ben, sent.message, "x" * 10_001)
    assert code(refused) == "too_long"


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_nobody_edits_or_reads_the_source_of_anothers_message(role: str, room: Room, ada: User, ben: User) -> None:
    sent = say(room, ben, "mine")
    ada.role = role
    ada.save()
    for deed in (
        lambda: message_services.edit_message(ada, sent.message, "yours"),
        lambda: message_services.get_message_source(ada, sent.message),
    ):
        with pytest.raises(Refused) as refused:
            deed()
        assert code(refused) == "forbidden"
    assert state(sent.message).html == "<p>mine</p>"


def test_a_deleted_message_leaves_an_empty_tombstone(room: Room, ada: User, ben: User) -> None:
    sent = say(room, ben, f"secret for @{ada.handle}")
    message_services.set_reaction(ada, sent.message, "👍", on=True)
    message_services.edit_message(ben, sent.message, f"another secret for @{ada.handle}")
    deleted = message_services.delete_message(ben, sent.message)
    message = Message.objects.get(pk=sent.message)
    assert (message.body, message.html) == ("", "")
    assert not Mention.objects.exists()
    assert not Reaction.objects.exists()
    now = state(sent.message)
    assert (now.deleted, now.html, now.mentions, now.reactions, now.edited) == (True, "", [], {}, None)
    assert (now.seq, now.rev) == (sent.seq, deleted.rev)


def test_a_tombstone_stays_as_it_is(room: Room, ada: User, ben: User) -> None:
    sent = say(room, ben)
    message_services.delete_message(ben, sent.message)
    for deed in (
        lambda: message_services.edit_message(ben, sent.message, "back"),
        lambda: message_services.delete_message(ada, sent.message),
        lambda: message_services.set_reaction(ada, sent.message, "👍", on=True),
        lambda: message_services.get_message_source(ben, sent.message),
    ):
        with pytest.raises(NotFound):
            deed()


def test_admins_delete_what_others_wrote_and_members_do_not(room: Room, ada: User, ben: User, dora: User) -> None:
    services.add_members(ada, room, [dora])
    mine, theirs = say(room, ada), say(room, ben)
    with pytest.raises(Refused) as refused:
        message_services.delete_message(ben, mine.message)
    assert code(refused) == "forbidden"
    message_services.delete_message(dora, theirs.message)
    message_services.delete_message(dora, mine.message)
    assert Message.objects.filter(deleted_at=None).count() == 0


def test_an_admin_outside_the_room_finds_nothing_to_delete(room: Room, ben: User, dora: User) -> None:
    sent = say(room, ben)
    with pytest.raises(NotFound):
        message_services.delete_message(dora, sent.message)


def test_reactions_are_added_once_and_taken_back(room: Room, ada: User, ben: User) -> None:
    sent = say(room, ben)
    first = message_services.set_reaction(ada, sent.message, "👍", on=True)
    again = message_services.set_reaction(ada, sent.message, "👍", on=True)
    assert first.rev == again.rev == sent.rev + 1, "what changes nothing takes no number"
    message_services.set_reaction(ben, sent.message, "👍", on=True)
    message_services.set_reaction(ben, sent.message, "🎉", on=True)
    assert state(sent.message).reactions == {"👍": [ada.pk, ben.pk], "🎉": [ben.pk]}
    message_services.set_reaction(ada, sent.message, "👍", on=False)
    assert message_services.set_reaction(ada, sent.message, "👍", on=False).rev == sent.rev + 4
    assert state(sent.message).reactions == {"👍": [ben.pk], "🎉": [ben.pk]}


@pytest.mark.parametrize("sign", ["", "a", "👍👍", ":+1:", "<b>", "x" * 1000])
def test_a_reaction_is_one_emoji(sign: str, room: Room, ben: User) -> None:
    sent = say(room, ben)
    with pytest.raises(Refused) as refused:
        message_services.set_reaction(ben, sent.message, sign, on=True)
    assert code(refused) == "invalid"


def test_every_emoji_fits_its_column() -> None:
    import emoji

    assert max(len(sign) for sign in emoji.EMOJI_DATA) <= (Reaction._meta.get_field("emoji").max_length or 0)


def test_a_message_holds_so_many_different_reactions_and_no_more(room: Room, ada: User, ben: User) -> None:
    import emoji

    sent = say(room, ben)
    signs = [sign for sign in emoji.EMOJI_DATA if len(sign) == 1][: message_services.REACTION_LIMIT + 1]
    for sign in signs[:-1]:
        message_services.set_reaction(ben, sent.message, sign, on=True)
    with pytest.raises(Refused, match="its limit of reactions"):
        message_services.set_reaction(ben, sent.message, signs[-1], on=True)
    message_services.set_reaction(ada, sent.message, signs[0], on=True)
