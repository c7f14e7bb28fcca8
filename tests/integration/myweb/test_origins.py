"""Absolute links are built from MYWEB_ORIGINS, whatever a request's Host, port or scheme says."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from accounts import invitations
from accounts.mail_queue import mail_queue
from accounts.models import User
from chat.models import Room
from monitor.dashboards.services import create_wall
from monitor.status.models import StatusPage
from monitor.status.page import clear_page_caches
from tests.support.boards import make_source
from tests.support.cast import as_

pytestmark = pytest.mark.django_db(transaction=True)

ORIGINS = ["https://chat.example.com", "http://10.0.0.7:8080"]
FIRST, SECOND = ORIGINS
# A Host header, or a way of naming another one, that a request may carry.
HOSTILE: list[dict[str, str]] = [
    {"HTTP_HOST": "chat.example.com:1337"},
    {"HTTP_HOST": "CHAT.example.com:443"},
    {"HTTP_HOST": "10.0.0.7:9999"},
    {"HTTP_HOST": "10.0.0.7"},
    {"HTTP_HOST": "chat.example.com", "HTTP_X_FORWARDED_HOST": "evil.example"},
    {"HTTP_HOST": "chat.example.com", "HTTP_X_FORWARDED_PORT": "1337"},
    {"HTTP_HOST": "chat.example.com", "SERVER_PORT": "1337"},
]
HOSTILE_PORT = re.compile(r"[a-z0-9](?::|%3A)1337\b")  # of a host: an id or a random token may have the digits
LINK = re.compile(r"\b(?:https?|wss?)://(?!www\.w3\.org)[^/\s\"'<&]+")


@pytest.fixture(autouse=True)
def two_origins(settings: Settings, ada: User) -> None:
    settings.ORIGINS, settings.ALLOWED_HOSTS = ORIGINS, ["chat.example.com", "10.0.0.7"]
    settings.CSRF_TRUSTED_ORIGINS = ORIGINS
    settings.EMAIL_HOST = "mail.example.com"


def origins_in(text: str) -> set[str]:
    return {link.replace("ws", "http", 1) if link.startswith("ws") else link for link in LINK.findall(text)}


def page(client: Client, path: str, host: dict[str, str], **form: Any) -> str:
    answer = client.post(path, form, **host) if form else client.get(path, **host)  # type: ignore[arg-type]
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode() + str(answer.headers)


@pytest.mark.parametrize("host", HOSTILE)
def test_a_reset_mail_leads_to_a_configured_origin(host: dict[str, str]) -> None:
    Client().post("/accounts/password/reset/", {"email": "ada@example.com"}, **host)  # type: ignore[arg-type]
    assert mail_queue.wait_until_sent(20)
    assert origins_in(str(mail.outbox[0].body)) == {FIRST}
    assert not HOSTILE_PORT.search(str(mail.outbox[0].body))


@pytest.mark.parametrize("host", HOSTILE)
def test_every_page_with_links_names_configured_origins_alone(
    ada: User, ben: User, room: Room, host: dict[str, str]
) -> None:
    client = as_(ada)
    invitation = invitations.create_invitation(ada, days=1, max_uses=1)
    make_source("host", "cpu.busy")
    create_wall(ada, "Kitchen", ["host"], 30)
    StatusPage.objects.create(pk=1, published=True)
    clear_page_caches()
    pages: list[tuple[str, dict[str, Any]]] = [
        (reverse("invitations"), {}),
        (reverse("person_reset", args=[ben.pk]), {"x": "x"}),
        (reverse("walls"), {}),
        (reverse("alert_integrations"), {"name": "Grafana", "room": room.pk}),
        (reverse("pushed_new"), {"name": "Shop", "room": room.pk, "every": "5m"}),
        (reverse("beat_new"), {"name": "Backup", "room": room.pk, "every": "1h", "grace": "5m"}),
        ("/status/en/feed/", {}),
    ]
    for path, form in pages:
        text = page(client, path, host, **form)
        assert "chat.example.com" in text, path
        assert origins_in(text) <= {FIRST}, path
        assert not HOSTILE_PORT.search(text), path
    qr = page(client, reverse("invitation_qr", args=[invitation.pk]), host)
    assert qr == page(client, reverse("invitation_qr", args=[invitation.pk]), {"HTTP_HOST": "10.0.0.7"})


def test_no_module_builds_an_address_from_the_host_of_a_request() -> None:
    """Only myweb/origins.py compares it with the configured ones."""
    root = Path(__file__).parents[3]
    forbidden = re.compile(r"build_absolute_uri|get_host\(|HTTP_HOST|request\.scheme|get_current_site|\.get_port\(")
    apps = ("myweb", "accounts", "chat", "monitor", "realtime", "ops")
    found = {
        str(path.relative_to(root))
        for app in apps
        for path in [*(root / app).rglob("*.py"), *(root / app).rglob("*.html"), *(root / app).rglob("*.txt")]
        if forbidden.search(path.read_text(encoding="utf-8"))
    }
    assert found == {"myweb/origins.py"}


@pytest.mark.parametrize("host", HOSTILE)
def test_the_content_security_policy_names_the_configured_socket(host: dict[str, str]) -> None:
    policy = Client().get("/accounts/login/", **host)["Content-Security-Policy"]  # type: ignore[arg-type]
    assert policy.endswith("connect-src 'self' wss://chat.example.com")


def test_a_request_by_the_second_origin_gets_links_to_it(ada: User, ben: User) -> None:
    host = {"HTTP_HOST": "10.0.0.7:8080"}
    assert origins_in(page(as_(ada), reverse("person_reset", args=[ben.pk]), host, x="x")) == {SECOND}
    policy = Client().get("/accounts/login/", **host)["Content-Security-Policy"]  # type: ignore[arg-type]
    assert policy.endswith("connect-src 'self' ws://10.0.0.7:8080")
