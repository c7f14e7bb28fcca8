"""Attacks that a review tried and that held: each has a row here, or stands in the file of its subject."""

import itertools
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings as configured
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pytest_django.fixtures import Settings

from accounts import invitations
from accounts.models import Role, User
from chat.models import Room
from files.models import File
from monitor.alerts.services import create_integration, create_route
from monitor.checks.models import Check, ProbeRun
from monitor.checks.probes import make_probe
from monitor.checks.services import save_check
from monitor.dashboards.services import create_dashboard, create_wall
from monitor.metrics.ingest.services import make_beat, make_pushed
from myweb.errors import Refused
from realtime import rate_limits
from tests.support.archives import content
from tests.support.boards import make_source, make_spec
from tests.support.cast import as_
from tests.support.rooms import make_room

pytestmark = pytest.mark.django_db

ARGUMENT = re.compile(r"<(\w+):(\w+)>")
MISSING = {"number": 10**9, "uuid": UUID(int=1)}
LOGIN = "/accounts/login/"
# What anybody may open; everything else leads to sign-in. The APIs and walls want a token of their own.
OPEN = {
    "welcome",
    "join",
    "reset",
    "manifest",
    "offline",
    "service_worker",
    "healthz",
    "readyz",
    "collectorz",
    "metrics",
    "set_language",
    "push",
    "beat",
    "alert_hook",
    "workspace_logo",  # sign-in pages show it
    "set_theme",
    "status",
    "status_in",
    "status_now",
    "status_feed",
    "wall",
    "wall_state",
    "mail_unsubscribe",  # the link is signed
    "account_login",
    "account_logout",  # a POST without a session ends nothing
    "account_inactive",
    "account_signup",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
}


def patterns(resolver: Any = None, before: str = "") -> Iterator[tuple[str, str]]:
    """Name and route of every address but those of Django's admin."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver) and not route.startswith("admin"):
            yield from patterns(entry, route)
        elif isinstance(entry, URLPattern) and entry.name:
            yield entry.name, route


ROUTES = dict(patterns())


class Things:
    """Everything that has an address of its own, in Ada's room; and what was never there."""

    def __init__(self, ada: User, ben: User, room: Room) -> None:
        make_source("host", "cpu.busy", room=room)
        make_source("redis", "memory", room=room)
        self.dashboard = create_dashboard(ada, make_spec(), room).key
        check = Check(name="Web", slug="web", room=room)
        save_check(ada, check, make_probe("tcp", "a:1"))
        beat, _token = make_beat(ada, name="Backup", room=room, period=60, grace=60)
        pushed, _token = make_pushed(ada, name="Shop", room=room, every=60)
        run = ProbeRun.objects.create(by=ada, room=room, kind="tcp", words="tcp a:1", status="done")
        integration, _token = create_integration(ada, room, "Grafana")
        self.real: dict[str, Any] = {
            "room_id": room.pk,
            "user_id": ada.pk,
            "invitation_id": invitations.create_invitation(ada, days=1, max_uses=1).pk,
            "run_id": run.pk,
            "file_id": File.objects.create(owner=ada, room=room, name="notes.txt", size=3).pk,
            "slug": "web",
            "check": "web",
            "watching/beats": beat.key,
            "watching/sources": pushed.source.key,
            "dashboards": self.dashboard,
            "boards/dock": self.dashboard,
            "alerts/integrations": integration.pk,
            "walls": create_wall(ada, "Kitchen", [self.dashboard], 30).pk,
        }

    def path(self, route: str, *, real: bool) -> str:
        def value(found: re.Match[str]) -> str:
            kind, name = found.groups()
            missing: Any = MISSING.get(kind, "never-was")
            place = next((place for place in self.real if route.startswith(place)), name)
            return str(self.real.get(name, self.real.get(place, missing)) if real else missing)

        return "/" + ARGUMENT.sub(value, route)


@pytest.fixture
def things(ada: User, ben: User, room: Room, settings: Settings) -> Things:
    settings.POSTS_PER_SECOND = 10**6  # a refusal for haste would hide what a view answers
    return Things(ada, ben, room)


