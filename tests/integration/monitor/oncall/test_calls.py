"""Calls: each method after its time, until somebody acts; and how users set them."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import Session, User
from monitor.oncall import calls, delivery, tasks
from monitor.oncall.models import Call, CallAttempt, ContactSettings, Method
from myweb.encryption import decrypt_secret
from push.models import PushDevice, PushMessage
from tasks.models import QueuedTask
from tests.support.cast import as_

pytestmark = pytest.mark.django_db

MAIL_FAILED = "The mail server is unreachable or rejected the mail (ConnectionRefusedError)."
ALERT = ("alert.7", "Disk full", "The disk of db1 is full.", "/alerts/7/")


@pytest.fixture(autouse=True)
def mail_server(settings: Settings) -> None:
    settings.EMAIL_HOST = "mail.example.com"


@pytest.fixture
def device(ben: User) -> PushDevice:
    """Ben's, which gets push messages."""
    session = Session.objects.get(session_key=as_(ben).session.session_key)
    names = {"endpoint": "https://push.example.com/ben", "service": "https://push.example.com", "name": "Phone"}
    return PushDevice.objects.create(user=ben, session=session, language="en", **names)


def read_push() -> dict[str, Any]:
    """What waits for the push service; a newer message of the same alert takes its place."""
    message = PushMessage.objects.get()
    return {"user": message.device.user_id, "urgent": message.is_urgent, **message.payload}


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch, ben: User) -> list[str]:
    """What went to Ben's address."""
    sent: list[str] = []

    def send(address: str, title: str, *rest: object) -> str:
        sent.append(f"{address} {title}")
        return ""

    monkeypatch.setattr(delivery, "send_by_apprise", send)
    return sent


def fill(**more: Any) -> dict[str, Any]:
    return {"uses_mail": "on", "mail_after": "2", "address": "", "address_after": "5"} | more


def run_due(minutes: float) -> list[str]:
    """Runs the tasks that are due then, as the worker does. Returns their methods."""
    then, done = timezone.now() + timedelta(minutes=minutes), []
    for task in QueuedTask.objects.filter(function__contains="make_attempt", run_at__lte=then).order_by("run_at"):
        done.append(task.arguments["args"][1])
        tasks.make_attempt.func(*task.arguments["args"])
        task.delete()
    return done


def test_methods_follow_each_other_by_their_minutes(ben: User, device: PushDevice, addresses: list[str]) -> None:
    as_(ben).post("/oncall/contact/", fill(address="ntfys://ntfy.sh/ben"))
    calls.call_user(ben, *ALERT)
    assert run_due(0.1) == ["push"]
    assert run_due(1.9) == []
    assert run_due(2.1) == ["mail"]
    assert run_due(5.1) == ["address"]
    push = read_push()
    assert (push["user"], push["title"], push["tag"], push["urgent"]) == (
        ben.pk,
        "Disk full",
        "alert.7",
        True,
    )
    (message,) = mail.outbox
    assert (message.subject, message.to) == ("Disk full", [ben.email])
    assert "/alerts/7/" in str(message.body)
    assert addresses == ["ntfys://ntfy.sh/ben Disk full"]
    assert CallAttempt.objects.filter(sent_at=None).count() == 0


def test_what_is_due_after_the_end_of_a_call_is_not_sent(ben: User, ada: User, device: PushDevice) -> None:
    calls.call_user(ben, *ALERT)
    calls.call_user(ada, "alert.8", "Other", "", "/alerts/8/")
    run_due(0.1)
    calls.end_calls("alert.7", "Disk full", "Acknowledged by Ada.")
    push = read_push()
    assert push | {"user": ben.pk, "body": "Acknowledged by Ada.", "tag": "alert.7", "urgent": False} == push
    run_due(9)
    assert [message.to for message in mail.outbox] == [[ada.email]]
    calls.end_calls("alert.7", "Disk full", "Resolved after 12 min.")
    assert read_push()["body"] == "Resolved after 12 min."


def test_a_task_that_runs_again_sends_nothing_twice(ben: User) -> None:
    call = calls.call_user(ben, *ALERT)
    for _run in range(3):
        tasks.make_attempt.func(call.pk, "mail")
    assert len(mail.outbox) == 1


