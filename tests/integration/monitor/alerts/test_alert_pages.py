"""The pages of alerts: who sees and changes what, and what the forms say."""

import re
import time
from array import array
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from chat.models import Room
from monitor.alerts.forms import describe_target
from monitor.alerts.models import Alert, Rule, Silence
from monitor.alerts.silences import covers_until
from monitor.checks.models import Check, CheckState
from monitor.metrics.models import Rollup, Series, Source
from monitor.metrics.store.retention import Sums, encode_sums
from monitor.metrics.store.ring import get_ring
from tests.support.oncall import make_schedule
from tests.support.rooms import make_room

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = ("/alerts/", "/alerts/rules/", "/alerts/silences/")


@pytest.fixture
def rule(room: Room) -> Rule:
    return Rule.objects.create(
        room=room, title="Queue grows", source="web", series="queue", threshold=10, hold=90, runbook="Look **here**."
    )


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def filled(room: Room, **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "title": "Disk",
        "source": "host",
        "series": "disk.full *",
        "comparison": ">",
        "threshold": "90",
    }
    given |= {"hold": "5 min", "keep": "", "no_data": "keep", "severity": "critical", "room": room.pk, "enabled": "on"}
    return given | more


@pytest.mark.parametrize("path", PAGES)
def test_a_page_shows_what_is_of_ones_rooms(path: str, rule: Rule, ben: User, cleo: User) -> None:
    now = timezone.now()
    Alert.objects.create(room=rule.room, rule=rule, key="rule.1", title="Queue grows", began_at=now, told_at=now)
    Silence.objects.create(room=rule.room, rule=rule, starts=now, ends=now + timedelta(hours=1))
    assert "Queue grows" in browser(ben).get(path).content.decode()
    assert "Queue grows" not in browser(cleo).get(path).content.decode()


def test_without_alerts_the_page_leads_to_the_checks_that_are_down(room: Room, ben: User, cleo: User) -> None:
    quiet, down = "No alerts are firing.", 'href="/checks/?by=state">'
    page = browser(ben).get("/alerts/").content.decode()
    assert quiet in page
    assert down not in page
    for name in ("web", "shop", "mail"):
        state = CheckState.UP if name == "mail" else CheckState.DOWN
        Check.objects.create(name=name, slug=name, kind="tcp", target="a:1", room=room, state=state)
    assert f"{down}2 checks are down.</a>" in browser(ben).get("/alerts/").content.decode()
    assert down not in browser(cleo).get("/alerts/").content.decode(), "they are in no room with a check"
    chinese = browser(ben).get("/alerts/", headers={"accept-language": "zh-hans"}).content.decode()
    assert "当前没有触发中的告警。<a" in chinese
    assert f"{down}有 2 项检查不可用。</a>" in chinese
    now = timezone.now()
    Alert.objects.create(room=room, key="test.1", title="Disk", began_at=now, told_at=now)
    assert quiet not in browser(ben).get("/alerts/").content.decode()


def test_a_rule_is_read_by_members_edited_by_admins_and_not_there_for_others(
    rule: Rule, room: Room, ada: User, ben: User, cleo: User, dora: User
) -> None:
    path = f"/alerts/rules/{rule.pk}/"
    page = browser(ben).get(path).content.decode()
    assert "Look <strong>here</strong>." in page
    assert '<form method="post" class="rule"' not in page
    assert browser(cleo).get(path).status_code == 404
    assert browser(dora).get(path).status_code == 404  # an admin, but not in this room
    browser(ben).post(path, filled(room))
    rule.refresh_from_db()
    assert rule.title == "Queue grows"
    Rule.objects.update(made_by=ben)
    Source.objects.create(key="host", room=room)
    assert browser(ben).post(path, filled(room)).status_code == 302
    rule.refresh_from_db()
    assert (rule.title, rule.hold, rule.keep, rule.repeat_every) == ("Disk", 300, 0, None)


def test_a_new_rule_says_what_is_wrong_with_it(room: Room, ada: User) -> None:
    form = filled(room, hold="a while", step_0_after="5 min", step_0_to="@nobody", threshold="")
    page = browser(ada).post("/alerts/rules/new/", form)
    text = page.content.decode()
    assert "Enter a duration such as 30 s, 5 min or 1 h." in text
    assert "No member of this room has the handle @nobody." in text
    assert not Rule.objects.exists()


