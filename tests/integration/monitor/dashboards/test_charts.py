"""``/chart``: what is meant is found among what the asker may see, and posted with values that stay as they were."""

import re
import time
from array import array
from typing import Any
from uuid import uuid4

import pytest
from django.utils import translation

from accounts.models import User
from chat import slash
from chat.models import Message, Room
from monitor.dashboards.charts.cards import MAX_BYTES
from monitor.dashboards.charts.matching import find_chart_subject
from monitor.dashboards.models import Dashboard
from monitor.metrics.models import Series, Source
from monitor.metrics.store.compaction import write_chunks
from monitor.metrics.store.ring import RingRow, get_ring
from myweb.errors import Refused
from realtime.protocol import encode
from tests.support.cast import as_
from tests.support.rooms import make_room

pytestmark = pytest.mark.django_db(transaction=True)

HOST = (
    ("cpu.busy", "%"),
    ("cpu.iowait", "%"),
    ("cpu.core0", "%"),
    ("memory.used", "B"),
    ("net.in", "B/s"),
    ("net.out", "B/s"),
)


def make_source(key: str, *series: tuple[str, str], room: Room | None) -> Source:
    source = Source.objects.create(key=key, room=room)
    for position, (name, unit) in enumerate(series):
        Series.objects.create(source=source, name=name, unit=unit, position=position)
    return source


@pytest.fixture
def host(room: Room) -> Source:
    return make_source("host", *HOST, room=room)


@pytest.fixture
def live(room: Room) -> Source:
    return make_source(
        "live", ("memory", "B"), ("sockets", ""), ("cpu", "%"), ("lag", "s"), ("lag.p50", "s"), room=room
    )


