"""Adds the browser of a session to the devices of its user, and renews it."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Session, User
from myweb.errors import Refused
from push.http_client import InvalidEndpoint, parse_endpoint
from push.message_encryption import parse_browser_keys
from push.models import Content, PushDevice
from push.protocol import Subscription
from push.vapid import get_vapid_key

MAX_DEVICES = 10  # of a user; the one that was silent for longest makes room


@transaction.atomic
def save_device(user: User, session_key: str, subscription: Subscription, *, name: str, language: str) -> PushDevice:
    """Adds the browser of this session, or renews its subscription. Raises :class:`Refused`.

    An endpoint belongs to the present user of the browser: it is taken from another user.
    """
    session = Session.objects.select_for_update().filter(session_key=session_key, user=user).first()
    if session is None:
        raise Refused("forbidden", _("Sign in again, then turn on push notifications."))
    try:
        service = parse_endpoint(subscription.endpoint).origin
        parse_browser_keys(subscription.p256dh, subscription.auth)
    except InvalidEndpoint:
        raise Refused("invalid", _("The push service of this browser has an address that is not allowed.")) from None
    except ValueError:
        raise Refused("invalid", _("The browser gave no valid keys. Reload the page and try again.")) from None
    if subscription.key != get_vapid_key().public:
        raise Refused("outdated", _("The push key of this site has changed. Reload the page and try again."))
    fields: dict[str, Any] = {
        "user": user,
        "session": session,
        "service": service,
        "p256dh": subscription.p256dh,
        "auth": subscription.auth,
        "key": subscription.key,
        "name": name,
        "language": language,
    }
    if subscription.chosen:
        fields["is_removed"] = False
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
    if subscription.content in Content.values:
        fields["content"] = subscription.content
    device = PushDevice.objects.create(endpoint=subscription.endpoint, **fields)
    limit_devices(user)
    return device


def limit_devices(user: User) -> None:
    devices = list(PushDevice.objects.filter(user=user).select_for_update())
    devices.sort(key=lambda device: (device.last_success or device.created_at, device.pk), reverse=True)
    PushDevice.objects.filter(pk__in=[device.pk for device in devices[MAX_DEVICES:]]).delete()