def test_a_rule_is_made_with_its_escalation_steps_in_the_order_of_time(
    room: Room, ada: User, ben: User, cleo: User
) -> None:
    make_schedule(room, ada)
    make_schedule(make_room(cleo, name="elsewhere"), cleo, name="Theirs")
    steps = {"step_0_after": "10 min", "step_0_to": "@ben", "step_1_after": "5 min", "step_1_to": "Primary"}
    steps |= {"step_4_after": "1 h", "step_4_to": f"#{room.name}"}
    assert browser(ada).post("/alerts/rules/new/", filled(room, repeat_every="0", **steps)).status_code == 302
    rule = Rule.objects.get()
    assert [(step.after, describe_target(step)) for step in rule.steps.all()] == [
        (300, "Primary"),
        (600, "@ben"),
        (3600, f"#{room.name}"),
    ]
    page = browser(ada).get(f"/alerts/rules/{rule.pk}/").content.decode()
    assert 'value="@ben"' in page
    assert 'value="10 min"' in page
    for target, problem in {
        "Theirs": "There is no schedule Theirs.",
        "#elsewhere": "You are in no room of the name #elsewhere.",
        "@cleo": "No member of this room has the handle @cleo.",
        "": "Enter a schedule, a @handle or a #room.",
    }.items():
        form = filled(room, step_0_after="5 min", step_0_to=target)
        assert problem in browser(ada).post(f"/alerts/rules/{rule.pk}/", form).content.decode()
    assert rule.steps.count() == 3


def test_a_step_stays_whose_target_the_editor_cannot_see(rule: Rule, room: Room, ada: User, cleo: User) -> None:
    theirs = make_schedule(make_room(cleo, name="elsewhere"), cleo, name="Theirs")
    rule.steps.create(after=60, schedule=theirs)
    form = filled(room, step_0_after="2 min", step_0_to="Theirs")
    assert browser(ada).post(f"/alerts/rules/{rule.pk}/", form).status_code == 302
    assert [(step.after, step.schedule) for step in rule.steps.all()] == [(120, theirs)]


@pytest.mark.parametrize("path", ["/alerts/rules/new/", "/alerts/silences/", "/alerts/integrations/", "/boards/new/"])
def test_nobody_s_room_is_chosen_by_chance(path: str, room: Room, ada: User, ben: User) -> None:
    assert "Choose a room…" not in browser(ada).get(path).content.decode()
    other = make_room(ada, ben, name="announcements")
    assert "Choose a room…" in browser(ada).get(path).content.decode()
    page = browser(ada).get(path, {"room": other.pk}).content.decode()
    assert "Choose a room…" not in page
    assert f'<option value="{other.pk}" selected>' in page


def test_a_rule_that_nothing_fits_is_saved_and_said(room: Room, ada: User) -> None:
    host = Source.objects.create(key="host", room=room)
    page = browser(ada).post("/alerts/rules/new/", filled(room, source="hots"), follow=True).content.decode()
    assert "No such series yet: hots disk.full *." in page
    Rule.objects.update(source="host")
    assert "No such series yet" in browser(ada).get("/alerts/rules/").content.decode()
    Series.objects.create(source=host, name="disk.full /", unit="%", position=0)
    assert "No such series yet" not in browser(ada).get("/alerts/rules/").content.decode()


def test_rules_cannot_wait_for_each_other(room: Room, rule: Rule, ada: User) -> None:
    browser(ada).post("/alerts/rules/new/", filled(room, depends_on=[rule.pk]))
    child = Rule.objects.get(title="Disk")
    page = browser(ada).post(f"/alerts/rules/{rule.pk}/", filled(room, depends_on=[child.pk]))
    assert "The rules would suppress each other." in page.content.decode()


def test_a_rule_reads_only_what_its_maker_may_see(room: Room, ada: User, ben: User, cleo: User) -> None:
    """Of the others it is not even told that they are there."""
    secret = Source.objects.create(key="secret", room=make_room(ben, name="theirs"))
    Series.objects.create(source=secret, name="salary", unit="", position=0)
    get_ring().append(int(time.time()) - 5, {secret.pk: array("d", [95.0])})
    for pattern in ("secret", "sec*", "*", "se?ret"):
        query = {**filled(room), "source": pattern, "series": "*", "hold": "0"}
        told = browser(ada).get("/alerts/rules/preview/", query)
        assert told.json() == browser(ada).get("/alerts/rules/preview/", query | {"source": "none"}).json()
        pages = [browser(ada).post("/alerts/rules/new/", filled(room, source=pattern, series="*"), follow=True)]
        pages += [
            browser(ada).get("/alerts/rules/"),
            browser(ada).get(f"/alerts/rules/{Rule.objects.latest('pk').pk}/"),
        ]
        for page in pages:
            assert "salary" not in page.content.decode()
            assert "secret" not in page.content.decode() or pattern == "secret"  # which is what one wrote oneself
        assert f"No such series yet: {pattern} *." in pages[0].content.decode()
        Rule.objects.all().delete()