def test_a_method_that_fails_is_tried_again_and_keeps_its_reason(ben: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> None:
        raise ConnectionRefusedError

    call = calls.call_user(ben, *ALERT)
    with monkeypatch.context() as patched:
        patched.setattr(delivery, "send_mail", fail)
        with pytest.raises(tasks.CallFailed, match="ConnectionRefusedError"):
            tasks.make_attempt.func(call.pk, "mail")
    attempt = CallAttempt.objects.get()
    assert (attempt.sent_at, str(attempt.problem)) == (None, MAIL_FAILED)
    tasks.make_attempt.func(call.pk, "mail")
    attempt.refresh_from_db()
    assert attempt.sent_at
    assert not attempt.problem


def test_a_second_call_of_a_cause_replaces_the_first(ben: User) -> None:
    first, second = calls.call_user(ben, *ALERT), calls.call_user(ben, *ALERT)
    run_due(3)
    assert len(mail.outbox) == 1
    assert list(Call.objects.filter(ended_at=None)) == [second]
    assert not CallAttempt.objects.get(call=first).sent_at


def test_nothing_is_called_if_the_transaction_of_the_cause_fails(ben: User) -> None:
    with transaction.atomic():
        calls.call_user(ben, *ALERT)
        transaction.set_rollback(True)
    assert not QueuedTask.objects.exists()
    assert not Call.objects.exists()


def test_deactivated_users_are_not_called(ben: User) -> None:
    calls.call_user(ben, *ALERT)
    User.objects.update(is_active=False)
    run_due(9)
    assert mail.outbox == []


def test_an_address_is_encrypted_never_shown_and_can_be_forgotten(ben: User) -> None:
    browser = as_(ben)
    browser.post("/oncall/contact/", fill(address="ntfys://secret-topic"))
    contact = ContactSettings.objects.get(user=ben)
    assert decrypt_secret(contact.sealed) == "ntfys://secret-topic"
    page = browser.get("/oncall/contact/").content.decode()
    assert "secret-topic" not in page
    assert "One is stored." in page
    browser.post("/oncall/contact/", fill(mail_after="7"))
    contact.refresh_from_db()
    assert (bool(contact.sealed), contact.mail_after) == (True, 7)
    browser.post("/oncall/contact/", fill(uses_mail="", forgets_address="on"))
    contact.refresh_from_db()
    assert (contact.sealed, contact.mail_after) == ("", None)


@pytest.mark.parametrize(
    "address",
    ["mailto://ben:word@example.com?smtp=127.0.0.1", "json://127.0.0.1/", "syslog://", "dbus://", "nonsense"],
)
def test_members_may_use_only_some_services(ben: User, address: str) -> None:
    page = as_(ben).post("/oncall/contact/", fill(address=address)).content.decode()
    assert "This service is not allowed here." in page
    assert not ContactSettings.objects.exists()


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "169.254.169.254", "10.0.0.5", "localhost"])
def test_an_address_of_a_member_never_leads_inside(ben: User, host: str, settings: Settings) -> None:
    settings.PROBE_PRIVATE = False
    as_(ben).post("/oncall/contact/", fill(address=f"ntfy://{host}:8080/topic"))
    page = as_(ben).post("/oncall/contact/test/", {"method": "address"}, follow=True).content.decode()
    assert "This address is blocked" in page


def test_each_method_has_a_test(ben: User, device: PushDevice, addresses: list[str]) -> None:
    browser = as_(ben)
    browser.post("/oncall/contact/", fill(address="ntfys://ntfy.sh/ben"))
    for method in Method.values:
        page = browser.post("/oncall/contact/test/", {"method": method}, follow=True).content.decode()
        assert "was accepted" in page
    assert (PushMessage.objects.count(), len(mail.outbox), len(addresses)) == (1, 1, 1)
    assert not Call.objects.exists()


def test_a_test_of_what_is_not_set_says_why(ben: User, settings: Settings) -> None:
    settings.EMAIL_HOST = ""
    for method, problem in {
        "push": "No device of yours receives pushes.",
        "mail": "This site sends no mail.",
        "address": "No address is set.",
    }.items():
        page = as_(ben).post("/oncall/contact/test/", {"method": method}, follow=True).content.decode()
        assert problem in page
    page = as_(ben).get("/oncall/contact/").content.decode()
    assert len(re.findall(r"<button[^>]*disabled", page)) == 3
