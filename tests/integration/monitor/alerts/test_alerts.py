"""What is measured fires, is one card in its room, and resolves there."""

import pytest
from django.utils import timezone

from accounts.models import User
from chat import message_services
from chat.models import Message, Room
from monitor.alerts.models import Alert, Rule
from monitor.checks.models import Check
from monitor.metrics.models import Source
from monitor.metrics.readings import Reading, SourceDown
from tests.support.alerts import BUSY, CALM, MakeRule, Site, cards, fire, make_rule, said, web
from tests.support.boards import Given

__all__ = ["make_rule", "web"]
pytestmark = pytest.mark.django_db(transaction=True)


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
    web.trouble = SourceDown("It is away.")
    site.ticks(6)
    assert [(each["title"], each["state"]) for each in cards(room)] == [
        ("Queue on web is growing", "firing"),
        ("Down", "firing"),
    ]
    assert cards(room)[1]["sentence"] == "web is down for 5 s"


@pytest.mark.parametrize(
    ("own_room", "sentence"), [(True, "Database is down: connection refused"), (False, "Database is down")]
)
def test_an_alert_of_a_check_says_what_the_check_says_and_links_to_it(
    ada: User, room: Room, make_rule: MakeRule, own_room: bool, sentence: str
) -> None:
    state = {"kind": "tcp", "state": "down", "said": "Connection refused."}
    Check.objects.create(name="Database", slug="database", room=room if own_room else None, **state)
    make_rule(
        title="A check is down", source="checks", series="*.up", comparison=Rule.Comparison.BELOW, threshold=1.0, hold=0
    )
    site = Site(Given("checks", Reading("database.up", 0.0)))
    site.ticks(2)
    (card,) = cards(room)
    assert (card["sentence"], card["open"]) == (sentence, "/checks/database/")
    assert card["lines"][0]["words"] == sentence


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
    assert "27 of 30 suppressed alerts are firing" in Message.objects.get(room=room).body
    gate.readings = (Reading("open", 1.0),)
    site.ticks(1)
    assert [(each["title"], each["state"]) for each in cards(room)] == [
        ("The gate is closed", "resolved"),
        ("Nothing sold", "firing"),  # nothing holds it any more
    ]


def test_a_deleted_card_stays_away(room: Room, web: Given, make_rule: MakeRule, ada: User) -> None:
    make_rule()
    site = Site(web)
    fire(site)
    message_services.delete_message(ada, Message.objects.get(room=room).pk)
    web.readings = (CALM,)
    site.ticks(1)
    assert Alert.objects.get().state == "resolved"
    assert Message.objects.get(room=room).deleted_at


def test_sources_are_found_by_several_patterns(room: Room, make_rule: MakeRule) -> None:
    make_rule(source="web-*", series="up", comparison="<", threshold=1, hold=0)
    one, other = Given("web-1", BUSY), Given("db-1", BUSY)
    one.trouble = other.trouble = SourceDown("Both are away.")
    Site(one, other).ticks(1)
    assert [line["name"] for line in cards(room)[0]["lines"]] == ["web-1 up"]
    assert Source.objects.count() >= 2