def test_a_rule_of_somebody_else_is_not_led_to_sources_that_one_may_not_see(
    room: Room, rule: Rule, ada: User, ben: User
) -> None:
    Source.objects.create(key="secret", room=make_room(ben, name="theirs"))
    Rule.objects.update(made_by=ben)
    page = browser(ada).post(f"/alerts/rules/{rule.pk}/", filled(room, source="sec*")).content.decode()
    assert "This rule would read sources that you can&#x27;t access." in page
    assert "secret" not in page
    assert Rule.objects.get().source == "web"


def test_a_removed_rule_ends_what_it_found(room: Room, rule: Rule, ada: User) -> None:
    now = timezone.now()
    Alert.objects.create(room=room, rule=rule, key=f"rule.{rule.pk}", title="Queue grows", began_at=now, told_at=now)
    browser(ada).post(f"/alerts/rules/{rule.pk}/remove/")
    assert Alert.objects.get().state == "resolved"
    assert browser(ada).get(f"/alerts/rules/{rule.pk}/").status_code == 404


def test_the_preview_says_how_often_it_would_have_fired(room: Room, ada: User) -> None:
    source = Source.objects.create(key="host")
    Series.objects.create(source=source, name="cpu.busy", unit="%", position=0)
    begin = int(time.time()) - 300
    for second in range(0, 300, 10):
        get_ring().append(begin + second, {source.pk: array("d", [95.0 if second % 100 >= 50 else 5.0])})
    query = {"source": "host", "series": "cpu.*", "comparison": ">", "threshold": "90", "hold": "20 s"}
    told = browser(ada).get("/alerts/rules/preview/", query).json()
    assert (told["series"], told["count"], told["over"]) == (1, 3, "4 min 50 s")
    assert told["fired"][-1]["began"] == begin + 70
    assert told["fired"][-1]["ended"] == begin + 100
    refused = browser(ada).get("/alerts/rules/preview/", query | {"hold": "soon"})
    assert (refused.status_code, list(refused.json()["problems"])) == (400, ["hold"])


def test_a_silence_is_made_and_ended_by_members(room: Room, rule: Rule, ben: User, cleo: User) -> None:
    now = timezone.localtime()
    given: dict[str, Any] = {"room": room.pk, "rule": rule.pk, "pattern": "*", "reason": "deploy"}
    given |= {"starts": f"{now:%Y-%m-%dT%H:%M}", "ends": f"{now + timedelta(hours=2):%Y-%m-%dT%H:%M}"}
    page = browser(ben).post("/alerts/silences/", given | {"ends": given["starts"]})
    assert "The end must be after the start." in page.content.decode()
    assert browser(ben).post("/alerts/silences/", given).status_code == 302
    silence = Silence.objects.get()
    assert browser(cleo).post(f"/alerts/silences/{silence.pk}/end/").status_code == 404
    browser(ben).post(f"/alerts/silences/{silence.pk}/end/")
    silence.refresh_from_db()
    assert silence.ended_at


def test_a_silence_is_read_in_the_zone_of_the_browser_and_keeps_it(room: Room, ben: User) -> None:
    given: dict[str, Any] = {"room": room.pk, "pattern": "*", "weekly": "on", "zone": "America/New_York"}
    given |= {"starts": "2027-01-04T22:00", "ends": "2027-01-04T23:00"}
    browser(ben).post("/alerts/silences/", given)
    silence = Silence.objects.get()
    assert (silence.zone, silence.starts) == ("America/New_York", datetime(2027, 1, 5, 3, 0, tzinfo=UTC))
    summer = datetime(2027, 7, 6, 2, 30, tzinfo=UTC)
    assert covers_until(silence, summer) == datetime(2027, 7, 6, 3, 0, tzinfo=UTC)
    assert covers_until(silence, summer + timedelta(hours=1)) is None
    page = browser(ben).get("/alerts/silences/").content.decode()
    assert "Every week, Mon 22:00 – Mon 23:00, America/New_York" in page
    assert '<time datetime="2027-01-05T03:00:00Z" data-form="moment">' in page
    assert "Times are in UTC." in page


