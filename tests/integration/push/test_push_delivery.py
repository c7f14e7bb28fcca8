"""Push messages go to a real HTTP server, and a browser decrypts them there."""

import threading
import time
from datetime import timedelta
from urllib.parse import urlsplit

import msgspec
import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts import services as accounts
from accounts.models import Session, User
from push import http_client, sender
from push.models import Content, PushDevice, PushKey, PushMessage
from push.protocol import PushPayload
from push.services import send_push, set_content
from push.tasks import delete_ended_devices, send_push_messages
from tasks.models import QueuedTask
from tests.integration.push.conftest import Add
from tests.support.cast import as_, make_person
from tests.support.push_service import Browser, PushService, read_token, serve_push, to_text

pytestmark = pytest.mark.django_db(transaction=True)


def payload(tag: str = "note.5", body: str = "disk of <db-1> is full", **more: object) -> PushPayload:
    return PushPayload(tag=tag, title="operations", body=body, path="/rooms/5/?at=7", **more)  # type: ignore[arg-type]


def deliver() -> None:
    """As the worker does: the task is its own now."""
    QueuedTask.objects.all().delete()
    send_push_messages.func()


def make_due() -> None:
    PushMessage.objects.update(due_at=Now())


def test_the_words_arrive_once_on_every_device_of_those_who_are_named(
    service: PushService, add_device: Add, ada: User, ben: User
) -> None:
    phone, laptop, other = (service.browser(name) for name in ("phone", "laptop", "other"))
    add_device(ben, phone)
    add_device(ben, laptop)
    add_device(ada, other)
    assert send_push([ben.pk, ben.pk], payload(badge=3)) == 2
    deliver()
    for browser in (phone, laptop):
        (message,) = browser.messages
        assert message.pop("id")
        assert message == {
            "tag": "note.5",
            "title": "operations",
            "body": "disk of <db-1> is full",
            "path": "/rooms/5/?at=7",
            "badge": 3,
        }
    assert other.messages == []
    deliver()
    assert len(service.received) == 2
    assert not PushMessage.objects.exists()


def test_the_request_is_as_the_rfcs_say(service: PushService, add_device: Add, ben: User, settings: Settings) -> None:
    settings.ORIGINS = ["https://chat.harbour.dev"]
    phone, laptop = service.browser("phone"), service.browser("laptop")
    add_device(ben, phone)
    add_device(ben, laptop)
    send_push([ben.pk], payload(urgent=True))
    deliver()
    (request,) = phone.requests
    claims, key = read_token(request.headers["authorization"])
    assert (claims["aud"], claims["sub"]) == (service.origin, "https://chat.harbour.dev")
    assert time.time() < claims["exp"] <= time.time() + 24 * 3600
    assert key == PushKey.objects.get().public
    assert request.headers["content-encoding"] == "aes128gcm"
    assert request.headers["urgency"] == "high"
    assert 86_000 < int(request.headers["ttl"]) <= 86_400
    assert request.headers["host"] == urlsplit(service.origin).netloc
    topic = request.headers["topic"]
    assert len(topic) == 32
    assert laptop.requests[0].headers["topic"] != topic, "the service could tell who shares a room"
    send_push([ben.pk], payload(body="again"))
    send_push([ben.pk], payload(tag="note.6"))
    deliver()
    assert [received.headers["topic"] == topic for received in phone.requests] in (
        [True, True, False],
        [True, False, True],
    )
    assert phone.requests[-1].headers["urgency"] == "normal"


def test_nothing_is_sent_of_a_transaction_that_fails(service: PushService, add_device: Add, ben: User) -> None:
    phone = service.browser("phone")
    add_device(ben, phone)
    with transaction.atomic():
        send_push([ben.pk], payload())
        transaction.set_rollback(True)
    assert not QueuedTask.objects.exists()
    deliver()
    assert phone.messages == []


def test_of_several_messages_of_a_room_that_wait_only_the_newest_is_sent(
    service: PushService, add_device: Add, ben: User
) -> None:
    phone = service.browser("phone")
    add_device(ben, phone)
    for body in ("one", "two", "three"):
        send_push([ben.pk], payload(body=body))
    send_push([ben.pk], payload(tag="note.6", body="four"))
    deliver()
    assert sorted(message["body"] for message in phone.messages) == ["four", "three"]


