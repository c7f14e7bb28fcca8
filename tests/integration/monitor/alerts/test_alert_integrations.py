"""Alerts that leave the house and alerts that come in: Apprise, Alertmanager, Grafana."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from chat.models import Message, Room
from monitor.alerts import notifications, services
from monitor.alerts.models import Alert, Integration, Notice, Route, Rule, Silence
from monitor.oncall.apprise_delivery import send_by_apprise
from myweb.errors import Refused
from tests.support.alerts import MakeRule, Site, cards, fire, make_rule, said, web
from tests.support.boards import Given

__all__ = ["make_rule", "web"]
pytestmark = pytest.mark.django_db(transaction=True)


class Outside:
    """A server on this machine that takes Apprise's json:// notices, or refuses them."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.status, self.get_status, self.leads_to = 200, 200, ""
        outside = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outside.told.append(json.loads(body))
                self.send_response(outside.status)
                if outside.leads_to:
                    self.send_header("Location", outside.leads_to)
                self.end_headers()

            def do_GET(self) -> None:
                outside.told.append({"got": self.path})
                self.send_response(outside.get_status)
                self.end_headers()

            def log_message(self, *words: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def address(self) -> str:
        return f"json://user:swordfish@127.0.0.1:{self.server.server_port}/"

    def end(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def outside() -> Iterator[Outside]:
    server = Outside()
    yield server
    server.end()


@pytest.fixture
def route(ada: User, outside: Outside) -> Route:
    return services.create_route(ada, name="phones", address=outside.address, severities=["warning", "critical"])


def sent(site: Site, after: timedelta) -> None:
    """Tends, and waits until the threads have sent what was due."""
    site.tend(after)
    site.rules.reminders.sender.threads.shutdown(wait=True)
    site.rules.reminders.sender = notifications.NoticeSender()


def test_what_nobody_acknowledges_goes_out_and_so_does_its_end(
    room: Room, web: Given, make_rule: MakeRule, route: Route, outside: Outside
) -> None:
    make_rule(channels_after=300).routes.add(route)
    site = Site(web)
    fire(site)
    Alert.objects.update(began_at=timezone.now())
    sent(site, timedelta(minutes=4))
    assert outside.told == []
    sent(site, timedelta(minutes=6))
    sent(site, timedelta(minutes=7))
    (told,) = outside.told
    assert told["title"] == "Queue on web is growing"
    assert "web queue is 41, above 10" in told["message"]
    web.readings = web.readings[:0]
    Rule.objects.update(no_data="ok", changed_at=timezone.now())
    site.ticks(4)
    sent(site, timedelta(minutes=8))
    assert [each["title"] for each in outside.told[1:]] == ["Resolved: Queue on web is growing"]
    route.refresh_from_db()
    assert (route.sent, route.failed) == (2, 0)


def test_what_does_not_go_is_tried_five_times_and_shown(
    room: Room, web: Given, make_rule: MakeRule, route: Route, outside: Outside, ada: User
) -> None:
    outside.status = 500
    make_rule(channels_after=0).routes.add(route)
    site = Site(web)
    fire(site)
    for minutes in (0, 1, 2, 10, 30, 60, 120):
        sent(site, timedelta(minutes=minutes))
    notice = Notice.objects.get()
    assert (len(outside.told), notice.tries, notice.due_at, notice.sent_at) == (5, 5, None, None)
    page = in_browser(ada).get("/alerts/routes/").content.decode()
    assert "given up" in page
    assert "is unreachable or rejected the notification" in page


def in_browser(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_a_route_is_tested_by_a_button_and_its_address_never_seen_again(
    ada: User, route: Route, outside: Outside, caplog: pytest.LogCaptureFixture
) -> None:
    client = in_browser(ada)
    answer = client.post(f"/alerts/routes/{route.pk}/", {"do": "test"}, follow=True)
    assert "was accepted" in answer.content.decode()
    assert len(outside.told) == 1
    outside.status = 403
    answer = client.post(f"/alerts/routes/{route.pk}/", {"do": "test"}, follow=True)
    assert "rejected the notification" in answer.content.decode()
    assert "swordfish" not in answer.content.decode() + caplog.text
    assert "swordfish" not in Route.objects.get().sealed


def test_an_address_that_apprise_does_not_know_is_refused(ada: User, ben: User) -> None:
    with pytest.raises(Refused, match="does not support this address"):
        services.create_route(ada, name="x", address="nonsense", severities=[])
    with pytest.raises(Refused, match="admins"):
        services.create_route(ben, name="x", address="json://127.0.0.1", severities=[])


# What comes in. The bodies are those that the programs' own documents show, with all their fields.


def alertmanager(status: str = "firing") -> dict[str, Any]:
    alert = {
        "status": status,
        "labels": {"alertname": "HighLatency", "instance": "web-1:9100", "job": "node", "severity": "critical"},
        "annotations": {"description": "p99 is 2.1 s.", "runbook_url": "https://example.com/runbooks/latency"},
        "startsAt": "2026-11-24T09:31:00.000Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "https://prometheus.example.com/graph?g0.expr=x",
        "fingerprint": "4b2d7a1c9e0f3a55",
    }
    return {
        "version": "4",
        "groupKey": '{}:{alertname="HighLatency"}',
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "myweb",
        "groupLabels": {"alertname": "HighLatency"},
        "commonLabels": {"alertname": "HighLatency", "severity": "critical"},
        "commonAnnotations": {"summary": "Latency is high"},
        "externalURL": "https://alertmanager.example.com",
        "alerts": [alert],
    }


def grafana(status: str = "firing") -> dict[str, Any]:
    return {
        "receiver": "myweb",
        "status": status,
        "alerts": [
            {
                "status": status,
                "labels": {"alertname": "High memory usage", "team": "blue", "zone": "us-1"},
                "annotations": {"description": "The system has high memory usage", "summary": "Memory"},
                "startsAt": "2026-11-24T09:51:03.157076+02:00",
                "endsAt": "0001-01-01T00:00:00Z",
                "values": {"B": 44.23943737541908, "C": 1},
                "generatorURL": "https://grafana.example.com/alerting/grafana/1/view",
                "fingerprint": "c6eadffa33fcdf37",
                "silenceURL": "https://grafana.example.com/alerting/silence/new",
                "dashboardURL": "https://grafana.example.com/d/1",
                "panelURL": "",
                "imageURL": "",
                "valueString": "[ metric='' labels={} value=14151.331895396988 ]",
            }
        ],
        "groupLabels": {},
        "commonLabels": {"team": "blue"},
        "commonAnnotations": {},
        "externalURL": "https://grafana.example.com/",
        "version": "1",
        "groupKey": "{}:{}",
        "truncatedAlerts": 0,
        "orgId": 1,
        "title": "[FIRING:1]  (blue)",
        "state": "alerting",
        "message": "**Firing**",
    }


@pytest.fixture
def token(ada: User, room: Room) -> str:
    return services.create_integration(ada, room, "Alertmanager")[1]


def send(body: Any, token: str = "", **headers: str) -> Any:
    path = f"/api/alerts/{token}/" if token else "/api/alerts/"
    return Client(enforce_csrf_checks=True).post(path, body, content_type="application/json", headers=headers)


def test_alertmanagers_alerts_are_a_card_of_the_group_that_resolves(room: Room, token: str) -> None:
    body = alertmanager()
    body["alerts"].append({**body["alerts"][0], "labels": {"instance": "web-2"}, "fingerprint": "1"})
    assert send(body, token).status_code == 200
    assert send(body, token).status_code == 200  # repeated, as Alertmanager does
    (card,) = cards(room)
    assert (card["title"], card["severity"], card["firing"]) == ("Latency is high", "critical", 2)
    assert card["lines"][0]["words"] == "p99 is 2.1 s."
    assert card["runbook"] == "https://example.com/runbooks/latency"
    body["alerts"][0]["status"] = "resolved"
    send(body, token)
    assert cards(room)[0]["firing"] == 1
    body["alerts"][1]["status"] = "resolved"
    send(body, token)
    assert cards(room)[0]["state"] == "resolved"
    Alert.objects.update(ended_at=timezone.now() - timedelta(minutes=11))
    send(alertmanager(), token)
    assert [each["state"] for each in cards(room)] == ["resolved", "firing"]


def test_grafanas_alerts_are_understood_with_a_bearer_too(room: Room, token: str) -> None:
    assert send(grafana(), authorization=f"Bearer {token}").status_code == 200
    (card,) = cards(room)
    assert card["lines"][0]["words"] == "The system has high memory usage"
    assert card["open"] == "https://grafana.example.com/d/1"
    send(grafana("resolved"), authorization=f"Bearer {token}")
    assert cards(room)[0]["state"] == "resolved"


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        ("{", 400, "malformed"),
        ({"alerts": "none"}, 400, "malformed"),
        ({"alerts": [], "version": "9"}, 400, "malformed"),
        ("[" * 100_000, 400, "malformed"),
        ({"alerts": [], "title": "x" * 2_000_000}, 413, "too_long"),
    ],
)
def test_what_is_no_webhook_is_refused_with_a_reason(room: Room, token: str, body: Any, status: int, word: str) -> None:
    answer = send(body, token)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, word)
    assert cards(room) == []


