"""``manage.py doctor`` on push messages: when they cannot arrive, and what waits since when."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import Session, User
from push.models import PushDevice, PushMessage
from push.protocol import PushPayload
from push.services import send_push
from tests.support.cast import as_
from tests.support.patient import doctor

pytestmark = pytest.mark.django_db(transaction=True)


def add_device(user: User, name: str = "phone") -> PushDevice:
    session = Session.objects.get(session_key=as_(user).session.session_key)
    return PushDevice.objects.create(
        user=user, session=session, endpoint=f"https://push.harbour.dev/{name}", service="https://push.harbour.dev"
    )


def test_a_site_by_plain_http_has_no_push_messages(settings: Settings) -> None:
    settings.ORIGINS = ["http://chat.harbour.dev"]
    found = doctor("push")["push"]
    assert (found.state, found.message) == (
        "warning",
        "there are no push messages: browsers allow them only with https",
    )
    assert "MYWEB_ORIGINS=https://" in found.hint


def test_a_contact_that_apple_refuses_is_told(settings: Settings) -> None:
    settings.ORIGINS, settings.DEFAULT_FROM_EMAIL = ["https://chat.harbour.local"], "myweb@localhost"
    found = doctor("push")["push"]
    assert found.state == "warning"
    assert "iPhones get no push messages" in found.message
    assert "EMAIL_FROM" in found.hint
    settings.DEFAULT_FROM_EMAIL = "chat@harbour.dev"
    assert doctor("push")["push"].state == "ok"


def test_a_switched_off_service_worker_is_no_fault(settings: Settings) -> None:
    settings.SERVICE_WORKER = False
    assert doctor("push")["push"].state == "skipped"


def test_what_waits_is_told_with_its_time_and_its_reason(ben: User) -> None:
    device = add_device(ben)
    assert doctor("push")["push"].message == "1 device"
    send_push([ben.pk], PushPayload(tag="note.1", title="", body="", path="/"))
    found = doctor("push")["push"]
    assert (found.state, "1 device, 1 message waiting" in found.message) == ("ok", True)
    PushMessage.objects.update(created_at=timezone.now() - timedelta(minutes=20))
    PushDevice.objects.filter(pk=device.pk).update(problem="https://push.harbour.dev: no response within 10 s")
    found = doctor("push")["push"]
    assert found.state == "warning"
    assert "1 message waiting, the oldest for 20 min" in found.message
    assert "no response within 10 s" in found.message
    assert "/phone" not in found.message, "who knows the endpoint may send to it"


def test_refused_keys_are_told(ben: User) -> None:
    add_device(ben)
    add_device(ben, "laptop")
    PushDevice.objects.filter(endpoint__endswith="phone").update(problem="https://web.push.apple.com: HTTP 403")
    found = doctor("push")["push"]
    assert found.state == "warning"
    assert "1 device of 2 failed last: https://web.push.apple.com: HTTP 403" in found.message