def test_a_device_may_show_only_where_it_was_written(service: PushService, add_device: Add, ben: User) -> None:
    phone, laptop = service.browser("phone"), service.browser("laptop")
    set_content(add_device(ben, phone), Content.PLACE)
    add_device(ben, laptop)
    send_push([ben.pk], payload())
    assert PushMessage.objects.get(device__endpoint=phone.endpoint).payload["body"] == "New message"
    deliver()
    assert [(message["title"], message["body"]) for message in phone.messages] == [("operations", "New message")]
    assert laptop.messages[0]["body"] == "disk of <db-1> is full"


def test_the_language_is_that_of_the_device(service: PushService, add_device: Add, ben: User) -> None:
    phone, client = service.browser("phone"), as_(ben)
    client.cookies["django_language"] = "zh-hans"
    set_content(add_device(ben, phone, client), Content.PLACE)
    send_push([ben.pk], payload())
    deliver()
    assert phone.messages[0]["body"] == "新消息"


def test_the_longest_texts_fit(service: PushService, add_device: Add, ben: User) -> None:
    phone = service.browser("phone")
    add_device(ben, phone)
    long = PushPayload(tag="t" * 64, title="🚢" * 1_000, body="\x01" * 100_000, path="/" + "p" * 499, badge=99)
    send_push([ben.pk], long)
    deliver()
    (message,) = phone.messages
    assert message["title"] == "🚢" * 99 + "…"
    assert len(service.received[0].body) <= 4096


@pytest.mark.parametrize(
    "wrong", [{"path": "//evil.example/"}, {"path": "https://evil.example/"}, {"tag": ""}, {"tag": "t" * 65}]
)
def test_what_no_page_could_open_is_refused(
    wrong: dict[str, str], add_device: Add, service: PushService, ben: User
) -> None:
    add_device(ben, service.browser("phone"))
    message = msgspec.structs.replace(payload(), **wrong)
    with pytest.raises(ValueError, match="push message"):
        send_push([ben.pk], message)


def test_signing_out_ends_the_device(service: PushService, add_device: Add, ben: User) -> None:
    phone, client = service.browser("phone"), as_(ben)
    add_device(ben, phone, client)
    send_push([ben.pk], payload())
    client.post("/accounts/logout/")
    assert not PushDevice.objects.exists()
    assert send_push([ben.pk], payload()) == 0
    deliver()
    assert phone.messages == []


@pytest.mark.parametrize("end", ["expiry", "sign_out_elsewhere", "deactivated", "password"])
def test_a_device_ends_with_its_session(end: str, service: PushService, add_device: Add, ada: User, ben: User) -> None:
    """Whether it ends before the message or while it waits."""
    phone = service.browser("phone")
    add_device(ben, phone)
    send_push([ben.pk], payload())
    if end == "expiry":
        Session.objects.update(expire_date=timezone.now())
    elif end == "sign_out_elsewhere":
        as_(ben).post("/profile/sign-out-elsewhere/")
    elif end == "deactivated":
        accounts.set_active(ada, ben, False)
    else:
        ben.set_password("another horse battery")
        ben.save()
    send_push([ben.pk], payload())
    deliver()
    assert phone.messages == []
    assert not PushDevice.objects.exists()


@pytest.mark.parametrize("end", ["expiry", "sign_out_elsewhere", "deactivated"])
def test_a_device_that_gets_no_message_any_more_is_deleted_at_night(
    end: str, service: PushService, add_device: Add, ada: User, ben: User
) -> None:
    device = add_device(ben, service.browser("phone"))
    kept = add_device(ada, service.browser("other"))
    if end == "expiry":
        Session.objects.filter(user=ben).update(expire_date=timezone.now())
    elif end == "sign_out_elsewhere":
        as_(ben).post("/profile/sign-out-elsewhere/")
    else:
        accounts.set_active(ada, ben, False)
    assert send_push([ben.pk], payload()) == (1 if end == "sign_out_elsewhere" else 0)
    delete_ended_devices.func()
    assert list(PushDevice.objects.all()) == [kept]
    assert not PushMessage.objects.filter(device=device.pk).exists()


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_is_gone_is_removed_at_once(
    status: int, service: PushService, add_device: Add, ben: User
) -> None:
    phone = service.browser("phone")
    add_device(ben, phone)
    service.statuses[phone.path] = status
    send_push([ben.pk], payload())
    deliver()
    assert not PushDevice.objects.exists()
    assert not PushMessage.objects.exists()