WITH_OBJECT = sorted(name for name, route in ROUTES.items() if ARGUMENT.search(route) and name not in OPEN)


@pytest.mark.any_database
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_foreign_object_answers_as_one_that_never_was(things: Things, cleo: User, method: str) -> None:
    """Rows 1 and 2: every address with a number or a key, by somebody who is signed in and not in the room."""
    browser = as_(cleo)
    for name in WITH_OBJECT:
        answers = [
            getattr(browser, method)(things.path(ROUTES[name], real=real), {"do": "remove"}).status_code
            for real in (True, False)
        ]
        assert answers[0] == answers[1], (name, answers)
        assert answers[0] in {302, 400, 404, 405}, (name, answers)
    assert browser.get("/profile/").status_code == 200, "still signed in"


@pytest.mark.parametrize("method", ["get", "post"])
def test_without_signing_in_every_address_leads_there(things: Things, client: Client, method: str) -> None:
    for name, route in ROUTES.items():
        if name not in OPEN and not route.startswith("^"):
            answer = getattr(client, method)(things.path(route, real=True))
            location = answer.headers.get("Location", "")
            assert (answer.status_code, location.startswith(LOGIN)) == (302, True), (name, answer.status_code)


@pytest.mark.any_database
def test_nothing_is_changed_by_any_post_of_somebody_who_may_not(things: Things, cleo: User, client: Client) -> None:
    browsers = (as_(cleo), client)
    before = content()
    for name, browser in itertools.product(WITH_OBJECT, browsers):
        form = {"do": "remove", "role": "owner", "active": "no", "archived": "yes", "add": cleo.pk, "name": "x"}
        browser.post(things.path(ROUTES[name], real=True), form)
    assert content() == before


# Forged requests (row 7)


@pytest.mark.any_database
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"HTTP_ORIGIN": "https://evil.example"},
        {"HTTP_ORIGIN": "null"},
        {"HTTP_ORIGIN": "http://127.0.0.1:8001", "HTTP_REFERER": "http://127.0.0.1:8001/"},
    ],
)
def test_a_forged_post_is_refused_on_every_address_of_a_session(
    things: Things, ada: User, headers: dict[str, str]
) -> None:
    browser = as_(ada, enforce_csrf_checks=True)
    browser.get("/profile/", **headers)  # type: ignore[arg-type]
    token = browser.cookies[configured.CSRF_COOKIE_NAME].value if headers else ""
    for name, route in ROUTES.items():
        if name in {"push", "beat", "alert_hook", "mail_unsubscribe"} or route.startswith("^"):
            continue
        answer = browser.post(things.path(route, real=True), {"csrfmiddlewaretoken": token}, **headers)  # type: ignore[arg-type]
        assert answer.status_code in {403, 405}, (name, answer.status_code)
    assert browser.get("/profile/").status_code == 200


def test_a_get_signs_nobody_out(ben: User) -> None:
    browser = as_(ben)
    browser.get("/accounts/logout/")
    assert browser.get("/profile/").status_code == 200


# Forms for what reads JSON (row 26)


def test_a_form_with_files_for_a_page_that_reads_json_is_malformed(things: Things, ada: User) -> None:
    """The middleware has read its stream already."""
    for path in (f"/rooms/{things.real['room_id']}/messages/", reverse("dashboard_new"), reverse("dashboard_preview")):
        for headers in ({}, {"X-Page-User": str(ada.pk)}):
            answer = as_(ada).post(path, {"body": "x"}, headers=headers)
            assert (answer.status_code, answer["Content-Type"]) == (400, "application/json"), path


# Roles (rows 16, 17, 21, 22)


def test_a_profile_changes_no_role(ben: User) -> None:
    form = {"name": "Ben", "handle": "ben", "colour": 1, "role": "owner", "is_active": "", "email": "x@example.com"}
    as_(ben).post("/profile/", form)
    ben.refresh_from_db()
    assert (ben.role, ben.is_active, ben.email) == (Role.MEMBER, True, "ben@example.com")


