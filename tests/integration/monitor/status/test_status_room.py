"""Incidents from the room: a card, replies that become updates, and who may let the world see them."""

from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from chat import message_services, services, slash
from chat.models import Room
from monitor.status import services as incidents
from monitor.status.models import Incident, StatusPage
from monitor.status.page import get_published_incidents
from myweb.errors import Refused
from realtime.database import in_thread
from tests.conftest import Connect
from tests.support.rooms import make_room, say
from tests.support.wire import Wrong

pytestmark = pytest.mark.django_db(transaction=True)


def do(by: User, room: Room, text: str) -> str:
    return slash.run_slash_command(by, room.pk, str(uuid4()), text)


def opened(by: User, room: Room, text: str = "/incident major The shop is slow") -> Incident:
    do(by, room, text)
    return Incident.objects.get()


def card_of(incident: Incident) -> Any:
    incident.refresh_from_db()
    assert incident.card
    return incident.card.card


def reply(by: User, incident: Incident, text: str) -> None:
    incident.refresh_from_db()
    card = incident.card
    assert card
    message_services.send_message(by, card.room_id, str(uuid4()), text, card.seq)


def world() -> list[str]:
    """What everybody may read, the newest first."""
    return [each.text for incident in get_published_incidents() for each in incident.news]  # type: ignore[attr-defined]


async def test_an_incident_is_a_card_that_changes_in_place(connect: Connect, room: Room, ben: User) -> None:
    tab = await connect(ben)
    await tab.follow(f"room.{room.pk}")
    stream = f"room.{room.pk}"
    await tab.ok("slash.run", room=room.pk, client_id=str(uuid4()), text="/incident major The shop is slow")
    await tab.until(lambda: tab.data(stream, "message.created"), "the card")
    card = tab.data(stream, "message.created")[0]
    assert card["author"] == ben.pk
    assert card["card"]["title"] == "The shop is slow"
    assert (card["card"]["impact"], card["card"]["published"]) == ("major", False)
    await tab.ok("incident.do", incident=card["card"]["incident"], what="identified")
    await tab.until(lambda: len(tab.data(stream, "message.created")) == 2, "the change")
    changed = tab.data(stream, "message.created")[1]
    assert (changed["seq"], changed["card"]["state"]) == (card["seq"], "identified")
    assert tab.gaps == 0


def test_the_same_command_sent_again_opens_nothing_new(room: Room, ben: User) -> None:
    answers = [do(ben, room, "/incident The shop is slow") for _again in range(2)]
    assert answers == ["", "This incident is already open."], "the first has its card as the answer"
    assert Incident.objects.get().impact == "minor"
    with pytest.raises(Refused, match="Enter what is wrong"):
        do(ben, room, "/incident")


def test_replies_that_begin_with_a_word_of_its_own_are_updates(room: Room, ben: User) -> None:
    incident = opened(ben, room)
    for text in ("update We look into it.", "Really?", "Resolved: it was a cable."):
        reply(ben, incident, text)
    assert [(each.state, each.text) for each in incident.updates.all()] == [
        ("investigating", "We look into it."),
        ("resolved", "it was a cable."),
    ]
    incident.refresh_from_db()
    assert incident.ended_at
    assert [each["text"] for each in card_of(incident)["said"]] == ["it was a cable.", "We look into it."]


def test_the_card_shows_no_signs_of_markdown(room: Room, ben: User) -> None:
    incident = opened(ben, room)
    reply(ben, incident, "update Back in **ten minutes**, see `status`.")
    assert card_of(incident)["said"][0]["text"] == "Back in ten minutes, see status."


def test_what_a_member_says_waits_until_somebody_lets_it_pass(room: Room, ada: User, ben: User) -> None:
    incident = opened(ben, room)
    reply(ben, incident, "update We look into it.")
    with pytest.raises(Refused, match="Only admins"):
        incidents.publish_incident(ben, incident)
    assert world() == []
    incidents.publish_incident(ada, incident)
    assert world() == ["We look into it."]
    assert "Saved." in do(ben, room, "/update resolved It was a cable.")
    assert world() == ["We look into it."]
    assert card_of(incident)["said"][0]["waits"]
    incidents.publish_incident(ada, incident)
    assert world() == ["It was a cable.", "We look into it."]
    incident.refresh_from_db()
    assert incident.state == "resolved"


def test_an_admin_may_allow_others_to_publish(room: Room, ben: User) -> None:
    incident = opened(ben, room)
    StatusPage.current().publishers.add(ben)
    incidents.publish_incident(ben, incident)
    do(ben, room, "/update The cause is found.")
    assert world() == ["The cause is found."]


def test_the_card_knows_who_may_publish_besides_admins(room: Room, ben: User) -> None:
    incident = opened(ben, room)
    assert "publishers" not in card_of(incident)
    StatusPage.current().publishers.add(ben)
    reply(ben, incident, "update It goes on")
    assert card_of(incident)["publishers"] == [ben.pk]


def test_a_chosen_message_becomes_an_update_without_the_names_in_it(room: Room, ada: User, ben: User) -> None:
    incident = opened(ada, room)
    incidents.publish_incident(ada, incident)
    sent = say(room, ada, f"@{ben.handle}, the **router** is dead. Ask @nobody.")
    assert do(ben, room, f"/update http://chat.example.com/rooms/{room.pk}/?at={sent.seq}")
    reply(ada, incident, f"identified /rooms/{room.pk}/?at={sent.seq}")
    update = incident.updates.last()
    assert update
    assert (update.text, update.message_id) == ("the **router** is dead. Ask @nobody.", sent.message)
    assert world() == [update.text]


def test_messages_of_other_rooms_are_not_taken(room: Room, ada: User, ben: User) -> None:
    opened(ben, room)
    other = make_room(ada, name="secret")
    sent = say(other, ada, "The password is swordfish")
    for number in (other.pk, room.pk):
        with pytest.raises(Refused):
            do(ben, room, f"/update /rooms/{number}/?at={sent.seq + 100}")
    with pytest.raises(Refused, match="Only messages of this room"):
        do(ben, room, f"/update /rooms/{other.pk}/?at={sent.seq}")


def test_without_an_open_incident_there_is_nothing_to_update(room: Room, ben: User) -> None:
    with pytest.raises(Refused, match="No incident is open"):
        do(ben, room, "/update It is over.")


async def test_strangers_and_who_left_cannot_press_its_buttons(
    connect: Connect, room: Room, ada: User, ben: User, cleo: User, dora: User
) -> None:
    incident = await in_thread(opened, ada, room)
    await in_thread(services.leave_room, ben, room)
    for person in (ben, cleo, dora):
        tab = await connect(person)
        for what in ("publish", "withdraw", "resolved", "nonsense"):
            with pytest.raises(Wrong, match="not_found"):
                await tab.ok("incident.do", incident=incident.pk, what=what)
    mine = await connect(ada)
    with pytest.raises(Wrong, match="invalid"):
        await mine.ok("incident.do", incident=incident.pk, what="nonsense")
    await mine.ok("incident.do", incident=incident.pk, what="publish")
    assert (await in_thread(Incident.objects.get)).published