def test_a_device_that_never_got_a_message_is_dropped_after_five_refusals(
    service: PushService, add_device: Add, ben: User
) -> None:
    phone = service.browser("phone")
    add_device(ben, phone)
    service.statuses[phone.path] = 403
    for time_ in range(1, 6):
        send_push([ben.pk], payload())
        deliver()
        assert not PushMessage.objects.exists(), "to try again is no use"
        assert PushDevice.objects.count() == (1 if time_ < 5 else 0)


def test_a_device_that_has_worked_is_kept_and_says_what_is_wrong(
    service: PushService, add_device: Add, ben: User
) -> None:
    phone = service.browser("phone")
    add_device(ben, phone)
    send_push([ben.pk], payload())
    deliver()
    service.statuses[phone.path] = 401
    for _time in range(6):
        send_push([ben.pk], payload())
        deliver()
    device = PushDevice.objects.get()
    assert (device.failures, device.problem) == (6, f"{service.origin}: HTTP 401")
    service.statuses.clear()
    send_push([ben.pk], payload())
    deliver()
    device.refresh_from_db()
    assert (device.failures, device.problem) == (0, "")
    assert device.last_success


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_service_that_is_down_gets_the_message_later(
    status: int, service: PushService, add_device: Add, ben: User
) -> None:
    phone = service.browser("phone")
    add_device(ben, phone)
    service.statuses[phone.path] = status
    send_push([ben.pk], payload())
    deliver()
    waiting = PushMessage.objects.get()
    assert waiting.tries == 1
    assert timedelta(seconds=5) < waiting.due_at - timezone.now() <= timedelta(seconds=10)
    task = QueuedTask.objects.get()
    assert abs(task.run_at - waiting.due_at) < timedelta(seconds=1), "a worker looks again then"
    deliver()
    assert len(service.received) == 1, "not before its time"
    service.statuses.clear()
    make_due()
    deliver()
    assert len(phone.messages) == 2
    assert len({message["id"] for message in phone.messages}) == 1, "the worker of the browser knows a repetition"
    assert not PushMessage.objects.exists()


def test_a_service_may_ask_for_a_longer_pause_but_not_for_ever(
    service: PushService, add_device: Add, ben: User
) -> None:
    phone = service.browser("phone")
    add_device(ben, phone)
    service.statuses[phone.path] = 429
    for wish, pause in (("120", 120), ("999999999", 3600), ("-5", 120), ("soon", 600)):
        service.response_headers["Retry-After"] = wish
        send_push([ben.pk], payload()) if wish == "120" else make_due()
        deliver()
        left = (PushMessage.objects.get().due_at - timezone.now()).total_seconds()
        assert pause - 5 < left <= pause, wish


def test_what_has_expired_is_not_sent(service: PushService, add_device: Add, ben: User) -> None:
    phone = service.browser("phone")
    add_device(ben, phone)
    send_push([ben.pk], payload())
    PushMessage.objects.update(expires_at=timezone.now())
    deliver()
    assert phone.messages == []
    assert not PushMessage.objects.exists()


def test_redirects_are_not_followed_and_long_answers_not_read(service: PushService, add_device: Add, ben: User) -> None:
    phone, other = service.browser("phone"), service.browser("other")
    add_device(ben, phone)
    service.statuses[phone.path] = 307
    service.response_headers["Location"] = other.endpoint
    service.response_body, service.promised_size = b"x" * 10_000, 1_000_000
    send_push([ben.pk], payload())
    deliver()
    assert [received.path for received in service.received] == [phone.path]
    assert PushDevice.objects.get().problem.endswith("HTTP 307")


