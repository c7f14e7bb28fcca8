"""Rooms and their members: who may do what, and what it leaves behind."""

from collections.abc import Callable
from functools import partial

import pytest

from accounts.models import Role, User
from accounts.services import change_profile
from chat import access, services
from chat.models import Membership, Message, Room
from myweb.errors import NotFound, Refused
from tests.support.rooms import make_room, say

pytestmark = pytest.mark.django_db


def refusal(action: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refused:
        action()
    return refused.value.code


def members(room: Room) -> set[str]:
    return set(room.memberships.filter(active=True).values_list("user__name", flat=True))


def test_who_makes_a_room_is_in_it(ben: User) -> None:
    room = services.create_room(ben, name="  the   kitchen ", kind="open", description=" tea ")
    assert (room.name, room.description, room.kind, room.created_by) == ("the kitchen", "tea", "open", ben)
    assert members(room) == {"Ben"}
    assert room.rev == 1


@pytest.mark.parametrize(
    ("name", "kind"), [("", "open"), ("   ", "open"), ("x" * 61, "open"), ("x", "direct"), ("x", "")]
)
def test_a_room_without_a_proper_name_or_kind_is_not_made(ben: User, name: str, kind: str) -> None:
    assert refusal(lambda: services.create_room(ben, name=name, kind=kind)) == "invalid"
    assert not Room.objects.exists()


@pytest.mark.parametrize(
    ("role", "kind", "welcome"), [("owner", "open", True), ("owner", "private", False), ("member", "open", False)]
)
def test_only_admins_make_open_rooms_that_newcomers_join(ada: User, role: str, kind: str, welcome: bool) -> None:
    ada.role = Role(role)
    assert services.create_room(ada, name="x", kind=kind, welcome=True).welcome is welcome


def test_an_open_room_is_joined_and_left_and_joined_again(ada: User, ben: User) -> None:
    room = make_room(ada, kind="open")
    services.join_room(ben, room)
    services.join_room(ben, room)
    assert members(room) == {"Ada Lovelace", "Ben"}
    services.leave_room(ben, room)
    services.leave_room(ben, room)
    assert members(room) == {"Ada Lovelace"}
    assert Membership.objects.filter(room=room, user=ben, active=False).exists(), "their messages still need a name"
    services.join_room(ben, room)
    assert members(room) == {"Ada Lovelace", "Ben"}
    room.refresh_from_db()
    assert room.rev == 4, "joining twice is no event"


def test_private_direct_and_archived_rooms_are_not_joined(ada: User, ben: User, cleo: User) -> None:
    archived = make_room(ada, kind="open")
    services.archive_room(ada, archived, archived=True)
    archived.refresh_from_db()
    for room in (make_room(ada), services.open_direct(ada, [ben]), archived):
        assert refusal(partial(services.join_room, cleo, room)) == "not_found"
        with pytest.raises(NotFound):
            access.get_open_room(cleo, room.pk)


def test_any_member_brings_others_in(ada: User, ben: User, cleo: User) -> None:
    room = make_room(ada, ben)
    services.add_members(ben, room, [cleo, ada])
    assert members(room) == {"Ada Lovelace", "Ben", "Cleo"}


def test_nobody_without_an_account_is_brought_in(ada: User, cleo: User) -> None:
    room = make_room(ada)
    cleo.is_active = False
    assert refusal(lambda: services.add_members(ada, room, [cleo])) == "invalid"
    assert members(room) == {"Ada Lovelace"}


def test_admins_and_the_maker_manage_a_room_and_members_do_not(ada: User, ben: User, eve: User, dora: User) -> None:
    room = make_room(ben, ada, eve, dora)
    for someone, may in ((ada, True), (dora, True), (ben, True), (eve, False)):
        actions: list[Callable[[], None]] = [
            partial(services.update_room, someone, room, name="n", description="", welcome=False),
            partial(services.archive_room, someone, room, archived=False),
            partial(services.remove_member, someone, room, eve),
        ]
        for action in actions:
            if may:
                action()
            else:
                assert refusal(action) == "forbidden"
        services.add_members(ben, room, [eve])


def test_a_direct_conversation_keeps_its_people(ada: User, ben: User, cleo: User) -> None:
    room = services.open_direct(ada, [ben])
    assert members(room) == {"Ada Lovelace", "Ben"}
    assert refusal(lambda: services.leave_room(ben, room)) == "forbidden"
    assert refusal(lambda: services.add_members(ada, room, [cleo])) == "forbidden"
    assert refusal(lambda: services.remove_member(ada, room, ben)) == "forbidden"
    assert refusal(lambda: services.archive_room(ada, room, archived=True)) == "forbidden"
    assert refusal(lambda: services.update_room(ada, room, name="n", description="", welcome=False)) == "forbidden"


def test_the_same_people_have_one_direct_conversation(ada: User, ben: User, cleo: User) -> None:
    room = services.open_direct(ada, [ben])
    assert services.open_direct(ben, [ada]) == room
    assert services.open_direct(ada, [ada, ben, ben]) == room
    assert services.open_direct(ada, [ben, cleo]) != room
    assert services.open_direct(ada, []) == services.open_direct(ada, [ada])
    assert Room.objects.filter(kind="direct").count() == 3


def test_a_direct_conversation_holds_ten(ada: User) -> None:
    people = [User.objects.create_user(f"p{number}@example.com", name=f"P {number}") for number in range(10)]
    assert len(members(services.open_direct(ada, people[:9]))) == 10
    assert refusal(lambda: services.open_direct(ada, people)) == "invalid"


def test_a_newcomer_joins_the_rooms_meant_for_them(ada: User, cleo: User) -> None:
    services.join_welcome_rooms(ada)
    general = Room.objects.get()
    assert (general.welcome, members(general)) == (True, {"Ada Lovelace"})
    make_room(ada, kind="open", name="not for all")
    services.join_welcome_rooms(cleo)
    assert members(general) == {"Ada Lovelace", "Cleo"}
    services.leave_room(cleo, general)
    services.join_welcome_rooms(cleo)
    assert members(general) == {"Ada Lovelace"}, "who left is not fetched back"


def test_a_new_name_reaches_every_room_of_a_person(ada: User, ben: User) -> None:
    one, other = make_room(ada, ben, name="one"), make_room(ada, name="other")
    before = {room.pk: room.rev for room in (one, other)}
    change_profile(ben, name="Benjamin", handle=ben.handle, colour=ben.colour)
    for room in (one, other):
        room.refresh_from_db()
    assert one.rev == before[one.pk] + 1
    assert other.rev == before[other.pk]
    assert one.memberships.get(user=ben).rev == one.rev


def test_a_room_that_is_renamed_says_so_once(ada: User, ben: User) -> None:
    room = make_room(ada, ben)
    services.update_room(ada, room, name="bridge", description="", welcome=False)
    sent = say(room, ben)
    room.refresh_from_db()
    assert (room.name, room.own_rev) == ("bridge", room.rev - 1)
    assert Message.objects.get(pk=sent.message).rev == room.rev
