"""Alerts, the whole way: what is measured fires, is one card in its room, is acknowledged there, and resolves."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from chat import messages, services
from chat.access import NotFound
from chat.models import Mention, Message, Room
from monitor.alerts import answers, desk, online
from monitor.alerts import services as alerts
from monitor.alerts.evaluation import Evaluation
from monitor.collector import Collector
from monitor.metrics import Down, Reading
from monitor.models import Alert, Instance, Rule, Silence, Source
from realtime.database import in_thread
from realtime.protocol import Refused
from tests.conftest import Connect
from tests.integration.test_collector import Given
from tests.rooms import make_room

pytestmark = pytest.mark.django_db(transaction=True)

BUSY, CALM = Reading("queue", 41.0), Reading("queue", 0.0)


@pytest.fixture
def room(transactional_db: None, ada: User, ben: User) -> Room:
    return make_room(ada, ben)


@pytest.fixture
def web() -> Given:
    return Given("web", BUSY)


MakeRule = Callable[..., Rule]


@pytest.fixture
def make_rule(room: Room) -> MakeRule:
    def make(**fields: Any) -> Rule:
        parents = fields.pop("depends_on", [])
        told = {"title": "Queue on web is growing", "source": "web", "series": "queue", "threshold": 10.0, "hold": 10}
        rule = Rule.objects.create(room=room, **(told | fields))
        rule.depends_on.set(parents)
        return rule

    return make


class Site:
    """A collector whose seconds are made here."""

    def __init__(self, *sources: Given) -> None:
        self.sources = sources
        self.t = int(time.time()) - 600
        self.start()

    def start(self) -> None:
        """As if by another process: nothing is left but what was written down."""
        self.rules = Evaluation()
        self.collector = Collector(self.sources, [self.rules])
        self.rules.begin(self.collector.catalogue)

    def ticks(self, count: int, step: int = 1) -> None:
        for _tick in range(count):
            self.t += step
            self.collector.tick(self.t)

    def tend(self, after: timedelta = timedelta()) -> None:
        self.rules.desk.tend(timezone.now() + after)


def cards(room: Room) -> list[dict[str, Any]]:
    found = Message.objects.filter(room=room).exclude(card__isnull=True).order_by("seq")
    return [dict(each.card or {}) for each in found]


def said(room: Room) -> list[str]:
    return list(Message.objects.filter(room=room, card__isnull=True).order_by("seq").values_list("body", flat=True))


def fire(site: Site) -> Alert:
    site.ticks(11)
    return Alert.objects.get(ended_at=None)


def test_it_fires_once_says_what_is_wrong_and_resolves_in_the_same_message(
    room: Room, web: Given, make_rule: MakeRule
) -> None:
    make_rule()
    site = Site(web)
    site.ticks(10)
    assert cards(room) == []
    assert site.rules.hurries()
    site.ticks(20)
    (card,) = cards(room)
    assert (card["kind"], card["state"], card["severity"], card["firing"]) == ("alert", "firing", "warning", 1)
    assert card["sentence"] == "web queue is 41, above 10 for 10 s"
    assert card["picture"]["v"][-1] == 41.0
    assert card["picture"]["threshold"] == 10.0
    assert card["open"] == "/dashboards/web/"
    web.readings = (CALM,)
    site.ticks(2)
    (card,) = cards(room)
    assert card["state"] == "resolved"
    assert card["ended"] - card["began"] == 20
    assert Message.objects.get(room=room).body == "Resolved after 20 s: Queue on web is growing."
    assert not site.rules.hurries()
    assert said(room) == []


@pytest.mark.parametrize("keep", [0, 30])
def test_what_was_crossed_stays_on_the_card_when_the_rule_changes(
    room: Room, web: Given, make_rule: MakeRule, keep: int
) -> None:
    rule = make_rule(keep=keep)
    site = Site(web)
    fire(site)
    rule.threshold, rule.changed_at = 99.0, timezone.now()
    rule.save()
    site.ticks(keep + 6)
    (card,) = cards(room)
    assert card["state"] == "resolved"
    assert card["picture"]["threshold"] == 10.0
    assert "above 10 for" in card["sentence"]


def test_the_value_of_now_is_shown_at_most_every_ten_seconds(room: Room, web: Given, make_rule: MakeRule) -> None:
    make_rule()
    site = Site(web)
    fire(site)
    rev = Message.objects.get(room=room).rev
    for value in range(50, 69):
        web.readings = (Reading("queue", float(value)),)
        site.ticks(1)
    message = Message.objects.get(room=room)
    assert message.rev - rev == 1
    assert cards(room)[0]["lines"][0]["value"] == 59.0
    rev = message.rev
    site.ticks(30)
    assert Message.objects.get(room=room).rev - rev <= 1  # it stays the same, so nothing is drawn


def test_a_collector_that_starts_in_the_middle_goes_on(room: Room, web: Given, make_rule: MakeRule) -> None:
    make_rule()
    site = Site(web)
    site.ticks(6)
    site.start()
    site.ticks(4)
    assert cards(room) == []
    site.ticks(1)
    assert len(cards(room)) == 1
    site.start()
    site.ticks(5)
    assert [each["state"] for each in cards(room)] == ["firing"]
    site.start()
    web.readings = (CALM,)
    site.ticks(1)
    assert [each["state"] for each in cards(room)] == ["resolved"]


def test_a_source_that_is_down_says_nothing_of_its_values_but_is_an_alert_itself(
    room: Room, web: Given, make_rule: MakeRule
) -> None:
    make_rule()
    make_rule(title="Down", source="web, redis", series="up", comparison="<", threshold=1, hold=5)
    site = Site(web)
    fire(site)
    web.trouble = Down("It is away.")
    site.ticks(6)
    assert [(each["title"], each["state"]) for each in cards(room)] == [
        ("Queue on web is growing", "firing"),
        ("Down", "firing"),
    ]
    assert cards(room)[1]["sentence"] == "web is down for 5 s"


def test_many_series_of_one_rule_are_one_card(room: Room, make_rule: MakeRule) -> None:
    host = Given("host", *(Reading(f"disk.full /{number}", 95.0, "%") for number in range(20)))
    make_rule(title="Disks", source="host", series="disk.full *", threshold=90, hold=0)
    site = Site(host)
    site.ticks(1)
    (card,) = cards(room)
    assert (card["firing"], card["total"], len(card["lines"])) == (20, 20, 12)
    assert card["sentence"].endswith("; and 19 more")
    host.readings = host.readings[:5] + tuple(Reading(each.name, 10.0, "%") for each in host.readings[5:])
    site.ticks(1)
    assert [(each["firing"], each["total"]) for each in cards(room)] == [(5, 20)]


def test_thirty_children_behind_one_parent_are_one_card(room: Room, make_rule: MakeRule) -> None:
    gate = Given("gate", Reading("open", 0.0))
    shops = Given("shops", *(Reading(f"sold {number}", 0.0 if number < 27 else 9.0) for number in range(30)))
    parent = make_rule(title="The gate is closed", source="gate", series="open", comparison="<", threshold=1, hold=5)
    make_rule(
        title="Nothing sold", source="shops", series="sold *", comparison="<", threshold=1, hold=2
    ).depends_on.add(parent)
    site = Site(gate, shops)
    site.ticks(20)
    (card,) = cards(room)
    assert (card["title"], card["children_firing"], card["children"]) == ("The gate is closed", 27, 30)
    assert "27 of 30 behind it" in Message.objects.get(room=room).body
    gate.readings = (Reading("open", 1.0),)
    site.ticks(1)
    assert [(each["title"], each["state"]) for each in cards(room)] == [
        ("The gate is closed", "resolved"),
        ("Nothing sold", "firing"),  # nothing holds it any more
    ]


async def test_a_button_acknowledges_for_all_to_see(
    connect: Connect, room: Room, web: Given, make_rule: MakeRule, ada: User, ben: User
) -> None:
    await in_thread(make_rule)
    alert = await in_thread(lambda: fire(Site(web)))
    mine, theirs = await connect(ben), await connect(ada)
    stream = f"room.{room.pk}"
    await theirs.follow(stream)
    await mine.ok("alert.acknowledge", alert=alert.pk, minutes=30, words="restarting\nthe worker")
    await theirs.until(lambda: theirs.data(stream, "message.created"), "the card")
    card = theirs.data(stream, "message.created")[-1]["card"]
    assert (card["state"], card["by"], card["words"]) == ("acknowledged", ben.pk, "restarting the worker")
    assert 1700 < card["until"] - time.time() <= 1800
    await mine.ok("alert.unacknowledge", alert=alert.pk)
    await theirs.until(lambda: len(theirs.data(stream, "message.created")) == 2, "the card again")
    assert theirs.data(stream, "message.created")[-1]["card"]["state"] == "firing"
    await mine.ok("alert.silence", alert=alert.pk, minutes=5)
    await theirs.until(lambda: len(theirs.data(stream, "message.created")) == 3, "the card again")
    assert theirs.data(stream, "message.created")[-1]["card"]["state"] == "silenced"


async def test_a_reply_acknowledges_for_all_to_see(
    connect: Connect, room: Room, web: Given, make_rule: MakeRule, ada: User, ben: User
) -> None:
    await in_thread(make_rule)
    await in_thread(lambda: fire(Site(web)))
    seq = await in_thread(lambda: Message.objects.get(room=room).seq)
    mine, theirs = await connect(ben), await connect(ada)
    stream = f"room.{room.pk}"
    await theirs.follow(stream)
    for body in ("looks bad", "ack 2h on it"):
        await mine.ok("message.send", room=room.pk, client_id=str(uuid4()), body=body, reply=seq)
    await theirs.until(lambda: len(theirs.data(stream, "message.created")) == 3, "both replies and the card")
    states = {each["seq"]: each for each in theirs.data(stream, "message.created")}
    assert (states[seq]["card"]["state"], states[seq]["card"]["name"]) == ("acknowledged", "Ben")


def test_when_the_time_is_over_it_fires_again_and_calls_who_was_on_it(
    room: Room, web: Given, make_rule: MakeRule, ben: User
) -> None:
    make_rule()
    site = Site(web)
    alert = fire(site)
    answers.acknowledge(ben, alert.pk, 30)
    site.tend(timedelta(minutes=29))
    assert said(room) == []
    site.tend(timedelta(minutes=31))
    site.tend(timedelta(minutes=32))
    assert said(room) == ["@ben: the time is over, and it still fires: Queue on web is growing."]
    assert cards(room)[0]["state"] == "firing"
    assert Mention.objects.get().user == ben


def test_what_is_over_cannot_be_acknowledged_and_a_stranger_finds_nothing(
    room: Room, web: Given, make_rule: MakeRule, ben: User, cleo: User
) -> None:
    make_rule()
    site = Site(web)
    alert = fire(site)
    for verb in (answers.acknowledge, answers.silence, answers.unacknowledge):
        with pytest.raises(NotFound):
            verb(cleo, alert.pk)
    with pytest.raises(Refused, match="30 days"):
        answers.acknowledge(ben, alert.pk, 0)
    web.readings = (CALM,)
    site.ticks(1)
    with pytest.raises(Refused, match="over already"):
        answers.acknowledge(ben, alert.pk)


def test_what_is_silenced_makes_no_card_until_the_silence_ends(room: Room, web: Given, make_rule: MakeRule) -> None:
    rule = make_rule()
    site = Site(web)
    begin = datetime.fromtimestamp(site.t, UTC)
    Silence.objects.create(
        room=room, rule=rule, pattern="web *", starts=begin, ends=begin + timedelta(seconds=100), reason="deploy"
    )
    site.ticks(60)
    assert cards(room) == []
    assert Instance.objects.get().phase == "firing"
    site.ticks(45)
    assert [each["state"] for each in cards(room)] == ["firing"]


def test_a_silenced_card_says_who_silenced_it_and_ends_only_its_own_silence(
    room: Room, web: Given, make_rule: MakeRule, ben: User
) -> None:
    rule = make_rule()
    site = Site(web)
    alert = fire(site)
    answers.silence(ben, alert.pk, 5)
    (card,) = cards(room)
    assert (card["state"], card["name"], card["ends"]) == ("silenced", "Ben", True)
    answers.unsilence(ben, alert.pk)
    assert cards(room)[0]["state"] == "firing"
    now = timezone.now()
    Silence.objects.create(room=room, starts=now, ends=now + timedelta(hours=1), made_by=ben)
    answers.silence(ben, alert.pk, 5)
    answers.unsilence(ben, alert.pk)
    (card,) = cards(room)
    assert (card["state"], "ends" in card) == ("silenced", False)
    assert Silence.objects.filter(rule=rule, ended_at=None).count() == 0


def test_a_silence_over_an_open_card_ends_with_a_word(room: Room, web: Given, make_rule: MakeRule, ben: User) -> None:
    make_rule()
    site = Site(web)
    alert = fire(site)
    answers.silence(ben, alert.pk, 5, "deploy")
    Silence.objects.update(starts=timezone.now() - timedelta(hours=1), ends=timezone.now() - timedelta(seconds=500))
    site.ticks(10)
    assert cards(room)[0]["state"] == "silenced"
    site.t = int(time.time()) - 400
    site.ticks(3)
    assert cards(room)[0]["state"] == "firing"
    assert said(room) == ["Nothing holds it back any more, and it still fires: Queue on web is growing."]


def test_the_room_is_reminded_until_somebody_acknowledges(
    room: Room, web: Given, make_rule: MakeRule, ben: User
) -> None:
    make_rule(severity="critical")
    site = Site(web)
    alert = fire(site)
    Alert.objects.update(told_at=timezone.now(), began_at=timezone.now())
    for minutes in (5, 11, 15, 22):
        site.tend(timedelta(minutes=minutes))
    assert len(said(room)) == 2
    assert said(room)[0].startswith("It still fires after 11 min, and nobody has acknowledged it")
    answers.acknowledge(ben, alert.pk, 600)
    site.tend(timedelta(minutes=60))
    assert len(said(room)) == 2


def test_who_is_on_call_is_named_and_the_next_at_once_if_they_are_away(
    room: Room, web: Given, make_rule: MakeRule, ada: User, ben: User, dora: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.add_members(ada, room, [dora])
    make_rule(escalate_after=300, people=[ben.pk, ada.pk, dora.pk], repeat_every=0)
    site = Site(web)
    fire(site)
    Alert.objects.update(began_at=timezone.now())
    monkeypatch.setattr(desk, "online", lambda: {ada.pk})
    site.tend(timedelta(minutes=4))
    assert said(room) == []
    site.tend(timedelta(minutes=6))
    assert said(room)[0].startswith("@ben @ada.lovelace: nobody has acknowledged this for 6 min")
    site.tend(timedelta(minutes=7))
    site.tend(timedelta(minutes=12))
    assert said(room)[1].startswith("@dora: ")
    site.tend(timedelta(minutes=60))
    assert len(said(room)) == 2


@pytest.mark.usefixtures("real_redis")
async def test_presence_is_what_the_socket_servers_write(connect: Connect, hub: Any, ben: User) -> None:
    await connect(ben)
    await hub.duties.beat()
    assert await in_thread(online.online) == {ben.pk}


def test_rules_that_change_count_within_seconds(room: Room, web: Given, make_rule: MakeRule) -> None:
    rule = make_rule(threshold=100)
    site = Site(web)
    site.ticks(15)
    assert cards(room) == []
    Rule.objects.filter(pk=rule.pk).update(threshold=10, changed_at=timezone.now())
    site.ticks(14)
    assert len(cards(room)) == 1


def test_a_rule_that_watches_something_else_begins_anew(room: Room, web: Given, make_rule: MakeRule, ada: User) -> None:
    rule = make_rule(no_data="keep", hold=0)
    site = Site(web)
    site.ticks(1)
    kept = ("title", "comparison", "threshold", "hold", "keep", "no_data", "room")
    values = {name: getattr(rule, name) for name in kept}
    changed = alerts.save_rule(ada, rule, values | {"title": "Renamed", "source": "web", "series": "queue"})
    site.ticks(3)
    assert [(each["title"], each["state"]) for each in cards(room)] == [("Renamed", "firing")]
    alerts.save_rule(ada, changed, values | {"source": "web", "series": "requests"})
    site.ticks(3)
    assert [each["state"] for each in cards(room)] == ["resolved"]
    assert not Instance.objects.filter(ended_at=None).exists()


def test_a_house_begins_with_rules_that_are_quiet_while_all_is_well(ada: User) -> None:
    well = [
        Given("web", Reading("queue", 0.0), Reading("busy", 60.0, "%")),
        Given("host", Reading("disk.full /", 70.0, "%"), Reading("memory.share", 60.0, "%")),
        Given("live", Reading("lag.p99", 0.004, "s")),
        Given("redis", Reading("memory", 5.0, "B")),
    ]
    site = Site(*well)
    site.ticks(2)
    assert not Rule.objects.exists()
    room = services.create_room(ada, name="operations", kind="open", welcome=True)
    site.ticks(10)
    assert Rule.objects.count() == 6
    assert cards(room) == []
    well[3].trouble = Down("It is away.")
    site.ticks(32)
    assert [each["sentence"] for each in cards(room)] == ["redis is down for 30 s"]
    Rule.objects.update(removed_at=timezone.now())
    site.start()
    assert Rule.objects.filter(removed_at=None).count() == 0


def test_a_deleted_card_stays_away(room: Room, web: Given, make_rule: MakeRule, ada: User) -> None:
    make_rule()
    site = Site(web)
    fire(site)
    messages.delete(ada, Message.objects.get(room=room).pk)
    web.readings = (CALM,)
    site.ticks(1)
    assert Alert.objects.get().state == "resolved"
    assert Message.objects.get(room=room).deleted_at


def test_sources_are_found_by_several_patterns(room: Room, make_rule: MakeRule) -> None:
    make_rule(source="web-*", series="up", comparison="<", threshold=1, hold=0)
    one, other = Given("web-1", BUSY), Given("db-1", BUSY)
    one.trouble = other.trouble = Down("Both are away.")
    Site(one, other).ticks(1)
    assert [line["name"] for line in cards(room)[0]["lines"]] == ["web-1 up"]
    assert Source.objects.count() >= 2


def test_what_nobody_measures_any_more_does_not_fire_for_ever(room: Room, web: Given, make_rule: MakeRule) -> None:
    make_rule(no_data="keep")
    site = Site(web)
    fire(site)
    site.collector.readers.clear()
    site.ticks(20)
    assert cards(room)[0]["state"] == "firing"
    site.ticks(20)
    assert cards(room)[0]["state"] == "resolved"
    assert not site.rules.hurries()


def test_a_rule_that_was_switched_off_a_moment_ago_fires_no_more(
    room: Room, web: Given, make_rule: MakeRule, ada: User
) -> None:
    rule = make_rule(hold=0)
    site = Site(web)
    site.ticks(2)
    Rule.objects.filter(pk=rule.pk).update(enabled=False, changed_at=timezone.now())
    alerts.stop(rule)
    web.readings = (CALM,)
    site.ticks(1)
    web.readings = (BUSY,)
    site.ticks(10)
    assert not Alert.objects.filter(ended_at=None).exists()


def test_a_rule_says_nothing_of_a_source_that_its_maker_does_not_see(
    room: Room, make_rule: MakeRule, dora: User
) -> None:
    make_rule(source="*", hold=0, made_by=dora)
    foreign = make_room(dora, name="elsewhere")
    Source.objects.create(key="mine", room=room)
    Source.objects.create(key="seen", room=foreign)
    Source.objects.create(key="hidden", room=make_room(User.objects.get(name="Ben"), name="hidden"))
    site = Site(*(Given(key, BUSY) for key in ("mine", "seen", "hidden")))
    site.ticks(3)
    named = set(Instance.objects.values_list("name", flat=True))
    assert named == {"mine queue", "seen queue"}
    Source.objects.filter(key="seen").update(room=make_room(User.objects.get(name="Ben"), name="given away"))
    site.ticks(4)
    assert set(Instance.objects.filter(ended_at=None).values_list("name", flat=True)) == {"mine queue"}


def test_alerts_end_with_their_room(room: Room, web: Given, make_rule: MakeRule, ada: User) -> None:
    make_rule()
    site = Site(web)
    fire(site)
    services.archive_room(ada, room, True)
    site.ticks(4)
    assert not Alert.objects.filter(ended_at=None).exists()
