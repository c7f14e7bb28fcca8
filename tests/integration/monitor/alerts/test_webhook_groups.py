"""A card of another program's alerts tells the truth: which rows fire, how bad, since when, and when it is over."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User, Workspace
from chat import message_services
from chat.models import Mention, Message, Room
from monitor.alerts import actions, alertmanager, incoming_webhooks, services, webhook_groups, webhook_views
from monitor.alerts.models import Alert, Instance, Integration, Silence
from myweb.errors import NotFound
from tests.support.alerts import cards, said
from tests.support.webhooks import alert, group, send

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def token(ada: User, room: Room) -> str:
    return services.create_integration(ada, room, "Alertmanager")[1]


def card(room: Room) -> dict[str, Any]:
    (only,) = cards(room)
    return only


# Rows


@pytest.mark.parametrize("fingerprints", [("cccc", "wwww"), ("", "")])
@pytest.mark.parametrize("first", [0, 1])
def test_a_warning_that_resolved_does_not_hide_the_critical_one_that_fires(
    room: Room, token: str, fingerprints: tuple[str, str], first: int
) -> None:
    critical = alert(severity="critical", instance="db1", fingerprint=fingerprints[0])
    warning = alert(severity="warning", instance="db1", fingerprint=fingerprints[1])
    send(group(critical, warning), token)
    over = warning | {"status": "resolved", "endsAt": "2026-11-24T10:00:00Z"}
    send(group(*([critical, over], [over, critical])[first]), token)
    assert (card(room)["state"], card(room)["severity"], card(room)["firing"]) == ("firing", "critical", 1)
    send(group(over, critical | {"status": "resolved"}), token)
    assert card(room)["state"] == "resolved"


def test_the_severity_is_the_worst_of_what_fires_and_said_when_it_rises(room: Room, token: str, ben: User) -> None:
    send(group(alert(instance="db1")), token)
    assert (card(room)["severity"], said(room)) == ("warning", [])
    actions.acknowledge_alert(ben, Alert.objects.get().pk, 60)
    send(group(alert(instance="db1"), alert(instance="db2", severity="critical")), token)
    assert (card(room)["severity"], card(room)["state"]) == ("critical", "acknowledged")
    assert said(room) == ["@ben: The severity is now Critical: DiskFull: db2 and 1 more."]
    assert Mention.objects.get().user == ben
    send(group(alert(instance="db1")), token)
    assert (card(room)["severity"], len(said(room))) == ("warning", 1)


def test_a_group_that_is_resolved_as_a_whole_ends_all_its_rows(room: Room, token: str) -> None:
    first = {"version": "4", "groupKey": "g", "status": "firing"}
    send(first | {"alerts": [alert(i="1", fingerprint="1"), alert(i="2", fingerprint="2")]}, token)
    send(group(alert(status="resolved", i="2", fingerprint="2")), token)
    assert card(room)["state"] == "resolved"
    assert not Instance.objects.filter(ended_at=None).exists()


def test_rows_that_a_complete_body_does_not_name_have_ended(room: Room, token: str) -> None:
    send(group(alert(i="1"), alert(i="2"), alert(i="3")), token)
    send(group(alert(i="2")), token)
    assert (card(room)["firing"], card(room)["total"]) == (1, 3)


@pytest.mark.parametrize("missing", [{"truncatedAlerts": 7}, {"truncatedAlerts": None}])
def test_rows_that_an_incomplete_body_does_not_name_go_on(room: Room, token: str, missing: dict[str, Any]) -> None:
    send(group(alert(i="1"), alert(i="2")), token)
    send(group(alert(i="2"), **missing), token)
    assert Instance.objects.filter(ended_at=None).count() == 2
    send(group(alert(status="resolved", i="2"), **missing) | {"status": "firing"}, token)
    assert card(room)["state"] == "firing"


def test_what_is_resolved_in_a_cut_group_ends_the_card(room: Room, token: str) -> None:
    """Alertmanager tells again of what it left out, and so the card opens again."""
    send(group(alert(i="1"), truncatedAlerts=40), token)
    assert card(room)["firing"] == 41
    assert card(room)["sentence"].endswith("; and 40 more")
    send(group(alert(status="resolved", i="1"), truncatedAlerts=40), token)
    assert card(room)["state"] == "resolved"
    send(group(alert(i="2")), token)
    assert (card(room)["state"], card(room)["reopened"]) == ("firing", 1)


def test_an_end_in_the_past_counts_and_one_to_come_is_waited_for(room: Room, token: str) -> None:
    now = timezone.now()
    send(group(alert(i="1") | {"endsAt": (now - timedelta(minutes=1)).isoformat()}), token)
    assert cards(room) == []
    send(group(alert(i="1") | {"endsAt": (now + timedelta(minutes=5)).isoformat()}, alert(i="2")), token)
    webhook_groups.end_expired_rows(now + timedelta(minutes=4))
    assert card(room)["firing"] == 2
    webhook_groups.end_expired_rows(now + timedelta(minutes=6))
    assert card(room)["firing"] == 1
    send(group(alert(i="2") | {"endsAt": (now + timedelta(minutes=9)).isoformat()}), token)
    webhook_groups.end_expired_rows(now + timedelta(minutes=10))
    assert card(room)["state"] == "resolved"


# Titles


def test_the_title_follows_what_fires(room: Room, token: str) -> None:
    def full(host: str) -> dict[str, Any]:
        return alert(instance=host) | {"annotations": {"summary": f"Disk of {host} is 97 % full"}}

    first = group(full("db1"), commonLabels=full("db1")["labels"], groupLabels={"alertname": "DiskFull"})
    send(first | {"commonAnnotations": {"summary": "Disk of db1 is 97 % full"}}, token)
    assert card(room)["title"] == "Disk of db1 is 97 % full"
    send(group(*(full(f"db{number}") for number in range(1, 31))), token)
    assert card(room)["title"] == "DiskFull: db1 and 29 more"
    send(group(full("db7")), token)
    assert card(room)["title"] == "Disk of db7 is 97 % full"


def test_a_silence_from_a_card_holds_though_its_title_changes(room: Room, token: str, ben: User) -> None:
    send(group(alert(instance="db1")), token)
    actions.silence_alert(ben, Alert.objects.get().pk, 60)
    send(group(alert(instance="db1"), alert(instance="db2")), token)
    assert card(room)["state"] == "silenced"
    send(group(alert(status="resolved", instance="db1")), token)
    send(group(alert(instance="db9")), token)
    assert (card(room)["state"], said(room)) == ("silenced", [])
    send(group(alert(instance="db9"), groupKey="other"), token)
    assert [each["state"] for each in cards(room)] == ["silenced", "firing"]


# Flapping


def test_what_fires_again_within_ten_minutes_opens_its_card_and_says_how_often(room: Room, token: str) -> None:
    for _turn in range(4):
        send(group(alert(i="1")), token)
        send(group(alert(status="resolved", i="1")), token)
    send(group(alert(i="1")), token)
    assert (card(room)["state"], card(room)["reopened"], card(room)["total"]) == ("firing", 4, 1)
    assert said(room) == ["Firing again: DiskFull: 1. It had resolved for a moment."]  # once, not four times
    send(group(alert(status="resolved", i="1")), token)
    Alert.objects.update(ended_at=timezone.now() - timedelta(minutes=11))
    send(group(alert(i="1")), token)
    assert [each["state"] for each in cards(room)] == ["resolved", "firing"]


def test_a_card_that_was_deleted_is_made_anew_when_it_fires_again(room: Room, token: str, ada: User) -> None:
    send(group(alert(i="1")), token)
    message_services.delete_message(ada, Message.objects.get(room=room).pk)
    send(group(alert(status="resolved", i="1")), token)
    send(group(alert(i="1")), token)
    assert [each["state"] for each in cards(room)][-1] == "firing"


# Closing by hand


def test_a_member_closes_a_card_by_hand_and_it_opens_again_when_it_fires_again(
    room: Room, token: str, ben: User, cleo: User
) -> None:
    send(group(alert(i="1")), token)
    number = Alert.objects.get().pk
    with pytest.raises(NotFound):
        actions.close_alert(cleo, number)
    actions.close_alert(ben, number)
    assert (card(room)["state"], card(room)["closed"], card(room).get("firing", 0)) == ("resolved", "Ben", 0)
    assert Message.objects.get(room=room).body.startswith("Closed by Ben after")
    send(group(alert(i="1")), token)
    assert card(room)["state"] == "firing"
    assert "closed" not in card(room)


# Storms and limits


def test_a_storm_is_taken_as_far_as_it_fits_and_the_rest_is_counted(room: Room, token: str) -> None:
    storm = [alert(i=str(number)) for number in range(1_200)]
    storm[900] = alert(i="900", severity="critical")
    assert send(group(*storm), token).status_code == 200
    assert (card(room)["firing"], card(room)["severity"], len(card(room)["lines"])) == (1_200, "critical", 12)
    assert card(room)["title"].endswith("and 1199 more")
    assert Instance.objects.count() == incoming_webhooks.MAX_ROWS_OF_ALERT
    send(group(alert(i="3")), token)
    assert card(room)["firing"] == 1


def test_an_integration_holds_a_bounded_number_of_groups_and_rows(
    room: Room, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming_webhooks, "MAX_GROUPS", 3)
    monkeypatch.setattr(incoming_webhooks, "MAX_ROWS", 5)
    for number in range(3):
        body = group(*(alert(i=str(row)) for row in range(4)), groupKey=str(number))
        assert send(body, token).status_code == 200
    assert [each["firing"] for each in cards(room)] == [4, 4, 4]
    assert Instance.objects.filter(ended_at=None).count() == 4 + 1 + 1
    answer = send(group(alert(), groupKey="more"), token)
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert send(group(alert(status="resolved"), groupKey="0"), token).status_code == 200
    assert send(group(alert(), groupKey="more"), token).status_code == 200


def test_rows_that_ended_long_ago_are_forgotten(room: Room, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming_webhooks, "MAX_ENDED", 5)
    for number in range(20):
        send(group(alert(i=str(number)), alert(i="stays")), token)
    assert Instance.objects.count() == 5 + 2
    assert Alert.objects.count() == 1


def test_a_post_asks_the_same_of_the_database_whatever_is_held(
    room: Room, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Workspace, "KEPT", 600.0)  # seconds: else a slow machine reads it twice within a count

    def count() -> int:
        Workspace.forget()
        with CaptureQueriesContext(connection) as queries:
            send(group(*(alert(i=str(row), severity="critical") for row in range(30)), groupKey="measured"), token)
            send(group(alert(i="1"), groupKey="measured"), token)
        return len(queries)

    first, second = count(), count()
    send(group(*(alert(i=str(row)) for row in range(30)), groupKey="held"), token)
    held = Alert.objects.latest("pk")
    key, rows = held.key, [*held.instances.all()]
    for number in range(40):
        held.pk, held.key = None, f"{key}.{number}"
        held.save()
        for row in rows:
            row.pk, row.alert = None, held
        Instance.objects.bulk_create(rows)
    assert Instance.objects.filter(ended_at=None).count() > 1_200
    assert count() == second
    assert first < 100


def test_too_many_bodies_of_one_integration_are_told_to_come_again(
    room: Room, token: str, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_views, "PER_SECOND", 1)
    webhook_views.get_integration_buckets.cache_clear()
    answers_of = [send(group(alert(i="1")), token) for _post in range(9)]
    slow = [each for each in answers_of if each.status_code == 503]
    assert slow
    assert int(slow[0]["Retry-After"]) >= 1
    other = services.create_integration(ada, room, "Grafana")[1]
    assert send(group(alert(i="1")), other).status_code == 200


def test_120_groups_at_once_are_taken(room: Room, token: str) -> None:
    status = {send(group(alert(i="1"), groupKey=str(number)), token).status_code for number in range(120)}
    assert (status, Alert.objects.count()) == ({200}, 120)


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_address_works_with_and_without_its_last_slash(room: Room, token: str, slash: str) -> None:
    assert send(group(alert(i="1")), token, slash=slash).status_code == 200
    assert send(group(alert(i="1")), slash=slash, authorization=f"Bearer {token}").status_code == 200
    assert card(room)["state"] == "firing"


def test_a_body_that_is_too_long_is_refused_with_what_to_do(room: Room, token: str) -> None:
    answer = send(group(alert(i="x" * alertmanager.MAX_BYTES)), token)
    assert answer.status_code == 413
    assert "max_alerts" in answer.json()["error"]["text"]


# Bodies that are a little wrong


@pytest.mark.parametrize(
    "body",
    [
        group(alert(i="1") | {"annotations": None}, commonLabels=None, commonAnnotations=None, groupLabels=None),
        group(alert(i="1") | {"labels": {"alertname": "A", "port": 8080, "up": True, "ratio": 0.5, "gone": None}}),
        {"alerts": [{"labels": {"alertname": "A"}}]},
        {"alerts": [{}], "version": 4, "truncatedAlerts": "0", "groupKey": 7},
        [alert(i="1"), "nonsense", None],
        group(alert(i="1"), truncatedAlerts="many", version="1", orgId="1", title=None),
        group(alert(i="1") | {"startsAt": 1_764_000_000, "endsAt": "soon", "fingerprint": 12345}),
        {"title": "[Alerting] Disk", "ruleId": 3, "ruleName": "Disk", "state": "alerting", "evalMatches": None},
        "\ufeff" + '{"alerts": [{"status": "firing"}]}',
    ],
)
def test_a_body_that_is_a_little_wrong_is_taken(room: Room, token: str, body: Any) -> None:
    assert send(body, token).status_code == 200
    assert card(room)["state"] == "firing"


def test_an_alert_of_an_old_grafana_ends(room: Room, token: str) -> None:
    body = {
        "title": "[Alerting] Disk",
        "ruleId": 3,
        "ruleName": "Disk",
        "state": "alerting",
        "ruleUrl": "https://g.example/1",
    }
    send(body, token)
    assert (card(room)["title"], card(room)["open"]) == ("Disk", "https://g.example/1")
    send(body | {"state": "ok"}, token)
    assert card(room)["state"] == "resolved"


def test_a_silence_of_a_page_fits_the_rows_of_another_program(room: Room, token: str, ben: User) -> None:
    now = timezone.now()
    Silence.objects.create(
        room=room, pattern="*instance=db1*", starts=now - timedelta(hours=1), ends=now + timedelta(hours=1)
    )
    send(group(alert(instance="db1")), token)
    assert (cards(room), Alert.objects.get().state) == ([], "silenced")
    assert Integration.objects.get().received == 1