def measure(source: Source, minutes: int = 60) -> int:
    """A peak of one second in calm values; answers with its time. What the ring still has is only there."""
    now = int(time.time())
    width = source.series.count()
    peak = now - minutes * 30
    rows = [RingRow(t, array("d", [97.0 if t == peak else 3.125] * width)) for t in range(now - minutes * 60, now)]
    write_chunks(source.pk, [row for row in rows if row.t < now // 300 * 300])
    for row in rows[-300:]:
        get_ring().append(row.t, {source.pk: row.values})
    return peak


def ask(by: User, room: Room, text: str, client_id: str = "") -> dict[str, Any]:
    slash.run_slash_command(by, room.pk, client_id or str(uuid4()), text)
    message = Message.objects.filter(room=room).latest("seq")
    assert message.card is not None
    return {**message.card, "text": message.body, "author": message.author_id}


def meant(by: User, text: str) -> list[str]:
    return [f"{each.source.key}.{each.name}" for each in find_chart_subject(by, text).series]


@pytest.mark.usefixtures("live")
def test_what_is_meant_is_found_from_the_most_exact_to_the_least(host: Source, ben: User) -> None:
    assert meant(ben, "host.cpu.busy") == meant(ben, "CPU.busy") == meant(ben, "CPU") == ["host.cpu.busy"]
    assert meant(ben, "memory") == ["host.memory.used"]  # the machine's, though others have a series of that name
    assert meant(ben, "lag") == ["live.lag"]  # exactly a series, before what begins so
    assert meant(ben, "Network") == ["host.net.in", "host.net.out"]
    assert meant(ben, "cpu") == ["host.cpu.busy"]  # of cpu.…, what its dashboard shows first
    assert meant(ben, "net") == ["host.net.in", "host.net.out"]
    assert meant(ben, "sock") == ["live.sockets"]
    assert meant(ben, "iowait") == ["host.cpu.iowait"]
    with translation.override("zh-hans"):
        assert meant(ben, "网络") == meant(ben, "Network") == ["host.net.in", "host.net.out"]


@pytest.mark.usefixtures("live", "host")
def test_what_may_be_several_things_is_refused_with_what_it_may_be(ben: User) -> None:
    with pytest.raises(Refused, match=r"is ambiguous: host\.memory\.used, live\.memory\."):
        find_chart_subject(ben, "mem")
    with pytest.raises(Refused, match=r".cpu\.bussy. was not found\. Available: host\.cpu\.busy"):
        find_chart_subject(ben, "cpu.bussy")
    with pytest.raises(Refused) as refused:
        find_chart_subject(ben, "xyz")
    assert 1 <= str(refused.value.text).count(", ") < 5


@pytest.mark.usefixtures("live", "host")
def test_nobody_finds_what_they_may_not_see(cleo: User, dora: User) -> None:
    texts = {
        cleo: "You have no dashboards yet. Ask an admin to share one with a room of yours: Ada Lovelace, Dora.",
        dora: "You have no dashboards yet. Those of this machine appear as soon as the collector runs.",
    }
    for person, text in texts.items():
        with pytest.raises(Refused, match=f"^{re.escape(text)}$"):
            find_chart_subject(person, "host.cpu.busy")
    make_source("queue", ("length", ""), room=make_room(cleo))
    with pytest.raises(Refused, match=r"^.host\.cpu\.busy. was not found\. Available: queue\.length\.$"):
        find_chart_subject(cleo, "host.cpu.busy")


@pytest.mark.usefixtures("host")
def test_a_panel_that_people_made_is_found_by_its_title(room: Room, ben: User, ada: User) -> None:
    panel = {"title": "Busy and waiting", "series": ["host.cpu.busy", "host.cpu.iowait"], "colour": "amber"}
    spec = {"title": "Ours", "panels": [panel], "format": 1}
    Dashboard.objects.create(key="ours", title="Ours", room=room, spec=spec, created_by=ada)
    found = find_chart_subject(ben, "busy and")
    assert (found.title, found.board, found.colour) == ("Busy and waiting", "ours", "amber")
    assert len(found.series) == 2


def test_a_chart_is_posted_with_values_that_stay_and_a_sentence(host: Source, room: Room, ben: User) -> None:
    measure(host)
    card = ask(ben, room, "/chart cpu.busy")
    assert card["author"] == ben.pk
    assert card["text"] == "cpu.busy, the last hour: 3.13 % to 97 %, last 3.12 %"
    assert (card["kind"], card["title"], card["board"], card["range"]) == ("chart", "cpu.busy", "host", 3600)
    assert (card["step"], card["top"], card["end"] - card["range"]) == (60, 100, card["start"] + card["end"] % 60)
    assert card["columns"] == [{"name": "cpu.busy", "unit": "%", "source": "host", "least": 3.125, "most": 97}]
    assert len(card["v"][0]) in {60, 61}
    assert max(value for value in card["high"] if value is not None) == 97
    assert max(value for value in card["v"][0] if value is not None) < 10


def test_what_was_not_measured_is_a_gap(host: Source, room: Room, ben: User) -> None:
    measure(host, 20)
    values = ask(ben, room, "/chart net 1h")["v"]
    assert [len(each) for each in values] == [len(values[0])] * 2
    assert values[0][:30] == [None] * 30
    assert None not in values[0][-15:-1]


def test_a_card_of_many_large_values_stays_small(room: Room, ben: User) -> None:
    names = [(f"queue.{'x' * 80}{number}", "B") for number in range(6)]
    source = make_source("jobs", *names, room=room)
    now = int(time.time())
    rows = [RingRow(t, array("d", [1e12 + t * 7.7e6] * 6)) for t in range(now - 3600, now // 300 * 300, 10)]
    write_chunks(source.pk, rows)
    card = ask(ben, room, "/chart queue 1h")
    text, _author = card.pop("text"), card.pop("author")
    assert len(encode(card)) <= MAX_BYTES
    assert (len(card["columns"]), card["total"]) == (4, 6)
    assert len(card["v"][0]) >= 12
    assert text.startswith("queue, the last hour: queue.")


def test_the_same_asking_sent_again_is_one_chart(host: Source, room: Room, ben: User) -> None:
    measure(host, 5)
    client_id = str(uuid4())
    for _again in range(2):
        ask(ben, room, "/chart cpu 5m", client_id)
    assert Message.objects.filter(room=room, card__kind="chart").count() == 1


def test_what_makes_no_chart_is_refused_with_a_sentence(host: Source, room: Room, ben: User) -> None:
    for text, said in (
        ("/chart", "/chart cpu 1h"),
        ("/chart 7d", "/chart cpu 1h"),
        ("/chart cpu 9y", "at most three years"),
        ("/chart cpu 0m", "at least one minute"),
        ("/chart cpu 1h", "No data for CPU in that period"),
    ):
        with pytest.raises(Refused, match=said):
            slash.run_slash_command(ben, room.pk, str(uuid4()), text)
    assert not Message.objects.filter(room=room, card__isnull=False).exists()


def post(by: User, into: Room, **fields: Any) -> Any:
    now = int(time.time())
    told = {"panel": 2, "room": into.pk, "from": now - 300, "to": now + 5}
    return as_(by).post("/dashboards/host/post/", told | fields)


def test_a_panel_is_posted_from_its_dashboard_with_the_range_that_is_shown(host: Source, room: Room, ben: User) -> None:
    measure(host, 10)
    elsewhere, begun = make_room(ben, name="elsewhere"), int(time.time())
    assert post(ben, elsewhere).json() == {"href": f"/rooms/{elsewhere.pk}/?at={elsewhere.seq + 1}"}
    card = Message.objects.get(room=elsewhere, card__kind="chart").card
    assert card
    assert (card["title"], card["board"], len(card["columns"])) == ("Network", "host", 2)
    assert 290 <= card["range"] <= 300 + int(time.time()) - begun, "up to now, not up to what was sent"
    old = post(ben, elsewhere, **{"from": 1_000, "to": 2_000})
    assert (old.status_code, old.json()["error"]["text"]) == (400, "No data for Network in that period.")


def test_only_what_one_sees_is_posted_and_only_where_one_is(host: Source, room: Room, ben: User, cleo: User) -> None:
    measure(host, 10)
    hers = make_room(cleo, name="hers")
    assert post(cleo, hers).status_code == 404
    assert post(ben, hers).status_code == 404
    for wrong in ({"panel": 99}, {"panel": -1}, {"panel": "x"}, {"room": ""}):
        assert post(ben, room, **wrong).status_code == 400
    assert not Message.objects.filter(card__kind="chart").exists()
