"""What becomes of alerts when their rule, its source or its room is changed."""

import pytest
from django.utils import timezone

from accounts.models import User
from chat import services
from chat.models import Room
from monitor.alerts import services as alerts
from monitor.alerts.default_rules import build_default_rules
from monitor.alerts.models import Alert, Instance, Rule
from monitor.metrics.models import Source
from monitor.metrics.readings import Reading, SourceDown
from tests.support.alerts import BUSY, CALM, MakeRule, Site, cards, fire, make_rule, web
from tests.support.boards import Given
from tests.support.rooms import make_room

__all__ = ["make_rule", "web"]
pytestmark = pytest.mark.django_db(transaction=True)


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
    assert Rule.objects.count() == len(build_default_rules())
    assert cards(room) == []
    well[3].trouble = SourceDown("It is away.")
    site.ticks(32)
    assert [each["sentence"] for each in cards(room)] == ["redis is down for 30 s"]
    Rule.objects.update(removed_at=timezone.now())
    site.start()
    assert Rule.objects.filter(removed_at=None).count() == 0


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
    alerts.end_rule_alerts(rule)
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
