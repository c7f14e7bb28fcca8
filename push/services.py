"""What is to be sent to devices, and changes of them. Light to import: push/subscriptions.py adds devices."""

import secrets
from collections.abc import Iterable
from datetime import timedelta

import msgspec
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from myweb.errors import Refused
from myweb.text_cleaning import shorten_text
from push.access import list_devices_of
from push.models import Content, PushDevice, PushMessage
from push.protocol import MAX_BODY, MAX_TITLE, PushPayload
from push.tasks import QUEUE_KEY, send_push_messages

EXPIRES_AFTER = timedelta(days=1)
MAX_USERS = 500  # in one statement


@transaction.atomic
def send_push(user_ids: Iterable[int], payload: PushPayload) -> int:
    """Queues a message for all devices of these users. Returns for how many devices.

    It is part of the current transaction. Call it near its end: see ``key`` in docs/development.md, Background tasks.
    """
    users, count = sorted(set(user_ids)), 0
    for start in range(0, len(users), MAX_USERS):
        count += queue_messages(list_devices_of(users[start : start + MAX_USERS]), payload)
    return count


def queue_messages(devices: Iterable[PushDevice], payload: PushPayload) -> int:
    payload.check()
    version = secrets.randbits(62)
    messages = [
        PushMessage(
            device=device,
            tag=payload.tag,
            payload=msgspec.to_builtins(fit_payload(payload, device)),
            version=version,
            is_urgent=payload.urgent,
            tries=0,
            due_at=Now(),
            expires_at=timezone.now() + EXPIRES_AFTER,
        )
        for device in devices
    ]
    if messages:
        PushMessage.objects.bulk_create(
            messages,
            update_conflicts=True,
            unique_fields=["device", "tag"],
            update_fields=["payload", "version", "is_urgent", "tries", "due_at", "expires_at"],
        )
        send_push_messages.using(key=QUEUE_KEY).enqueue()
    return len(messages)


def fit_payload(payload: PushPayload, device: PushDevice) -> PushPayload:
    """What this device may show, in a size that always fits."""
    title, body = payload.title, payload.body
    with translation.override(device.language):
        if payload.says_urgent:
            title = _("Urgent: %(text)s") % {"text": title}
        if device.content == Content.PLACE:
            body = _("New message")
    return msgspec.structs.replace(payload, title=shorten_text(title, MAX_TITLE), body=shorten_text(body, MAX_BODY))


def send_test(device: PushDevice) -> None:
    with translation.override(device.language):
        body = _("Push notifications reach this device.")
    payload = PushPayload(tag="test", title=_("Test"), body=body, path="/settings/notifications/", urgent=True)
    with transaction.atomic():
        queue_messages([device], payload)


def set_content(device: PushDevice, content: str) -> None:
    """Raises :class:`Refused`."""
    if content not in Content.values:
        raise Refused("invalid", _("Choose what the device shows."))
    PushDevice.objects.filter(pk=device.pk).update(content=content)


def remove_device(device: PushDevice) -> None:
    device.delete()


def mark_removed(device: PushDevice) -> None:
    PushDevice.objects.filter(pk=device.pk).update(is_removed=True)
    PushMessage.objects.filter(device=device).delete()
