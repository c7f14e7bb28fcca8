"""``/drill``: a false alert goes the whole way, and the report says how long it took and who was not reached."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from chat.models import Message, Room
from chat.slash import run_slash_command
from monitor.alerts import actions, tasks
from monitor.alerts.models import Alert
from monitor.oncall.models import CallAttempt
from monitor.oncall.tasks import make_attempt
from myweb.errors import Refused
from tasks.models import QueuedTask
from tests.support.oncall import make_schedule

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def mail_server(settings: Settings) -> None:
    settings.EMAIL_HOST = "mail.example.com"


def drill(by: User, room: Room) -> Alert:
    run_slash_command(by, room.pk, "client", "/drill")
    return Alert.objects.get()


def attempt_all() -> None:
    for attempt in CallAttempt.objects.all():
        make_attempt.func(attempt.call_id, attempt.method)


def read_report(room: Room) -> list[str]:
    body = Message.objects.filter(room=room, card__isnull=True).order_by("seq").values_list("body", flat=True).last()
    return [line.removeprefix("- ") for line in str(body).splitlines()]


def test_the_report_has_each_part_with_its_time(room: Room, ada: User, ben: User) -> None:
    make_schedule(room, ben)
    alert = drill(ada, room)
    assert alert.title == "Drill: this is not a real alert"
    assert CallAttempt.objects.get().due_at <= timezone.now()  # without the delay of mail
    attempt_all()
    actions.acknowledge_alert(ben, alert.pk)
    assert mail.outbox[0].subject == alert.title
    tasks.report_drill.func(alert.pk)
    head, card, attempt, acknowledged = read_report(room)
    assert head == "The drill is over. What each part took:"
    assert card.startswith("Card in the room: ")
    assert attempt.startswith("Ben, Mail: ")
    assert acknowledged.startswith("Acknowledged by Ben: ")
    alert.refresh_from_db()
    assert alert.ended_at


@pytest.mark.usefixtures("no_redis")  # so nobody counts as offline
def test_the_report_says_who_was_not_reached(room: Room, ada: User, ben: User, settings: Settings) -> None:
    settings.EMAIL_HOST = ""
    make_schedule(room, ben)
    make_schedule(room, name="Empty")
    tasks.report_drill.func(drill(ada, room).pk)
    assert read_report(room)[2:] == [
        "Ben: mentioned in the room only, no method is set up",
        "Not reached: nobody is on call for Empty",
        "Nobody has acknowledged it",
    ]


def test_the_report_waits_for_attempts_but_not_for_ever(room: Room, ada: User, ben: User) -> None:
    make_schedule(room, ben)
    alert = drill(ada, room)
    QueuedTask.objects.all().delete()
    tasks.report_drill.func(alert.pk)
    assert QueuedTask.objects.filter(function__contains="report_drill").count() == 1
    Alert.objects.update(began_at=timezone.now() - timedelta(minutes=4))
    tasks.report_drill.func(alert.pk)
    assert "Ben, Mail: not sent in time. Does a worker run?" in read_report(room)


def test_only_admins_drill_where_a_schedule_is_and_one_at_a_time(room: Room, ada: User, ben: User) -> None:
    with pytest.raises(Refused, match="no schedule"):
        drill(ada, room)
    make_schedule(room, ben)
    with pytest.raises(Refused, match="Only admins"):
        drill(ben, room)
    assert not Alert.objects.exists()
    drill(ada, room)
    with pytest.raises(Refused, match="A drill is running"):
        drill(ada, room)
