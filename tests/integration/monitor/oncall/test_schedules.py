"""Schedules: who sees and changes them, shifts taken and offered, gaps."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone, translation

from accounts.models import User
from chat import services as chat
from chat.member_search import list_role_mentions
from chat.message_services import send_message
from chat.models import Message, Room
from chat.slash import run_slash_command
from monitor.oncall import announcements, services, timetable
from monitor.oncall.models import Override, Schedule, ShiftOffer
from monitor.oncall.views import build_calendar
from myweb.errors import NotFound, Refused
from tests.support.cast import as_
from tests.support.oncall import make_schedule

pytestmark = pytest.mark.django_db


@pytest.fixture
def schedule(room: Room, ada: User, ben: User) -> Schedule:
    """A week each; Ada is on call now, Ben next."""
    return make_schedule(room, ada, ben)


def filled(room: Room, **more: Any) -> dict[str, Any]:
    form: dict[str, Any] = {"name": "Primary", "room": room.pk, "people": "@ada.lovelace @ben", "weekdays": ["0", "3"]}
    return form | {"at": "09:30", "length": "1", "zone": "Asia/Shanghai"} | more


def said(room: Room) -> list[str]:
    return list(Message.objects.filter(room=room, card__isnull=True).order_by("seq").values_list("body", flat=True))


def cards(room: Room) -> list[dict[str, Any]]:
    return [message.card or {} for message in Message.objects.filter(room=room, card__isnull=False).order_by("seq")]


def test_members_of_the_room_see_a_schedule_and_others_do_not(schedule: Schedule, ben: User, cleo: User) -> None:
    assert "Primary" in as_(ben).get("/oncall/").content.decode()
    page = as_(ben).get(f"/oncall/{schedule.pk}/").content.decode()
    assert "On call now" in page
    assert "Take over" in page
    assert "New override" not in page
    assert "Primary" not in as_(cleo).get("/oncall/").content.decode()
    assert as_(cleo).get(f"/oncall/{schedule.pk}/").status_code == 404


def test_only_admins_make_change_and_remove_schedules(room: Room, ada: User, ben: User) -> None:
    assert as_(ben).post("/oncall/new/", filled(room)).status_code == 404
    as_(ada).post("/oncall/new/", filled(room))
    schedule = Schedule.objects.get()
    assert (schedule.people, schedule.weekdays, schedule.zone) == ([ada.pk, ben.pk], [0, 3], "Asia/Shanghai")
    assert (schedule.at, schedule.made_by) == (time(9, 30), ada)
    assert as_(ben).post(f"/oncall/{schedule.pk}/edit/", filled(room, name="Mine")).status_code == 404
    as_(ben).post(f"/oncall/{schedule.pk}/remove/")
    as_(ben).post(f"/oncall/{schedule.pk}/", {"user": ben.pk, "begins": "2026-01-01T00:00", "ends": "2090-01-01T00:00"})
    assert Schedule.objects.filter(name="Primary").count() == 1
    assert not Override.objects.exists()
    as_(ada).post(f"/oncall/{schedule.pk}/remove/")
    assert not Schedule.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("people", "@ben @nobody", "No member of this room has the handle @nobody."),
        ("zone", "Berlin", "Enter a time zone such as"),
        ("weekdays", [], "This field is required."),
        ("length", "0", "greater than or equal to 1"),
        ("at", "25:00", "Enter a valid time."),
    ],
)
def test_the_form_says_what_is_wrong_and_keeps_the_rest(
    room: Room, ada: User, ben: User, field: str, value: Any, problem: str
) -> None:
    page = as_(ada).post("/oncall/new/", filled(room, **{field: value})).content.decode()
    assert problem in page
    assert 'value="Primary"' in page
    assert not Schedule.objects.exists()


def test_the_person_on_call_stays_when_the_turns_change(schedule: Schedule, room: Room, ada: User, ben: User) -> None:
    now = timezone.now()
    Override.objects.create(schedule=schedule, user=ben, begins=now - timedelta(hours=1), ends=now + timedelta(hours=1))
    as_(ada).post(f"/oncall/{schedule.pk}/edit/", filled(room, weekdays=[str(day) for day in range(7)]))
    schedule.refresh_from_db()
    Override.objects.all().delete()
    assert timetable.find_user_on_call(schedule, now) == ben


def test_a_member_takes_over_what_remains_of_a_shift(schedule: Schedule, room: Room, ben: User) -> None:
    as_(ben).post(f"/oncall/{schedule.pk}/shift/", {"do": "take"})
    override = Override.objects.get()
    assert override.user == ben
    assert timetable.find_user_on_call(schedule, timezone.now()) == ben
    assert said(room)[0].startswith("@ben takes over from @ada.lovelace until ")


def test_the_next_shift_is_taken_as_a_whole(schedule: Schedule, ada: User) -> None:
    following = timetable.find_shift(schedule, timezone.now()).ends
    as_(ada).post(f"/oncall/{schedule.pk}/shift/", {"do": "take", "at": int(following.timestamp())})
    override = Override.objects.get()
    assert (override.user, override.begins, override.ends - override.begins) == (ada, following, timedelta(days=7))


def test_who_is_not_in_the_room_takes_nothing(schedule: Schedule, cleo: User) -> None:
    assert as_(cleo).post(f"/oncall/{schedule.pk}/shift/", {"do": "take"}).status_code == 404
    with pytest.raises(Refused, match="Only members of the room"):
        services.take_over(cleo, schedule, timezone.now())
    assert not Override.objects.exists()


def test_an_override_is_removed_by_its_author_or_an_admin(schedule: Schedule, room: Room, ada: User, ben: User) -> None:
    now = timezone.now()
    override = services.add_override(ada, schedule, ben, now, now + timedelta(hours=8))
    as_(ben).post(f"/oncall/overrides/{override.pk}/remove/", {"schedule": schedule.pk})
    assert Override.objects.exists()
    as_(ada).post(f"/oncall/overrides/{override.pk}/remove/", {"schedule": schedule.pk})
    assert not Override.objects.exists()
    assert said(room)[-1] == "On call again for Primary: @ada.lovelace."


def test_override_times_are_in_the_zone_of_the_schedule(schedule: Schedule, ada: User, ben: User) -> None:
    form = {"user": ben.pk, "begins": "2090-07-01T08:00", "ends": "2090-07-01T20:00"}
    assert as_(ada).post(f"/oncall/{schedule.pk}/", form).status_code == 302
    assert Override.objects.get().begins == datetime(2090, 7, 1, 6, tzinfo=UTC)
    page = as_(ada).post(f"/oncall/{schedule.pk}/", form | {"ends": "2090-07-01T07:00"}).content.decode()
    assert "The end must be after the start." in page


def test_the_first_who_takes_an_offered_shift_has_it(
    schedule: Schedule, room: Room, ada: User, ben: User, dora: User
) -> None:
    chat.add_members(ada, room, [dora])
    as_(ada).post(f"/oncall/{schedule.pk}/shift/", {"do": "offer"})
    offer = ShiftOffer.objects.get()
    assert cards(room)[0] | {"kind": "shift_offer", "offer": offer.pk, "by": ada.pk} == cards(room)[0]
    with pytest.raises(Refused, match="your own shift"):
        services.take_offered_shift(ada, offer.pk)
    services.take_offered_shift(ben, offer.pk)
    services.take_offered_shift(ben, offer.pk)  # sent again after a lost answer
    with pytest.raises(Refused, match="not on offer any more"):
        services.take_offered_shift(dora, offer.pk)
    assert timetable.find_user_on_call(schedule, timezone.now()) == ben
    assert (cards(room)[0]["taker"], cards(room)[0]["closed"]) == ("Ben", True)
    assert Override.objects.count() == 1


def test_only_own_shifts_are_offered_and_only_once(schedule: Schedule, ada: User, ben: User) -> None:
    with pytest.raises(Refused, match="shifts of your own"):
        services.offer_shift(ben, schedule, timezone.now())
    offer = services.offer_shift(ada, schedule, timezone.now())
    with pytest.raises(Refused, match="offered this shift already"):
        services.offer_shift(ada, schedule, timezone.now())
    with pytest.raises(Refused, match="Only admins and the user"):
        services.withdraw_offer(ben, offer.pk)
    services.withdraw_offer(ada, offer.pk)
    with pytest.raises(Refused, match="not on offer"):
        services.take_offered_shift(ben, offer.pk)


def test_strangers_neither_see_nor_take_an_offer(schedule: Schedule, ada: User, cleo: User) -> None:
    offer = services.offer_shift(ada, schedule, timezone.now())
    for act in (services.take_offered_shift, services.withdraw_offer):
        with pytest.raises(NotFound):
            act(cleo, offer.pk)


def test_a_gap_of_the_next_30_days_is_warned_of(schedule: Schedule, ada: User, ben: User) -> None:
    assert "is deactivated" not in as_(ada).get("/oncall/").content.decode()
    User.objects.filter(pk=ben.pk).update(is_active=False)
    for path in ("/oncall/", f"/oncall/{schedule.pk}/"):
        assert "Ben is deactivated, and on call from" in as_(ada).get(path).content.decode()
    Schedule.objects.update(people=[])
    assert "nobody is on call from" in as_(ada).get("/oncall/").content.decode()


def test_a_hand_over_is_announced_ten_minutes_before_and_when_it_happens(schedule: Schedule, room: Room) -> None:
    following = timetable.find_shift(schedule, timezone.now()).ends
    Schedule.objects.update(announced_until=following - timedelta(minutes=20))
    for minutes in (-15, -10, -9, -5, 0, 1, 2):
        announcements.announce_due_shifts(following + timedelta(minutes=minutes))
    assert [text.partition(" from ")[0].partition(", ")[0] for text in said(room)] == [
        "@ben is on call for Primary",
        "@ben is on call for Primary now",
    ]


def test_a_worker_that_was_away_announces_late_but_nothing_old(schedule: Schedule, room: Room) -> None:
    following = timetable.find_shift(schedule, timezone.now()).ends
    Schedule.objects.update(announced_until=following - timedelta(days=3))
    announcements.announce_due_shifts(following + timedelta(minutes=30))
    assert len(said(room)) == 1
    Schedule.objects.update(announced_until=following - timedelta(days=3))
    announcements.announce_due_shifts(following + timedelta(hours=2))
    assert len(said(room)) == 1


def test_oncall_mentions_who_is_on_call_when_the_message_is_sent(
    schedule: Schedule, room: Room, ada: User, ben: User, cleo: User
) -> None:
    make_schedule(room, ben, name="Second")
    make_schedule(room, cleo, name="Third")  # not a member of the room
    sent = send_message(ben, room.pk, str(uuid4()), "@oncall please look")
    message = Message.objects.get(pk=sent.message)
    assert {mention.user for mention in message.mentions.all()} == {ada, ben}
    assert "@Ada Lovelace</a>" in message.html
    assert message.html.count('class="mention"') == 2
    (role,) = list_role_mentions(ben.pk, room.pk).roles
    assert (role.word, role.label, sorted(role.users)) == ("oncall", "On call", [ada.pk, ben.pk])
    with pytest.raises(NotFound):
        list_role_mentions(cleo.pk, room.pk)
    Schedule.objects.all().delete()
    assert list_role_mentions(ben.pk, room.pk).roles == []
    unresolved = Message.objects.get(pk=send_message(ben, room.pk, str(uuid4()), "@oncall?").message)
    assert not unresolved.mentions.exists()
    assert "@oncall?" in unresolved.html
    assert "@Ada Lovelace</a>" in Message.objects.get(pk=sent.message).html


def test_the_slash_command_tells_who_is_on_call(schedule: Schedule, room: Room, ben: User, cleo: User) -> None:
    make_schedule(room, name="Empty")
    first, second = run_slash_command(ben, room.pk, "client", "/oncall").splitlines()
    assert first.startswith("Empty: Nobody, until ")
    assert second.startswith("Primary: Ada Lovelace, until ")


def test_the_calendar_shows_every_day_of_four_weeks_with_its_people(schedule: Schedule, ada: User) -> None:
    page = as_(ada).get(f"/oncall/{schedule.pk}/").content.decode()
    assert page.count("<td ") + page.count("<td>") == 28
    assert page.count('aria-current="date"') == 1


@pytest.mark.parametrize(("language", "first"), [("en", "1 Dec"), ("zh-hans", "12月1日")])
def test_the_calendar_names_a_month_where_it_begins(language: str, first: str, schedule: Schedule) -> None:
    schedule.zone = "UTC"
    with translation.override(language):
        weeks = build_calendar(schedule, datetime(2026, 11, 25, 12, tzinfo=UTC))
    labels = [day.label for week in weeks for day in week]
    assert labels[1:10] == ["24", "25", "26", "27", "28", "29", "30", first, "2"]
