"""The table of states in docs/monitoring.md, held against any order of events; and any body against the webhook."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from accounts.models import User
from chat.models import Room
from monitor.alerts import actions, services, webhook_groups
from monitor.alerts.alertmanager import parse_payload
from monitor.alerts.incoming_webhooks import apply_payload
from monitor.alerts.models import Alert, Instance, Integration, Severity
from myweb.errors import Refused
from tests.support.alerts import cards
from tests.support.webhooks import alert, group, send

pytestmark = pytest.mark.django_db(transaction=True)

names = some.sampled_from("abcd")
severities = some.sampled_from(Severity)


class Group(RuleBasedStateMachine):
    """What another program says of one group, and beside it what is true: which rows fire, how bad, until when."""

    room: Room
    ben: User

    def __init__(self) -> None:
        super().__init__()
        Alert.objects.all().delete()
        self.integration = Integration.objects.select_related("room").get()
        self.now = datetime(2026, 11, 24, 12, tzinfo=UTC)
        self.rows: dict[tuple[str, Severity], datetime | None] = {}
        self.closed = False

    def tell(self, *alerts: dict[str, Any], **fields: Any) -> None:
        body = json.dumps(group(*alerts, **fields)).encode()
        apply_payload(self.integration, parse_payload(body), self.now)

    def row(self, key: tuple[str, Severity], status: str = "firing") -> dict[str, Any]:
        ends = self.rows.get(key)
        told = alert(status=status, severity=key[1], i=key[0])
        return told | ({"endsAt": ends.isoformat()} if ends and status == "firing" else {})

    @rule(name=names, severity=severities, minutes=some.none() | some.integers(1, 30))
    def fires(self, name: str, severity: Severity, minutes: int | None) -> None:
        self.rows[name, severity] = self.now + timedelta(minutes=minutes) if minutes else None
        self.tell(self.row((name, severity)), truncatedAlerts=None)
        self.closed = False

    @rule(name=names, severity=severities)
    def resolves(self, name: str, severity: Severity) -> None:
        told = self.row((name, severity), "resolved")
        self.rows.pop((name, severity), None)
        self.tell(told, truncatedAlerts=None, status="firing")

    @precondition(lambda self: self.rows)
    @rule(data=some.data())
    def vanishes_from_a_complete_body(self, data: some.DataObject) -> None:
        kept = data.draw(some.sets(some.sampled_from(sorted(self.rows)), min_size=1))
        self.rows = {key: self.rows[key] for key in kept}
        self.tell(*(self.row(key) for key in kept))
        self.closed = False

    @precondition(lambda self: self.rows)
    @rule()
    def resolves_as_a_whole(self) -> None:
        self.tell(self.row(min(self.rows), "resolved"))
        self.rows.clear()

    @rule(minutes=some.integers(1, 25))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        webhook_groups.end_expired_rows(self.now)
        self.rows = {key: ends for key, ends in self.rows.items() if ends is None or ends > self.now}

    @precondition(lambda self: self.rows and not self.closed)
    @rule()
    def is_closed_by_hand(self) -> None:
        actions.close_alert(self.ben, Alert.objects.get(ended_at=None).pk)
        Alert.objects.filter(ended_at__gt=self.now).update(ended_at=self.now)  # which was the clock of this machine
        self.rows.clear()
        self.closed = True

    @invariant()
    def card_is_what_fires(self) -> None:
        newest = Alert.objects.order_by("pk").last()
        if not self.rows:
            assert newest is None or (newest.state == "resolved" and newest.ended_at)
            return
        assert newest
        assert (newest.state, newest.ended_at) == ("firing", None)
        assert Severity(newest.severity) == max((severity for _name, severity in self.rows), key=lambda each: each.rank)
        assert Instance.objects.filter(ended_at=None).count() == len(self.rows)
        card = cards(self.room)[-1]
        assert (card["state"], card["firing"], card["severity"]) == ("firing", len(self.rows), newest.severity)


def test_a_card_is_as_bad_as_the_worst_row_and_never_resolved_while_one_fires(ada: User, ben: User, room: Room) -> None:
    services.create_integration(ada, room, "Alertmanager")
    Group.room, Group.ben = room, ben
    run_state_machine_as_test(
        Group,
        settings=settings(
            max_examples=8, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


json_values = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | some.text(max_size=20),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
FIELDS = (
    "status",
    "groupKey",
    "truncatedAlerts",
    "title",
    "commonLabels",
    "commonAnnotations",
    "groupLabels",
)
ROW = ("status", "labels", "annotations", "startsAt", "endsAt", "fingerprint", "generatorURL", "panelURL")
fuzzed_rows = some.fixed_dictionaries({}, optional=dict.fromkeys(ROW, json_values)) | json_values
fuzzed = some.fixed_dictionaries(
    {"alerts": some.lists(fuzzed_rows, max_size=4)},
    optional=dict.fromkeys((*FIELDS, "version", "ruleId", "state"), json_values),
)


def test_no_body_makes_an_error_of_the_server_or_takes_long(ada: User, room: Room) -> None:
    token = services.create_integration(ada, room, "Alertmanager")[1]

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(fuzzed | json_values | some.binary(max_size=200) | fuzzed.map(lambda body: {**body, "version": "4"}))
    def check(body: Any) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        begin = time.thread_time()
        answer = send(data, token)
        assert answer.status_code in {200, 400, 503}
        assert time.thread_time() - begin < 2

    check()


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 1_900_000,
        b'{"alerts":[' + b"{}," * 600_000 + b"{}]}",
        b'{"alerts":[{"labels":{' + b",".join(b'"l%d":"%s"' % (n, b"x" * 90) for n in range(15_000)) + b"}}]}",
        b'{"alerts":[{"labels":{"a":' + b"9" * 1_900_000 + b"}}]}",
        b'{"alerts":[{"startsAt":"' + b"1" * 1_900_000 + b'"}]}',
    ],
)
def test_the_largest_bodies_are_read_in_bounded_time(body: bytes) -> None:
    begin = time.thread_time()
    try:
        rows = parse_payload(body).rows
    except Refused:
        rows = []
    assert time.thread_time() - begin < 2
    assert len(rows) <= 5_000