@pytest.mark.any_database
def test_a_service_that_hangs_delays_no_other(
    service: PushService, add_device: Add, ben: User, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_client, "TOTAL_TIMEOUT", 3.0)
    monkeypatch.setattr(sender, "MAX_PER_SERVICE", 2)
    monkeypatch.setattr(sender, "MAX_IN_FLIGHT", 4)
    phone = service.browser("phone")
    add_device(ada, phone)
    with serve_push() as hanging:
        hanging.hangs.set()
        dead = [hanging.browser(f"dead{number}") for number in range(6)]
        add_many(ben, dead)
        send_push([ben.pk], payload(urgent=True))
        send_push([ada.pk], payload())
        deliver()
        assert phone.requests[0].at < hanging.received[2].at, "the first two took all places of their service"
        assert len(hanging.received) == len(dead), "the others got their turn when the first had failed"
    assert PushMessage.objects.filter(tries=1).count() == len(dead)
    assert PushDevice.objects.filter(problem__endswith="no response within 3 s").count() == len(dead)


def add_many(user: User, browsers: list[Browser]) -> None:
    session = as_(user).session.session_key or ""
    key = PushKey.objects.get().public
    PushDevice.objects.bulk_create(
        PushDevice(
            user=user,
            session_id=session,
            endpoint=browser.endpoint,
            service=browser.service.origin,
            p256dh=browser.p256dh,
            auth=to_text(browser.auth),
            key=key,
            name="Browser",
            language="en",
        )
        for browser in browsers
    )


def test_a_message_that_comes_while_another_is_sent_is_taken_along(
    service: PushService, add_device: Add, ben: User
) -> None:
    """The worker calls the task in another thread: that one returns at once."""
    phone = service.browser("phone")
    add_device(ben, phone)

    def send_another() -> None:
        service.before = lambda: None

        def work() -> None:
            send_push([ben.pk], payload(body="two"))
            deliver()
            connection.close()

        thread = threading.Thread(target=work)
        thread.start()
        thread.join(20)
        assert not thread.is_alive()

    service.before = send_another
    send_push([ben.pk], payload(body="one"))
    deliver()
    assert [message["body"] for message in phone.messages] == ["one", "two"]
    assert not PushMessage.objects.exists()


def test_a_run_that_has_taken_long_hands_over(
    service: PushService, add_device: Add, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = service.browser("phone")
    add_device(ben, phone)
    monkeypatch.setattr(sender, "MAX_RUN", 0.0)
    send_push([ben.pk], payload())
    deliver()
    assert QueuedTask.objects.count() == 1
    assert phone.messages == []
    monkeypatch.undo()
    deliver()
    assert len(phone.messages) == 1


def test_a_mention_of_500_people_is_sent_to_each_once(
    service: PushService, add_device: Add, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In how many seconds is for bin/bench: here the receiver is in the same process."""
    monkeypatch.setattr(http_client, "TOTAL_TIMEOUT", 60.0)  # what takes longer is sent again
    add_device(ada, service.browser("ada"))
    people = [make_person(f"Person{number}") for number in range(500)]
    for number, person in enumerate(people):
        add_many(person, [service.browser(f"phone{number}")])
    assert send_push([person.pk for person in people], payload()) == 500
    while PushMessage.objects.exists():
        deliver()
    assert sorted(received.path for received in service.received) == sorted(f"/send/phone{n}" for n in range(500))


def test_requests_share_connections(service: PushService, add_device: Add, ada: User, ben: User) -> None:
    add_device(ben, service.browser("phone"))
    for number in range(5):
        send_push([ben.pk], payload(f"note.{number}"))
        deliver()
    assert (len(service.received), service.connections) == (5, 1)


def test_a_result_is_stored_while_a_newer_message_is_being_written(
    service: PushService, add_device: Add, ben: User
) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("a transaction that writes has the database for itself")
    add_device(ben, service.browser("phone"))
    send_push([ben.pk], payload())
    send_push([ben.pk], payload("note.6"))
    sent = [sender.Delivery(message, http_client.PushResponse(201)) for message in sender.claim_messages({})]

    def store() -> None:
        try:
            sender.store_deliveries(sent)
        finally:
            connection.close()

    with transaction.atomic():
        send_push([ben.pk], payload(body="newer"))
        thread = threading.Thread(target=store)
        thread.start()
        thread.join(10)
        assert not thread.is_alive(), "it waits for the lock, and could be waited for"
    assert [message.payload["body"] for message in PushMessage.objects.all()] == ["newer"]
