"""``/boards/dock/``: which dashboards may stand beside a conversation, and what one looks like."""

import pytest

from accounts.models import User
from chat.models import Room
from monitor.dashboards import services
from monitor.metrics.models import Source
from tests.support.boards import make_source, make_spec
from tests.support.cast import as_
from tests.support.rooms import make_room

pytestmark = pytest.mark.django_db


@pytest.fixture
def sources(ada: User, room: Room) -> None:
    make_source("host", "cpu.busy")
    make_source("redis", "memory", room=room)
    services.create_dashboard(ada, make_spec("Overview"), make_room(ada))


def listed(person: User, room: int | str) -> list[tuple[str, bool]]:
    answer = as_(person).get("/boards/dock/", {"room": room})
    return [(each["title"], each.get("here", False)) for each in answer.json()]


@pytest.mark.usefixtures("sources")
def test_those_of_the_room_come_first(ada: User, room: Room) -> None:
    assert listed(ada, room.pk) == [("Redis", True), ("This machine", False), ("Overview", False)]


@pytest.mark.usefixtures("sources")
@pytest.mark.parametrize("asked", ["", "none", "-1", "9" * 30])
def test_a_room_that_is_not_there_has_none(ada: User, asked: str) -> None:
    assert [here for _title, here in listed(ada, asked)] == [False] * 3


@pytest.mark.usefixtures("sources")
def test_everybody_finds_what_they_may_see(ben: User, cleo: User, room: Room) -> None:
    assert listed(ben, room.pk) == [("Redis", True)]
    assert listed(cleo, room.pk) == []


@pytest.mark.usefixtures("sources")
def test_one_is_described_to_those_who_may_see_it(ben: User, cleo: User) -> None:
    found = as_(ben).get("/boards/dock/redis/").json()
    assert found["title"] == "Redis"
    assert found["panels"][1] == {"title": "Memory"}
    assert found["panels"][6] == {
        "title": "Cache hit ratio",
        "note": "share of lookups",
        "top": 100,
        "colour": "green",
    }
    for person, key in ((ben, "host"), (cleo, "redis"), (ben, "never-was")):
        assert as_(person).get(f"/boards/dock/{key}/").status_code == 404


def test_a_source_that_nobody_has_drawn_is_described_too(ada: User) -> None:
    make_source("queue", "queue.mail")
    Source.objects.update(room=make_room(ada))
    assert [panel["title"] for panel in as_(ada).get("/boards/dock/queue/").json()["panels"]] == ["queue"]
