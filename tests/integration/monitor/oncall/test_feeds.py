"""Calendars: what a feed holds, by a strict reader of RFC 5545, and who may read it."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from chat import services as chat
from chat.models import Room
from monitor.oncall import feeds, timetable
from monitor.oncall.models import Feed, Schedule
from myweb.masking import mask_tokens
from tests.support.cast import as_
from tests.support.oncall import make_schedule

pytestmark = pytest.mark.django_db

Event = dict[str, str]
LINE = re.compile(r"([A-Z-]+)((?:;[A-Z-]+=[^;:]+)*):(.*)")
ROOT = Path(__file__).parents[4]


@pytest.fixture
def schedule(room: Room, ada: User, ben: User) -> Schedule:
    return make_schedule(room, ada, ben)


def read_calendar(body: bytes) -> list[Event]:
    """Fails for anything that RFC 5545 does not allow."""
    assert body.endswith(b"\r\n")
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    assert b"\n" not in body.replace(b"\r\n", b"")
    assert all(line.decode() for line in body.split(b"\r\n")[:-1])  # no character is cut
    lines = body.decode().replace("\r\n ", "").removesuffix("\r\n").split("\r\n")
    assert (lines[0], lines[1], lines[-1]) == ("BEGIN:VCALENDAR", "VERSION:2.0", "END:VCALENDAR")
    events: list[Event] = []
    inside = False
    for line in lines[1:-1]:
        match = LINE.fullmatch(line)
        assert match, line
        name, _parameters, value = match.groups()
        if (name, value) == ("BEGIN", "VEVENT"):
            assert not inside
            inside = True
            events.append({})
        elif (name, value) == ("END", "VEVENT"):
            assert {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"} <= events[-1].keys()
            inside = False
        elif inside:
            assert name not in events[-1]
            events[-1][name] = value
    assert len({event["UID"] for event in events}) == len(events)
    return events


def read_moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def unescape(text: str) -> str:
    assert not re.search(r"(?<!\\)(?:\\\\)*[,;]", text)
    return re.sub(r"\\(.)", lambda match: {"n": "\n", "N": "\n"}.get(match[1], match[1]), text)


def make_address(user: User, **form: object) -> str:
    page = as_(user).post("/oncall/feeds/", {"do": "create", **form}).content.decode()
    match = re.search(r"/api/oncall/[\w-]+\.ics", page)
    assert match
    return match[0]


def test_a_schedule_is_a_calendar_of_everyone_without_gap(schedule: Schedule, ben: User) -> None:
    address = make_address(ben, schedule=schedule.pk)
    response = Client().get(address)
    assert (response.status_code, response["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert response["Cache-Control"] == "no-store"
    events = read_calendar(response.content)
    assert [event["DTEND"] for event in events[:-1]] == [event["DTSTART"] for event in events[1:]]
    assert {unescape(event["SUMMARY"]) for event in events} == {"Ada Lovelace: Primary", "Ben: Primary"}
    now = timezone.now()
    (current,) = [event for event in events if read_moment(event["DTSTART"]) <= now < read_moment(event["DTEND"])]
    assert read_moment(current["DTEND"]) == timetable.find_shift(schedule, now).ends
    assert read_moment(events[-1]["DTEND"]) > now + timedelta(days=80)


def test_own_shifts_of_all_schedules_are_one_calendar(schedule: Schedule, room: Room, ada: User, ben: User) -> None:
    make_schedule(room, ben, name="Second, of; all")
    events = read_calendar(Client().get(make_address(ben)).content)
    assert {unescape(event["SUMMARY"]) for event in events} == {"Ben: Primary", "Ben: Second, of; all"}


def test_long_and_odd_names_are_escaped_and_folded(schedule: Schedule, ada: User) -> None:
    name = "值班，表; a\\b, " + "数据库" * 13
    Schedule.objects.update(name=name)
    events = read_calendar(Client().get(make_address(ada, schedule=schedule.pk)).content)
    assert unescape(events[0]["SUMMARY"]).endswith(name)


def test_an_address_ends_when_it_is_renewed_or_revoked(schedule: Schedule, ada: User) -> None:
    first = make_address(ada, schedule=schedule.pk)
    second = make_address(ada, schedule=schedule.pk)
    assert (Client().get(first).status_code, Client().get(second).status_code) == (404, 200)
    as_(ada).post("/oncall/feeds/", {"do": "revoke", "schedule": schedule.pk})
    assert Client().get(second).status_code == 404


def test_a_calendar_ends_with_the_access_of_its_user(schedule: Schedule, room: Room, ada: User, ben: User) -> None:
    of_schedule, of_own = make_address(ben, schedule=schedule.pk), make_address(ben)
    chat.remove_member(ada, room, ben)
    assert Client().get(of_schedule).status_code == 404
    assert read_calendar(Client().get(of_own).content) == []
    User.objects.filter(pk=ben.pk).update(is_active=False)
    assert Client().get(of_own).status_code == 404


def test_only_members_make_an_address_of_a_schedule(schedule: Schedule, cleo: User) -> None:
    assert as_(cleo).post("/oncall/feeds/", {"do": "create", "schedule": schedule.pk}).status_code == 404
    assert not Feed.objects.exists()


def test_the_token_signs_nobody_in_and_changes_nothing(schedule: Schedule, ada: User) -> None:
    client, address = Client(), make_address(ada, schedule=schedule.pk)
    assert client.get(address).status_code == 200
    assert not client.cookies
    assert client.get(f"/oncall/{schedule.pk}/").status_code == 302
    assert client.post(address).status_code in {403, 405}


def test_the_token_is_stored_as_a_digest_and_masked_in_logs(schedule: Schedule, ada: User) -> None:
    address = make_address(ada)
    token = address.removeprefix("/api/oncall/").removesuffix(".ics")
    assert token.startswith("myweb_oncall_")
    assert token not in str(list(Feed.objects.values()))
    assert token not in mask_tokens(f'GET {address} "{token}"')
    assert "secret" not in mask_tokens("GET /api/oncall/secret.ics")
    nginx = (ROOT / "deploy/nginx/myweb.conf.template").read_text(encoding="utf-8")
    assert '"~^/api/oncall/."' in nginx
    assert nginx.count("|oncall|wall") == 2


def test_no_log_has_the_token_of_a_calendar(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    assert client.get("/api/oncall/myweb_oncall_guess.ics").status_code == 404
    assert "myweb_oncall_guess" not in caplog.text


def test_guessing_is_slowed_down(ada: User) -> None:
    statuses = [Client().get("/api/oncall/myweb_oncall_guess.ics").status_code for _attempt in range(200)]
    assert set(statuses) == {404, 429}


def test_a_line_is_folded_between_characters() -> None:
    line = "SUMMARY:" + "é" * 100
    parts = list(feeds.fold_line(line))
    assert all(len(part.encode()) <= 75 for part in parts)
    assert parts[0] + "".join(part[1:] for part in parts[1:]) == line
