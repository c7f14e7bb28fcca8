"""The key of the site outlives a restore, and so do devices whose sessions do."""

from pathlib import Path

import pytest
from django.core.management import call_command

from accounts.models import User
from push.models import PushDevice, PushKey
from push.protocol import PushPayload
from push.services import send_push
from push.tasks import send_push_messages
from push.vapid import get_vapid_key
from tests.integration.push.conftest import Add
from tests.support.archives import made
from tests.support.push_service import PushService

pytestmark = pytest.mark.django_db(transaction=True)


def test_devices_work_after_a_restore_with_the_key_that_they_know(
    service: PushService, add_device: Add, ben: User, tmp_path: Path
) -> None:
    phone = service.browser("phone")
    add_device(ben, phone)
    key = get_vapid_key().public
    archive = made(tmp_path)
    PushKey.objects.all().delete()
    assert get_vapid_key().public != key, "another database would have made its own"
    call_command("restore", str(archive), replace=True)
    assert get_vapid_key().public == key == PushDevice.objects.get().key
    send_push([ben.pk], PushPayload(tag="note.1", title="operations", body="we are back", path="/"))
    send_push_messages.func()
    assert [message["body"] for message in phone.messages] == ["we are back"]


def test_a_restore_ends_the_devices_of_those_who_are_not_in_it(
    service: PushService, add_device: Add, ben: User, ada: User, tmp_path: Path
) -> None:
    archive = made(tmp_path)
    later = User.objects.create_user("later@example.com", "correct horse battery", name="Later")
    add_device(later, service.browser("later"))
    add_device(ada, service.browser("ada"))
    send_push([later.pk, ada.pk], PushPayload(tag="note.1", title="", body="", path="/"))
    call_command("restore", str(archive), replace=True)
    assert [device.user for device in PushDevice.objects.select_related("user")] == [ada]