@pytest.mark.parametrize("zone", ["", "Etc/Unknown", "../../etc/passwd", "x" * 500])
def test_a_silence_without_a_known_zone_is_in_utc(room: Room, ben: User, zone: str) -> None:
    given: dict[str, Any] = {"room": room.pk, "pattern": "*", "zone": zone}
    browser(ben).post("/alerts/silences/", given | {"starts": "2027-03-28T02:30", "ends": "2027-03-28T04:00"})
    assert (Silence.objects.get().zone, Silence.objects.get().starts.hour) == ("UTC", 2)


@pytest.mark.parametrize("starts", ["0001-01-01T00:00", "9999-12-31T23:59", "soon", ""])
def test_times_that_make_no_sense_are_told(room: Room, ben: User, starts: str) -> None:
    given: dict[str, Any] = {"room": room.pk, "pattern": "*", "weekly": "on", "zone": "Asia/Kolkata"}
    assert browser(ben).post("/alerts/silences/", given | {"starts": starts, "ends": starts}).status_code == 200
    assert not Silence.objects.exists()


def test_ways_out_and_integrations_are_for_admins(room: Room, ada: User, ben: User) -> None:
    for path in ("/alerts/routes/", "/alerts/integrations/"):
        assert browser(ben).get(path).status_code == 404
        assert browser(ada).get(path).status_code == 200
    page = browser(ada).post("/alerts/integrations/", {"name": "Grafana", "room": room.pk})
    assert "/api/alerts/" in page.content.decode()


def test_an_alert_is_acknowledged_on_its_page(room: Room, rule: Rule, ben: User, cleo: User) -> None:
    now = timezone.now()
    alert = Alert.objects.create(room=room, rule=rule, key="rule.1", title="Queue grows", began_at=now, told_at=now)
    path = f"/alerts/{alert.pk}/answer/"
    assert browser(cleo).post(path, {"do": "acknowledge"}).status_code == 404
    browser(ben).post(path, {"do": "acknowledge", "minutes": "60"})
    alert.refresh_from_db()
    assert (alert.state, alert.acked_by) == ("acknowledged", ben)


def test_a_weekly_window_is_on_in_the_same_hours_of_every_week() -> None:
    begin = timezone.now()
    weekly = Silence(starts=begin, ends=begin + timedelta(hours=2), weekly=True)
    assert covers_until(weekly, begin + timedelta(days=21, hours=1)) == begin + timedelta(days=21, hours=2)
    assert covers_until(weekly, begin + timedelta(days=21, hours=3)) is None
    assert covers_until(weekly, begin - timedelta(hours=1)) is None


def test_the_preview_looks_back_over_what_is_kept(room: Room, ada: User) -> None:
    """Busy for ten minutes three days ago, and once for a second: such a peak counts for a rule that does not wait."""
    source = Source.objects.create(key="host")
    series = Series.objects.create(source=source, name="cpu.busy", unit="%", position=0)
    begin = (int(time.time()) - 3 * 86_400) // 18_000 * 18_000
    minutes = range(begin, begin + 18_000, 60)
    busy = [begin + 600 <= t < begin + 1_200 for t in minutes]
    high = [95.0 if each or t == begin + 3_600 else 9.0 for t, each in zip(minutes, busy, strict=True)]
    low, total = [91.0 if each else 5.0 for each in busy], [60 * 93.0 if each else 60 * 6.0 for each in busy]
    body = encode_sums(begin, 60, Sums(minutes, low, high, total, [60.0] * 300))
    Rollup.objects.create(series=series, step=60, t0=begin, body=body)
    get_ring().append(int(time.time()) - 5, {source.pk: array("d", [5.0])})
    query = {"source": "host", "series": "cpu.busy", "comparison": ">", "threshold": "90", "hold": "5 min"}
    told = browser(ada).get("/alerts/rules/preview/", query).json()
    assert (told["series"], told["count"], told["steps"]) == (1, 1, "1 min")
    assert re.fullmatch(r"3 d( [1-5] h)?", told["over"])
    assert (told["fired"][0]["began"], told["fired"][0]["ended"]) == (begin + 900, begin + 1_200)
    assert max(value for value in told["picture"]["v"] if value is not None) == 95
    impatient = browser(ada).get("/alerts/rules/preview/", query | {"hold": "0"}).json()
    assert sorted(each["began"] for each in impatient["fired"]) == [begin + 600, begin + 3_600]
    below = browser(ada).get("/alerts/rules/preview/", query | {"comparison": "<", "threshold": "5.5", "hold": "0"})
    assert below.json()["count"] > 100
