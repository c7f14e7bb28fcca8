"""A rule about a check speaks of the check, not of its series."""

from typing import Any

import msgspec
import pytest
from django.test import Client

from accounts.models import User
from chat.models import Room
from monitor.alerts.models import Alert
from monitor.checks.models import Check, CheckState
from monitor.metrics.readings import Reading
from tests.support.alerts import MakeRule, Site, fire, make_rule
from tests.support.boards import Given

__all__ = ["make_rule"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def check(room: Room) -> Check:
    known = {"kind": "tcp", "target": "127.0.0.1:1", "state": CheckState.DOWN, "said": "The connection was refused."}
    return Check.objects.create(name="Database port", slug="database-port", room=room, **known)


def get_card(alert: Alert) -> dict[str, Any]:
    assert alert.message
    return msgspec.to_builtins(alert.message.card)  # type: ignore[no-any-return]


def test_it_says_which_check_is_down_and_why(check: Check, make_rule: MakeRule, ben: User) -> None:
    make_rule(title="A check is down", source="checks", series="*.up", comparison="<", threshold=1, hold=0)
    alert = fire(Site(Given("checks", Reading("database-port.up", 0.0))))
    assert alert.link == "/checks/database-port/"
    card = get_card(alert)
    assert card["lines"][0]["words"] == "Database port is down: the connection was refused"
    assert card["sentence"] == "Database port is down: the connection was refused"
    client = Client()
    client.force_login(ben)
    assert "Database port is down: the connection was refused" in client.get("/alerts/").content.decode()


def test_other_values_of_a_check_are_named_as_series_are(check: Check, make_rule: MakeRule) -> None:
    make_rule(title="Slow", source="checks", series="*.time", threshold=1, hold=0)
    alert = fire(Site(Given("checks", Reading("database-port.time", 4.0, "s"))))
    assert alert.link == "/checks/database-port/"
    assert get_card(alert)["sentence"] == "checks database-port.time is 4 s, above 1 s"
