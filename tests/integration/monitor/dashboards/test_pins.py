"""Messages pinned to the time axis of charts: by members of their room, and seen by them alone."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from chat import message_services, services
from chat.models import Message, Room
from chat.search.results import search_messages
from monitor.alerts.models import Alert, Rule
from monitor.dashboards import pins
from monitor.dashboards.models import Pin
from monitor.metrics.models import Source
from myweb.errors import NotFound
from tests.conftest import Connect
from tests.support.boards import make_source
from tests.support.cast import as_
from tests.support.rooms import make_room, say

pytestmark = pytest.mark.django_db


@pytest.fixture
def said(room: Room, ben: User) -> int:
    return say(room, ben, "Rolling **web** to 4.2 &c.").message


@pytest.fixture
def host(ada: User, ben: User, cleo: User) -> Source:
    """All of them see it, whatever else they see."""
    return make_source("host", "cpu.busy", room=make_room(ada, ben, cleo))


def marks(person: User, first: int = -60, last: int = 60, key: str = "host") -> Any:
    now = int(timezone.now().timestamp())
    return as_(person).get(f"/dashboards/{key}/pins/", {"from": now + first, "to": now + last}).json()


@pytest.mark.usefixtures("host")
def test_a_pinned_message_is_a_mark_for_the_members_of_its_room(
    ada: User, ben: User, cleo: User, room: Room, said: int
) -> None:
    pins.set_pin(ada, said, True)
    message = Message.objects.get(pk=said)
    assert marks(ben) == marks(ada)
    assert marks(ben) == [
        {
            "at": int(message.created_at.timestamp()),
            "kind": "pin",
            "name": ben.name,
            "text": "Rolling web to 4.2 &c.",
            "room": room.pk,
            "seq": message.seq,
        }
    ]
    assert marks(cleo) == []
    services.leave_room(ben, room)
    assert marks(ben) == []


@pytest.mark.usefixtures("host")
def test_only_those_of_the_range_are_given(ben: User, said: int) -> None:
    pins.set_pin(ben, said, True)
    assert len(marks(ben, -60, 1)) == 1
    assert marks(ben, -7200, -3600) == []


@pytest.mark.usefixtures("host")
@pytest.mark.parametrize("query", ["", "from=a&to=2", "from=5&to=2", "from=1&to=99999999999999999999"])
def test_a_range_that_is_none_is_refused(ben: User, query: str) -> None:
    assert as_(ben).get(f"/dashboards/host/pins/?{query}").status_code == 400


def test_a_dashboard_that_one_may_not_see_has_none(dora: User, host: Source) -> None:
    for key in (host.key, "never-was"):
        assert as_(dora).get(f"/dashboards/{key}/pins/?from=1&to=2").status_code == 404


@pytest.mark.usefixtures("host")
def test_it_goes_with_its_message_and_when_it_is_taken_off(ben: User, room: Room, said: int) -> None:
    other = say(room, ben).message
    for message in (said, other, other):
        pins.set_pin(ben, message, True)
    assert Pin.objects.count() == len(marks(ben)) == 2
    pins.set_pin(ben, other, False)
    assert [each["text"] for each in marks(ben)] == ["Rolling web to 4.2 &c."]
    message_services.delete_message(ben, said)
    assert marks(ben) == []
    with pytest.raises(NotFound):
        pins.set_pin(ben, said, True)


def test_a_stranger_pins_nothing(cleo: User, said: int) -> None:
    for message in (said, said + 1000):
        with pytest.raises(NotFound):
            pins.set_pin(cleo, message, True)
    assert not Pin.objects.exists()


def test_the_room_page_learns_what_is_pinned(ben: User, cleo: User, room: Room, said: int) -> None:
    pins.set_pin(ben, said, True)
    assert as_(ben).get(f"/boards/pins/{room.pk}/").json() == [said]
    assert as_(cleo).get(f"/boards/pins/{room.pk}/").status_code == 404


def alert(room: Room, title: str, rule: Rule | None = None, minutes: int = 0) -> Alert:
    began = timezone.now() - timedelta(minutes=minutes)
    return Alert.objects.create(
        room=room, rule=rule, key=title, title=title, severity="critical", began_at=began, told_at=began
    )


@pytest.mark.usefixtures("host")
def test_alerts_of_what_it_shows_are_marks_where_they_began(ben: User, cleo: User, room: Room) -> None:
    for source in ("host", "h*", "redis"):
        alert(room, source, Rule.objects.create(title=source, source=source, series="x", threshold=1, room=room))
    alert(room, "from outside")
    alert(room, "long ago", minutes=60)
    found = marks(ben)
    assert {each["text"] for each in found} == {"host", "h*", "from outside"}
    assert {(each["kind"], each["severity"], each["room"]) for each in found} == {("alert", "critical", room.pk)}
    assert marks(cleo) == []


@pytest.mark.django_db(transaction=True)
async def test_open_dashboards_are_told_at_once(
    connect: Connect, host: Source, ben: User, cleo: User, said: int
) -> None:
    theirs, mine = await connect(cleo), await connect(ben)
    await theirs.ok("subscribe", stream="dashboard.host")
    await mine.ok("pin.set", message=said, on=True)
    await theirs.until(lambda: "pinned" in {each["type"] for each in theirs.events}, "pinned")
    (told,) = [each for each in theirs.events if each["type"] == "pinned"]
    assert told == {"stream": "dashboard.host", "rev": 0, "type": "pinned", "data": {}}


def test_the_search_finds_what_is_pinned(ben: User, room: Room, said: int) -> None:
    say(room, ben, "Rolling back")

    def found() -> list[int]:
        return [hit.message.pk for hit in search_messages(ben, "rolling is:pinned").hits]

    assert found() == []
    pins.set_pin(ben, said, True)
    assert found() == [said]
    pins.set_pin(ben, said, False)
    assert found() == []