def test_without_a_token_nothing_is_taken_and_only_its_digest_is_kept(room: Room, token: str) -> None:
    assert send(alertmanager()).status_code == 404
    assert send(alertmanager(), "guess").status_code == 404
    assert token not in str(Integration.objects.values())


def test_an_alert_from_outside_is_acknowledged_silenced_and_reminded_of_as_any(
    room: Room, token: str, ben: User, web: Given
) -> None:
    from monitor.alerts import actions

    send(alertmanager(), token)
    alert = Alert.objects.get()
    actions.acknowledge_alert(ben, alert.pk, 30, "on it")
    send(alertmanager(), token)
    assert cards(room)[0]["state"] == "acknowledged"
    actions.silence_alert(ben, alert.pk, 60)
    site = Site(web)
    site.tend(timedelta(minutes=59))
    assert cards(room)[0]["state"] == "silenced"
    site.tend(timedelta(minutes=61))
    assert cards(room)[0]["state"] == "firing"
    assert said(room) == ["The silence ended, and it is still firing: Latency is high."]
    assert Silence.objects.get().made_by == ben


def test_a_line_of_another_program_holds_no_tricks(room: Room, token: str) -> None:
    body = alertmanager()
    body["commonAnnotations"]["summary"] = "<b>@ben</b>\n\u202e" + "x" * 500
    body["alerts"][0]["annotations"]["runbook_url"] = "javascript:alert(1)"
    send(body, token)
    (card,) = cards(room)
    assert "runbook" not in card
    assert len(card["title"]) == 120
    message = Message.objects.get(room=room)
    assert "<b>" not in message.html
    assert not message.mentions.exists()


@pytest.mark.parametrize("more", ["", "?redirect=yes"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_notice_follows_no_redirect_whatever_its_address_says(outside: Outside, status: int, more: str) -> None:
    """Only the first address was checked."""
    outside.status, outside.leads_to = status, f"http://127.0.0.1:{outside.server.server_port}/latest/meta-data"
    assert "rejected the notification" in send_by_apprise(outside.address + more, "Title", "Body", "info")
    assert len(outside.told) == 1
