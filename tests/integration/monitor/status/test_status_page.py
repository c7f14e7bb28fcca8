"""The public status page: for everybody, once it is published; what changes shows; nothing on it names anybody."""

import re
from array import array
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import User
from monitor.checks.models import Check
from monitor.checks.probes import make_probe
from monitor.checks.services import save_check
from monitor.metrics.catalogue import Catalogue
from monitor.metrics.models import Lease, Source
from monitor.metrics.readings import Reading
from monitor.status import page, services
from monitor.status.collector_job import StatusEvaluator, make_rule
from monitor.status.component_states import STABLE_SECONDS, update_component_states
from monitor.status.models import Component, ComponentState, Incident, StatusChange, StatusPage
from myweb.errors import Refused

pytestmark = pytest.mark.django_db(transaction=True)
IMPACT = Incident.Impact


@pytest.fixture
def shop(ada: User) -> Component:
    StatusPage.objects.create(pk=1, published=True)
    made = Component.objects.create(title="The shop", down_when="web.up < 1", disturbed_when="web.busy > 95")
    update_component_states([made.pk])
    return made


def read(path: str = "/status/en/now/", **headers: str) -> str:
    page.clear_page_caches()
    answer = Client().get(path, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def test_nobody_finds_it_before_it_is_published_but_admins(client: Client, ada: User, ben: User) -> None:
    for path in ("/status/", "/status/en/", "/status/en/now/", "/status/en/feed/"):
        assert Client().get(path).status_code == 404
    client.force_login(ben)
    assert client.get("/status/").status_code == 404
    assert client.get("/status/edit/").status_code == 404
    client.force_login(ada)
    assert "Only admins see this page" in client.get("/status/").content.decode()


def test_the_sidebar_leads_a_member_to_it_once_it_is_published(client: Client, ben: User) -> None:
    client.force_login(ben)
    assert 'href="/status/"' not in client.get("/alerts/").content.decode()
    StatusPage.objects.create(pk=1, published=True)
    page = client.get("/alerts/").content.decode()
    assert 'href="/status/"' in page
    assert 'href="/status/edit/"' not in page
    assert 'href="/walls/"' not in page


def test_the_sidebar_leads_an_admin_to_what_admins_edit(client: Client, ada: User) -> None:
    client.force_login(ada)
    page = client.get("/alerts/").content.decode()
    assert 'href="/status/edit/"' in page
    assert 'href="/walls/"' in page


@pytest.mark.usefixtures("shop")
def test_everybody_sees_it_without_a_cookie_and_in_their_language() -> None:
    answer = Client().get("/status/", headers={"accept-language": "zh-CN,zh;q=0.9"})
    assert (answer.status_code, answer["Content-Language"]) == (200, "zh-hans")
    assert 'lang="zh-hans"' in answer.content.decode()
    assert not answer.cookies
    assert "public" in answer["Cache-Control"]
    assert 'lang="en"' in read("/status/en/", **{"accept-language": "zh-CN"})
    assert Client().get("/status/xx/").status_code == 404


@pytest.mark.usefixtures("shop")
def test_what_has_not_changed_is_not_sent_again_and_asks_nothing_of_the_database(
    django_assert_num_queries: object,
) -> None:
    client = Client()
    tag = client.get("/status/en/now/")["ETag"]
    with django_assert_num_queries(0):  # type: ignore[operator]
        answer = client.get("/status/en/now/", headers={"if-none-match": f"W/{tag}"})
    assert (answer.status_code, answer.content) == (304, b"")


def tick(judge: StatusEvaluator, t: int, *readings: Reading) -> None:
    """Without readings uWSGI is down."""
    assert judge.catalogue
    row = judge.catalogue.get_index("web").make_row(readings) if readings else array("d")
    judge.tick(t, {"web": row})


@pytest.fixture
def judge() -> StatusEvaluator:
    made = StatusEvaluator()
    made.begin(Catalogue())
    return made


def test_a_part_changes_when_its_condition_has_held_for_a_while(shop: Component, judge: StatusEvaluator) -> None:
    busy, idle = Reading("busy", 99.0), Reading("busy", 5.0)
    tick(judge, 1_000, idle)
    for t in range(1_001, 1_001 + STABLE_SECONDS):
        tick(judge, t, busy)
    assert StatusChange.objects.count() == 1  # one slow moment is no news
    tick(judge, 1_001 + STABLE_SECONDS, busy)
    shop.refresh_from_db()
    assert shop.state == ComponentState.DISTURBED
    assert StatusChange.objects.latest("pk").at == datetime.fromtimestamp(1_001, UTC)  # since it was first seen
    tick(judge, 1_010 + STABLE_SECONDS, busy)
    assert StatusChange.objects.count() == 2  # no row but for changes
    for t in (1_020, 1_020 + STABLE_SECONDS):
        tick(judge, t)
    assert "The shop is down." in read()
    for t in (1_040, 1_040 + STABLE_SECONDS):
        tick(judge, t, idle)
    assert "All systems operational." in read()


def test_a_state_by_hand_and_a_published_incident_show_at_once(shop: Component, ada: User) -> None:
    incident = services.create_incident(ada, "No payments", IMPACT.CRITICAL)
    services.correct_incident(ada, incident, "No payments", IMPACT.CRITICAL, [shop])
    assert "All systems operational." in read()
    services.publish_incident(ada, incident)
    assert "The shop is down." in read()
    services.add_incident_update(ada, incident, "", Incident.State.RESOLVED)
    assert "All systems operational." in read()
    Component.objects.update(by_hand=ComponentState.DISTURBED)
    update_component_states([shop.pk])
    assert "The shop is degraded." in read()


@pytest.mark.usefixtures("shop")
def test_an_incident_is_told_from_its_beginning_to_its_end(ada: User) -> None:
    incident = services.create_incident(ada, "No <payments>", IMPACT.MAJOR)
    services.add_incident_update(ada, incident, "We **look** into it.\n\n<script>alert(1)</script>")
    assert "payments" not in read()
    services.publish_incident(ada, incident)
    html = read()
    assert "No &lt;payments&gt;" in html
    assert "We <strong>look</strong> into it." in html
    assert "<script" not in html
    assert ada.name not in html
    assert "There is an open incident." in html
    services.add_incident_update(ada, incident, "It is mended.", Incident.State.RESOLVED)
    html = read()
    assert html.index("Past incidents") < html.index("It is mended.") < html.index("We <strong>look")
    services.withdraw_incident(ada, incident)
    assert "payments" not in read()


@pytest.mark.usefixtures("shop")
def test_readers_of_feeds_hear_of_incidents(ada: User) -> None:
    incident = services.create_incident(ada, "No payments", IMPACT.MAJOR)
    services.add_incident_update(ada, incident, "We look into it.")
    assert "No payments" not in read("/status/en/feed/")
    services.publish_incident(ada, incident)
    feed = read("/status/en/feed/")
    assert "No payments (Investigating)" in feed
    assert "We look into it." in feed
    assert ada.name not in feed
    assert "<author><name>" in feed
    assert f"<id>{settings.ORIGINS[0]}/status/#incident-{incident.pk}</id>" in feed


@pytest.mark.usefixtures("shop")
def test_a_feed_that_did_not_change_is_not_sent_again(ada: User, client: Client) -> None:
    for _time in ("without an incident", "with one"):
        first = client.get("/status/en/feed/")
        again = client.get("/status/en/feed/", headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
        assert client.get("/status/en/feed/", headers={"If-None-Match": f'W/{first["ETag"]}, "x"'}).status_code == 304
        incident = services.create_incident(ada, "No payments", IMPACT.MAJOR)
        services.publish_incident(ada, incident)
        assert client.get("/status/en/feed/", headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_what_a_condition_is_stands_below_its_field(client: Client, ada: User) -> None:
    client.force_login(ada)
    page = client.get("/status/edit/").content.decode()
    described = re.search(r'<input[^>]*name="part-0-down_when"[^>]*aria-describedby="([^"]+)"', page)
    assert described
    assert re.search(rf'id="{described[1]}">\s*A condition compares', page[described.end() :])


@pytest.mark.usefixtures("shop")
def test_it_says_when_nothing_is_measured_any_more() -> None:
    lease = Lease.objects.create(name="collector", until=timezone.now(), measured_at=timezone.now())
    assert "No data since" not in read()
    lease.measured_at = timezone.now() - timedelta(minutes=1)
    lease.save()
    assert "No data since" in read()


@pytest.mark.usefixtures("shop")
def test_old_days_and_the_incidents_of_them_fall_off(ada: User) -> None:
    incident = services.create_incident(ada, "Long ago", IMPACT.MINOR)
    services.publish_incident(ada, incident)
    services.add_incident_update(ada, incident, "", Incident.State.RESOLVED)
    past = timezone.now() - timedelta(days=120)
    Incident.objects.update(started_at=past, ended_at=past)
    assert "Long ago" not in read()


def test_an_admin_writes_the_parts_and_publishes(client: Client, ada: User) -> None:
    client.force_login(ada)
    fields = {
        "title": "Shop status",
        "text": "",
        "published": "on",
        "part-TOTAL_FORMS": "1",
        "part-INITIAL_FORMS": "0",
        "part-0-title": "The shop",
        "part-0-order": "0",
        "part-0-down_when": "web is away",
    }
    assert "Use the format source.series" in client.post("/status/edit/", fields).content.decode()
    assert client.post("/status/edit/", {**fields, "part-0-down_when": "web.up < 1"}).status_code == 302
    html = read("/status/en/")
    assert "Shop status" in html
    assert "The shop" in html
    assert StatusChange.objects.count() == 1


@pytest.mark.usefixtures("shop")
def test_what_goes_on_is_no_quiet_day_and_its_state_stands_beside_its_beginning() -> None:
    Incident.objects.create(title="No payments", published=True, started_at=timezone.now())
    html = read()
    assert html.count("No incidents.") == page.QUIET_DAYS - 1
    assert "<strong>Investigating</strong> · Started" in html


def test_there_is_no_percentage_before_an_hour_and_then_it_says_since_when(shop: Component) -> None:
    assert "100 %" not in read()
    StatusChange.objects.filter(component=shop).update(at=timezone.now() - timedelta(hours=2))
    assert "100 % since" in read()
    StatusChange.objects.filter(component=shop).update(at=timezone.now() - timedelta(days=2))
    assert "100 % since" not in read()
    assert "100 % in the last 90 days" in read()


def edit(client: Client, *parts: dict[str, Any], stored: int = 0) -> HttpResponse:
    fields: dict[str, Any] = {"published": "on", "part-TOTAL_FORMS": len(parts), "part-INITIAL_FORMS": stored}
    for number, part in enumerate(parts):
        fields |= {f"part-{number}-{name}": value for name, value in part.items()}
    return client.post("/status/edit/", fields)  # type: ignore[return-value]


def make_check(by: User, **fields: Any) -> Check:
    check = Check(name="Shop checkout", slug="shop")
    save_check(by, check, make_probe("tcp", "shop.example.com:443"))
    Check.objects.update(**fields)
    return Check.objects.get()


def test_a_check_is_chosen_from_the_list_and_its_state_shows_at_once(client: Client, ada: User) -> None:
    check = make_check(ada, state="down")
    client.force_login(ada)
    assert f'value="check:{check.pk}">Shop checkout' in client.get("/status/edit/").content.decode()
    assert edit(client, {"measures": f"check:{check.pk}", "order": 0}).status_code == 302
    assert "Shop checkout is down." in read()
    assert "Check: Shop checkout" in client.get("/status/edit/").content.decode()
    check.delete()
    assert "The check was deleted." in client.get("/status/edit/").content.decode()


def test_a_check_without_a_result_gets_no_verdict(client: Client, ada: User, judge: StatusEvaluator) -> None:
    check = make_check(ada)
    client.force_login(ada)
    edit(client, {"measures": f"check:{check.pk}", "title": "Payments", "order": 0})
    html = read()
    assert "Waiting for the first results." in html
    assert "All systems operational." not in html
    assert judge.catalogue
    row = judge.catalogue.get_index("checks").make_row([Reading("shop.up", 1.0)])
    judge.tick(1_000, {"checks": row})  # the first result counts at once
    assert "All systems operational." in read()


def test_a_series_is_chosen_with_a_limit_and_an_error_stands_at_its_field(client: Client, ada: User) -> None:
    client.force_login(ada)
    series = {
        "measures": "series",
        "title": "Search",
        "series": "api.p95",
        "sign": ">",
        "means": "down_when",
        "order": 3,
    }
    page = edit(client, {**series, "limit": ""}).content.decode()
    assert "Enter a number." in page
    assert 'value="api.p95"' in page
    assert "Choose a series from the list." in edit(client, {**series, "series": "p95", "limit": 1}).content.decode()
    assert edit(client, {**series, "limit": "0.8"}).status_code == 302
    component = Component.objects.get()
    assert (component.kind, component.down_when, component.disturbed_when) == ("series", "api.p95 > 0.8", "")
    assert 'value="0.8"' in client.get("/status/edit/").content.decode()
    assert component.measured == ComponentState.UNKNOWN


def test_a_new_order_keeps_what_was_measured(client: Client, ada: User, shop: Component) -> None:
    Component.objects.update(kind="expression")
    client.force_login(ada)
    other = Component.objects.create(title="Mail")
    common = {
        "measures": "expression",
        "sign": ">",
        "means": "disturbed_when",
        "down_when": shop.down_when,
        "disturbed_when": shop.disturbed_when,
    }
    parts = [{"id": shop.pk, "title": "The shop", "order": 1, **common}, {"id": other.pk, "title": "Mail", "order": 0}]
    assert edit(client, *parts, stored=2).status_code == 302
    assert [component.title for component in Component.objects.all()] == ["Mail", "The shop"]
    shop.refresh_from_db()
    assert shop.measured == ComponentState.WORKS


def test_a_condition_of_a_series_that_nobody_gave_is_saved_and_said(client: Client, ada: User) -> None:
    client.force_login(ada)
    Source.objects.create(key="web")
    fields = {"title": "", "text": "", "part-TOTAL_FORMS": "1", "part-INITIAL_FORMS": "0"}
    fields |= {"part-0-title": "The shop", "part-0-order": "1", "part-0-disturbed_when": "web.bussy > 95"}
    page = client.post("/status/edit/", {**fields, "part-0-down_when": "web.up << 1"}).content.decode()
    assert "Use the format source.series" in page
    page = client.post("/status/edit/", {**fields, "part-0-down_when": "web.up < 1"}, follow=True).content.decode()
    assert "web.bussy &gt; 95: no such series yet." in page
    assert "web.up &lt; 1: nothing" not in page


def test_an_admin_tells_of_an_incident_on_its_page(client: Client, ada: User, ben: User) -> None:
    StatusPage.objects.create(pk=1, published=True)
    client.force_login(ada)
    client.post("/status/edit/incidents/", {"title": "No payments", "impact": "minor"})
    path = f"/status/edit/incidents/{Incident.objects.get().pk}/"
    client.post(path, {"do": "tell", "text": "The cause is found.", "state": "identified"})
    client.post(path, {"do": "publish"})
    assert "The cause is found." in read()
    client.force_login(ben)
    assert client.get(path).status_code == 404
    assert client.post(path, {"do": "withdraw"}).status_code == 404


def test_others_change_nothing(ben: User, shop: Component) -> None:
    with pytest.raises(Refused):
        services.create_incident(ben, "No payments", IMPACT.MINOR)
    incident = Incident.objects.create(title="No payments")
    for verb in (services.publish_incident, services.withdraw_incident):
        with pytest.raises(Refused):
            verb(ben, incident)
    with pytest.raises(Refused):
        services.correct_incident(ben, incident, "Payments", IMPACT.NONE, [shop])


def test_components_stand_under_the_heading_of_their_group(client: Client, ada: User, shop: Component) -> None:
    Component.objects.create(title="Mail", group="Services", order=1)
    Component.objects.create(title="Search", order=2)
    html = read()
    places = [html.index(text) for text in ("The shop", "Search", ">Services<", "Mail")]
    assert places == sorted(places)
    client.force_login(ada)
    page = client.get("/status/edit/").content.decode()
    assert 'class="status-preview" inert' in page
    assert "Services · Set by hand" in page


def test_the_preview_shows_what_is_entered_and_saves_nothing(client: Client, ada: User, shop: Component) -> None:
    client.force_login(ada)
    fields = {"preview": "yes", "title": "Harbour", "text": "*Hello*", "part-TOTAL_FORMS": 2, "part-INITIAL_FORMS": 1}
    fields |= {"part-0-id": shop.pk, "part-0-title": "Store", "part-0-order": 1, "part-0-by_hand": "down"}
    fields |= {"part-1-title": "Mail", "part-1-group": "Services", "part-1-order": 0, "part-1-measures": ""}
    html = client.post("/status/edit/", fields).content.decode()
    places = [html.index(text) for text in ("Harbour", "<em>Hello</em>", ">Services<", ">Mail<", ">Store<")]
    assert places == sorted(places)
    assert "Store is down." in html
    without = client.post("/status/edit/", {**fields, "part-0-DELETE": "on", "part-1-title": ""}).content.decode()
    assert "Store" not in without
    assert "Services" not in without
    shop.refresh_from_db()
    assert (shop.title, shop.by_hand, Component.objects.count()) == ("The shop", "", 1)
    assert StatusPage.current().title == ""


def test_a_slow_check_is_a_degraded_component(ada: User, client: Client) -> None:
    client.force_login(ada)
    check = make_check(ada, state="degraded")
    edit(client, {"measures": f"check:{check.pk}", "title": ""})
    component = Component.objects.get()
    assert component.state == ComponentState.DISTURBED
    rule = make_rule(component)
    up, down = ({"checks": ({"shop.up": 0}, array("d", [value]))} for value in (1.0, 0.0))
    assert rule.get_state(up) == ComponentState.DISTURBED
    Check.objects.update(state="up")
    assert make_rule(Component.objects.get()).get_state(up) == ComponentState.WORKS
    assert rule.get_state(down) == ComponentState.DOWN
