"""Devices of a user: added and renewed by the browser, listed, tested, removed, bounded."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from push import services
from push.models import Content, PushDevice, PushKey
from push.protocol import PushPayload
from push.services import send_push
from push.subscriptions import MAX_DEVICES
from push.tasks import send_push_messages
from push.vapid import get_vapid_key
from tests.integration.push.conftest import Add, subscribe
from tests.support.cast import as_
from tests.support.push_service import Browser, PushService, to_text

pytestmark = pytest.mark.django_db(transaction=True)


def deliver() -> None:
    send_push_messages.func()


def test_the_key_of_the_site_is_made_once_and_is_not_stored_in_clear(db: None) -> None:
    key = get_vapid_key()
    assert get_vapid_key().public == key.public
    stored = PushKey.objects.get()
    assert stored.public == key.public
    assert key.serialize() not in stored.private


def test_another_secret_key_of_the_site_makes_a_new_key_unless_the_old_one_is_still_known(
    db: None, settings: Settings
) -> None:
    first = get_vapid_key().public
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another " * 8
    assert get_vapid_key().public == first
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [], "yet another " * 8
    second = get_vapid_key().public
    assert second != first
    assert get_vapid_key().public == second == PushKey.objects.get().public


def test_a_subscription_for_an_earlier_key_is_told_the_new_one_and_renewed(
    service: PushService, add_device: Add, ben: User, settings: Settings
) -> None:
    phone, client = service.browser("phone"), as_(ben)
    device = add_device(ben, phone, client)
    PushKey.objects.all().delete()
    key = get_vapid_key().public
    assert subscribe(client, phone, key=device.key) == {"key": key}
    renewed = service.browser("renewed")
    assert subscribe(client, renewed) == {"key": key, "known": True, "content": "text"}
    found = PushDevice.objects.get()
    assert (found.pk, found.endpoint, found.key) == (device.pk, renewed.endpoint, key)


def test_a_browser_without_a_subscription_is_told_the_key(ben: User) -> None:
    answer = as_(ben).post("/push/subscription/", "null", content_type="application/json").json()
    assert answer == {"key": PushKey.objects.get().public}


def test_the_same_subscription_again_changes_nothing(service: PushService, add_device: Add, ben: User) -> None:
    phone, client = service.browser("phone"), as_(ben)
    device = add_device(ben, phone, client)
    services.set_content(device, Content.PLACE)
    PushDevice.objects.update(failures=3, problem="HTTP 401")
    assert subscribe(client, phone)["known"] is True
    again = PushDevice.objects.get()
    assert (again.pk, again.content, again.failures) == (device.pk, Content.PLACE, 3)


def test_new_keys_of_the_browser_are_taken_over(service: PushService, add_device: Add, ben: User) -> None:
    phone, client = service.browser("phone"), as_(ben)
    device = add_device(ben, phone, client)
    PushDevice.objects.update(failures=3)
    again = service.browser("phone")
    assert subscribe(client, again)["known"] is True
    device.refresh_from_db()
    assert (device.p256dh, device.failures) == (again.p256dh, 0)


def test_a_browser_that_signs_in_again_has_its_device_again(service: PushService, add_device: Add, ben: User) -> None:
    phone, client = service.browser("phone"), as_(ben)
    add_device(ben, phone, client)
    client.post("/accounts/logout/")
    client.force_login(ben)
    add_device(ben, phone, client)
    assert PushDevice.objects.get().session_id == client.session.session_key


def test_what_a_device_shows_outlives_its_session(service: PushService, add_device: Add, ben: User) -> None:
    phone, client = service.browser("phone"), as_(ben)
    services.set_content(add_device(ben, phone, client), Content.PLACE)
    assert subscribe(client, phone)["content"] == "place"
    client.post("/accounts/logout/")
    client.force_login(ben)
    assert subscribe(client, phone, content="place")["content"] == "place"
    assert subscribe(as_(ben), service.browser("laptop"), content="nonsense")["content"] == "text"


def test_a_device_that_was_removed_elsewhere_stays_so_until_its_user_turns_it_on(
    service: PushService, add_device: Add, ben: User
) -> None:
    phone, there, here = service.browser("phone"), as_(ben), as_(ben)
    device = add_device(ben, phone, there)
    here.post(f"/push/devices/{device.pk}/remove/")
    assert send_push([ben.pk], PushPayload(tag="t", title="", body="", path="/")) == 0
    assert "/test/" not in here.get("/settings/notifications/").content.decode()
    key = get_vapid_key().public
    assert subscribe(there, phone) == {"key": key, "removed": True}
    assert not PushDevice.objects.exists()
    device = add_device(ben, phone, there)
    here.post(f"/push/devices/{device.pk}/remove/")
    body = json.dumps({**phone.describe(key), "chosen": True})
    assert there.post("/push/subscription/", body, content_type="application/json").json()["known"] is True
    assert send_push([ben.pk], PushPayload(tag="t", title="", body="", path="/")) == 1


def test_another_user_of_the_browser_takes_its_subscription(
    service: PushService, add_device: Add, ada: User, ben: User
) -> None:
    phone = service.browser("phone")
    add_device(ben, phone)
    add_device(ada, phone)
    assert PushDevice.objects.get().user == ada


def test_a_browser_renews_the_device_of_its_own_session_and_adds_none(
    service: PushService, add_device: Add, ada: User, ben: User
) -> None:
    phone, renewed, client = service.browser("phone"), service.browser("renewed"), as_(ben)
    device = add_device(ben, phone, client)
    for stranger in (as_(ada), as_(ben)):
        assert "known" not in subscribe(stranger, renewed, renewed=True)
    assert PushDevice.objects.get().endpoint == phone.endpoint
    assert subscribe(client, renewed, renewed=True)["known"] is True
    found = PushDevice.objects.get()
    assert (found.pk, found.endpoint, found.p256dh) == (device.pk, renewed.endpoint, renewed.p256dh)


def test_the_devices_of_a_user_are_bounded(service: PushService, add_device: Add, ben: User) -> None:
    first = add_device(ben, service.browser("first"))
    send_push([ben.pk], PushPayload(tag="t", title="", body="", path="/"))
    deliver()
    PushDevice.objects.filter(pk=first.pk).update(last_success="2999-01-01T00:00Z")
    for number in range(MAX_DEVICES + 3):
        add_device(ben, service.browser(f"phone{number}"))
    assert PushDevice.objects.count() == MAX_DEVICES
    assert PushDevice.objects.filter(pk=first.pk).exists(), "the one that works stays"
    assert not PushDevice.objects.filter(endpoint__endswith="/phone0").exists()


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example.net/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://[::127.0.0.1]/x",
        "https://[::ffff:0:7f00:1]/x",
        "https://[64:ff9b::a9fe:a9fe]/x",
        "https://[64:ff9b:1::a9fe:a9fe]/x",
        "https://[fec0::1]/x",
        "https://[fd12::1]/x",
        "https://[fe80::1%25eth0]/x",
        "https://10.0.0.1/x",
        "https://169.254.169.254/latest/",
        "https://user@push.example.net/x",
        "https://push.example.net:x/",
        "https://push.example.net\\@127.0.0.1/",
        "https://push.example.net/a b",
        "https://push.example.net/\r\nHost: x",
        "https://推送.example/x",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://",
        "",
        "https://push.example.net/" + "x" * 1_000,
    ],
)
def test_an_endpoint_that_no_push_service_has_is_refused(
    endpoint: str, service: PushService, ben: User, settings: Settings
) -> None:
    settings.PUSH_PRIVATE = False
    browser = service.browser("phone")
    browser.endpoint = endpoint
    answer: Any = subscribe(as_(ben), browser)
    assert answer["error"]["text"] == "The push service of this browser has an address that is not allowed."
    assert not PushDevice.objects.exists()


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f000001", "127.1"])
def test_a_name_that_leads_inside_is_refused_when_it_is_resolved(
    host: str, service: PushService, add_device: Add, ben: User, settings: Settings
) -> None:
    device = add_device(ben, service.browser("phone"))
    settings.PUSH_PRIVATE = False
    PushDevice.objects.update(endpoint=f"https://{host}:{service.server.server_port}/send/phone")
    send_push([ben.pk], PushPayload(tag="t", title="", body="", path="/"))
    deliver()
    device.refresh_from_db()
    assert device.problem.endswith("blocked address")
    assert service.received == []


def broken(browser: Browser) -> list[tuple[str, str]]:
    fine = browser.describe(get_vapid_key().public)
    return [
        ("malformed", "{"),
        ("malformed", "[]"),
        ("malformed", json.dumps({**fine, "user": 1})),
        ("malformed", json.dumps({"endpoint": fine["endpoint"]})),
        ("malformed", json.dumps({**fine, "content": "x" * 5_000})),
        ("invalid", json.dumps({**fine, "p256dh": ""})),
        ("invalid", json.dumps({**fine, "auth": to_text(b"x" * 15)})),
        ("invalid", json.dumps({**fine, "p256dh": to_text(b"\4" + b"\1" * 64)})),
    ]


def test_what_is_no_subscription_is_refused_with_a_sentence(service: PushService, ben: User) -> None:
    client = as_(ben)
    for code, body in broken(service.browser("phone")):
        response = client.post("/push/subscription/", body, content_type="application/json")
        assert (response.status_code, response.json()["error"]["code"]) == (400, code), body
        assert response.json()["error"]["text"].endswith(".")
    assert not PushDevice.objects.exists()


def test_the_page_lists_the_devices_and_says_which_is_here(
    service: PushService, add_device: Add, ada: User, ben: User
) -> None:
    client = as_(ben)
    add_device(ben, service.browser("laptop"), client)
    add_device(ben, service.browser("phone"))
    add_device(ada, service.browser("other"))
    PushDevice.objects.filter(endpoint__endswith="phone").update(name="<b>Chrome</b> on Android")
    page = client.get("/settings/notifications/").content.decode()
    assert page.count("/test/") == 2
    assert page.count("data-push-here") == 1
    assert "Firefox on Linux" in page
    assert "&lt;b&gt;Chrome&lt;/b&gt; on Android" in page
    assert get_vapid_key().public in page
    assert service.origin not in page, "who knows the endpoint may send to it"


def test_a_test_arrives_at_its_device_alone(service: PushService, add_device: Add, ben: User) -> None:
    client, phone, laptop = as_(ben), service.browser("phone"), service.browser("laptop")
    device = add_device(ben, phone, client)
    add_device(ben, laptop)
    response = client.post(f"/push/devices/{device.pk}/test/")
    assert response["Location"] == "/settings/notifications/"
    by_script = client.post(f"/push/devices/{device.pk}/test/", headers={"Accept": "application/json"})
    assert by_script.json() == {}
    deliver()
    assert [message["body"] for message in phone.messages] == ["Push notifications reach this device."]
    assert phone.requests[0].headers["urgency"] == "high"
    assert laptop.messages == []


def test_the_content_of_a_device_is_changed_by_script_and_by_form(
    service: PushService, add_device: Add, ben: User
) -> None:
    client = as_(ben)
    device = add_device(ben, service.browser("phone"), client)
    path = f"/push/devices/{device.pk}/content/"
    assert client.post(path, {"content": "place"})["Location"] == "/settings/notifications/"
    device.refresh_from_db()
    assert device.content == Content.PLACE
    assert client.post(path, {"content": "text"}, headers={"Accept": "application/json"}).json() == {}
    assert client.post(path, {"content": "all"}, headers={"Accept": "application/json"}).status_code == 400
    device.refresh_from_db()
    assert device.content == Content.TEXT


def test_a_device_is_removed(service: PushService, add_device: Add, ben: User) -> None:
    client = as_(ben)
    device = add_device(ben, service.browser("phone"), client)
    client.post(f"/push/devices/{device.pk}/remove/")
    assert not PushDevice.objects.exists()


@pytest.mark.parametrize("verb", ["test", "content", "remove"])
def test_a_device_of_somebody_else_is_not_found(
    verb: str, service: PushService, add_device: Add, ada: User, ben: User
) -> None:
    device = add_device(ben, service.browser("phone"))
    assert as_(ada).post(f"/push/devices/{device.pk}/{verb}/", {"content": "place"}).status_code == 404
    assert Client().post(f"/push/devices/{device.pk}/{verb}/").status_code == 302
    deliver()
    assert service.received == []
    assert PushDevice.objects.get().content == Content.TEXT
