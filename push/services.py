"""Changes of devices, and what is to be sent to them."""

import secrets
from collections.abc import Collection, Iterable
from datetime import timedelta

import msgspec
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Session, User
from myweb.errors import Refused
from push.access import list_devices_of
from push.http_client import InvalidEndpoint, parse_endpoint
from push.message_encryption import parse_browser_keys
from push.models import Content, PushDevice, PushMessage
from push.protocol import MAX_BODY, MAX_TITLE, PushPayload, Subscription
from push.tasks import QUEUE_KEY, send_push_messages
from push.vapid import get_vapid_key

MAX_DEVICES = 10  # of a user; the one that was silent for longest makes room
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
    body = payload.body
    if device.content == Content.PLACE:
        with translation.override(device.language):
            body = _("New message")
    return msgspec.structs.replace(
        payload, title=shorten_text(payload.title, MAX_TITLE), body=shorten_text(body, MAX_BODY)
    )


def shorten_text(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def withdraw_push(user_ids: Collection[int], tag: str) -> None:
    """What still waits is not sent any more. A device shows what it has got until it gets something newer."""
    PushMessage.objects.filter(device__user__in=user_ids, tag=tag).delete()


def send_test(device: PushDevice) -> None:
    with translation.override(device.language):
        body = _("Push messages reach this device.")
    payload = PushPayload(tag="test", title=_("Test"), body=body, path="/settings/notifications/", urgent=True)
    with transaction.atomic():
        queue_messages([device], payload)


@transaction.atomic
def save_device(user: User, session_key: str, subscription: Subscription, *, name: str, language: str) -> PushDevice:
    """Adds the browser of this session, or renews its subscription. Raises :class:`Refused`.

    An endpoint belongs to whoever uses the browser now: it is taken from another user.
    """
    session = Session.objects.select_for_update().filter(session_key=session_key, user=user).first()
    if session is None:
        raise Refused("forbidden", _("Sign in again, then turn on push messages."))
    try:
        service = parse_endpoint(subscription.endpoint).origin
        parse_browser_keys(subscription.p256dh, subscription.auth)
    except InvalidEndpoint:
        raise Refused("invalid", _("The push service of this browser has an address that is not allowed.")) from None
    except ValueError:
        raise Refused("invalid", _("The browser gave no valid keys. Reload the page and try again.")) from None
    if subscription.key != get_vapid_key().public:
        raise Refused("outdated", _("The push key of this site has changed. Reload the page and try again."))
    fields = {
        "user": user,
        "session": session,
        "service": service,
        "p256dh": subscription.p256dh,
        "auth": subscription.auth,
        "key": subscription.key,
        "name": name,
        "language": language,
    }
    known = PushDevice.objects.filter(endpoint=subscription.endpoint).first()
    renewed = known or PushDevice.objects.filter(endpoint=subscription.old, user=user).first()
    if renewed and renewed.user_id == user.pk:
        is_same = all(getattr(renewed, name) == fields[name] for name in ("p256dh", "auth", "key"))
        if not is_same or renewed.endpoint != subscription.endpoint:
            fields |= {"failures": 0, "problem": "", "last_success": None}
        PushDevice.objects.filter(pk=renewed.pk).update(endpoint=subscription.endpoint, **fields)
        renewed.refresh_from_db()
        return renewed
    if known:
        known.delete()
    device = PushDevice.objects.create(endpoint=subscription.endpoint, **fields)
    limit_devices(user)
    return device


def limit_devices(user: User) -> None:
    devices = list(PushDevice.objects.filter(user=user).select_for_update())
    devices.sort(key=lambda device: (device.last_success or device.created_at, device.pk), reverse=True)
    PushDevice.objects.filter(pk__in=[device.pk for device in devices[MAX_DEVICES:]]).delete()


def set_content(device: PushDevice, content: str) -> None:
    """Raises :class:`Refused`."""
    if content not in Content.values:
        raise Refused("invalid", _("Choose what the device shows."))
    PushDevice.objects.filter(pk=device.pk).update(content=content)


def remove_device(device: PushDevice) -> None:
    device.delete()