@pytest.mark.parametrize(
    "path", ["/admin/", "/admin/accounts/user/", "/admin/accounts/workspace/1/change/", "/admin/jsi18n/"]
)
def test_djangos_admin_is_for_owners_alone(ada: User, ben: User, dora: User, path: str) -> None:
    for person in (ben, dora):
        assert as_(person).get(path, follow=True).status_code == 404
        assert as_(person).post(path, {"name": "x"}, follow=True).status_code == 404
    assert as_(ada).get(path).status_code == 200


@pytest.mark.parametrize("name", ["check_new", "command_new", "alert_routes", "alert_integrations", "invitations"])
def test_members_make_nothing_that_is_for_admins(ben: User, name: str) -> None:
    for answer in (as_(ben).get(reverse(name)), as_(ben).post(reverse(name), {"name": "x"})):
        assert answer.status_code == 404


@pytest.mark.parametrize(
    "address", ["file:///tmp/x", "exec:///bin/true", "dbus://", "windows://", "gnome://", "macosx://", "", "nonsense"]
)
def test_a_route_runs_nothing_and_writes_no_file(ada: User, address: str) -> None:
    with pytest.raises(Refused):
        create_route(ada, name="x", address=address, severities=[])


# Headers, injected text, SQL (rows 18, 19, 33)


@pytest.mark.parametrize("path", [LOGIN, "/profile/", "/rooms/", "/people/", "/checks/", "/never-was/"])
def test_every_page_has_the_headers_of_a_closed_page(ada: User, path: str) -> None:
    headers = as_(ada).get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    for directive in ("default-src 'self'", "frame-ancestors 'none'", "object-src 'none'", "base-uri 'none'"):
        assert directive in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == headers["Cross-Origin-Opener-Policy"] == "same-origin"


MARKUP = "\"'><img src=x onerror=alert(1)><script>alert(1)</script>"


@pytest.mark.any_database
def test_markup_in_names_is_text_on_every_page(ada: User, ben: User) -> None:
    name = MARKUP[:60]
    User.objects.update(name=name)
    room = make_room(ada, ben, name=name)
    Room.objects.filter(pk=room.pk).update(description=MARKUP)
    Things(ada, ben, room)
    Check.objects.update(name=name, said=MARKUP, target=MARKUP)
    ProbeRun.objects.update(words=MARKUP, said=MARKUP, lines=[[0, MARKUP]])
    things_pages = [route for path, route in ROUTES.items() if not ARGUMENT.search(route) and not route.startswith("^")]
    browser = as_(User.objects.get(pk=ada.pk))
    for route in [*things_pages, "checks/web/", "checks/web/edit/", f"rooms/{room.pk}/", f"rooms/{room.pk}/settings/"]:
        if route.startswith(("accounts/logout", "i18n")):
            continue
        answer = browser.get(f"/{route}", follow=True)
        if answer["Content-Type"] == "application/json":
            assert answer["X-Content-Type-Options"] == "nosniff"  # no browser takes it for a page
            continue
        text = answer.content.decode()
        assert "<img src=x" not in text, route
        assert "<script>alert" not in text, route


@pytest.mark.parametrize("query", ["'; drop table accounts_user; --", "%' or 1=1 --", "\\", "\0", "%_%", "a" * 5000])
def test_no_search_is_sql(ada: User, query: str) -> None:
    browser = as_(ada)
    pages = ["search", "people", "people/members", "rooms", "checks", "alerts", "alerts/rules", "runs", "status/edit"]
    for path in (f"/{page}/" for page in pages):
        assert browser.get(path, {"q": query}).status_code == 200
    assert len(browser.get("/people/", {"q": "%"}).context["rows"]) == 0


# Guessing tokens (row 28)


@pytest.mark.parametrize("path", ["/api/push/{token}", "/api/beat/{token}"])
def test_who_guesses_tokens_is_slowed_down(monkeypatch: pytest.MonkeyPatch, ada: User, path: str) -> None:
    monkeypatch.setattr(
        rate_limits.post_buckets().own, "seconds_per_token", 1.0
    )  # seconds a token: a busy machine asks slowly, too
    codes = [
        Client().post(path.format(token=f"myweb_push_{number}"), "1", content_type="text/plain").status_code
        for number in range(80)
    ]
    assert set(codes) == {401, 429}
    assert codes.count(429) >= 20
