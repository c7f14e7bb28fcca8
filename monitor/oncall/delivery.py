"""How a user can be called, and the sending by each method."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.core.mail import send_mail

from accounts.models import User
from monitor.oncall.apprise_delivery import send_by_apprise
from monitor.oncall.models import CallAttempt, ContactSettings, Method
from myweb.encryption import decrypt_secret
from myweb.network_policy import get_member_reach
from myweb.origins import build_site_url
from myweb.stored_text import stored_gettext as _
from push.access import has_device
from push.protocol import PushPayload
from push.services import send_push
from realtime.online_users import get_online_users


class ContactText(NamedTuple):
    tag: str  # a push with the same tag is replaced
    title: str
    body: str
    path: str  # on this site


class Planned(NamedTuple):
    method: Method
    after: int  # minutes


def get_contact_settings(user: User) -> ContactSettings:
    return ContactSettings.objects.filter(user=user).first() or ContactSettings(user=user)


def list_methods(user: User) -> list[Planned]:
    """The methods that can reach the user, in their order."""
    contact = get_contact_settings(user)
    methods = []
    if has_device(user):
        methods.append(Planned(Method.PUSH, 0))
    if settings.EMAIL_HOST and contact.mail_after is not None:
        methods.append(Planned(Method.MAIL, contact.mail_after))
    if contact.sealed:
        methods.append(Planned(Method.ADDRESS, contact.address_after))
    return sorted(methods, key=lambda planned: planned.after)


def can_be_called(user: User) -> bool:
    """Tells whether the user is online or a method can reach them. Without Redis nobody counts as offline."""
    online = get_online_users()
    return user.is_active and (online is None or user.pk in online or bool(list_methods(user)))


def send_attempt(call_id: int, method: str, now: datetime) -> str:
    """Sends it unless it was sent, or the call has ended. Returns an error message, or an empty string."""
    attempt = CallAttempt.objects.select_related("call__user").filter(call=call_id, method=method).first()
    if attempt is None or attempt.sent_at or attempt.call.ended_at or not attempt.call.user.is_active:
        return ""
    call = attempt.call
    problem = send_text(call.user, Method(method), ContactText(call.cause, call.title, call.body, call.path))
    attempt.problem, attempt.sent_at = problem, None if problem else now
    attempt.save(update_fields=["problem", "sent_at"])
    return problem


def send_text(user: User, method: Method, text: ContactText) -> str:
    """Returns an error message, or an empty string. A mail and an address name the page."""
    return SENDERS[method](user, text)


def send_to_devices(user: User, text: ContactText) -> str:
    if not send_push([user.pk], PushPayload(**text._asdict(), urgent=True)):
        return _("No device of yours receives pushes.")
    return ""


def send_contact_mail(user: User, text: ContactText) -> str:
    if not settings.EMAIL_HOST:
        return _("This site sends no mail.")
    try:
        send_mail(text.title, f"{text.body}\n\n{build_site_url(text.path)}\n", None, [user.email])
    except OSError as error:  # also those of smtplib
        texts = {"kind": type(error).__name__}
        return _("The mail server is unreachable or rejected the mail (%(kind)s).") % texts
    return ""


def send_to_address(user: User, text: ContactText) -> str:
    sealed = get_contact_settings(user).sealed
    if not sealed:
        return _("No address is set.")
    body = f"{text.body}\n\n{build_site_url(text.path)}"
    return send_by_apprise(decrypt_secret(sealed), text.title, body, "failure", get_member_reach())


SENDERS: dict[Method, Callable[[User, ContactText], str]] = {
    Method.PUSH: send_to_devices,
    Method.MAIL: send_contact_mail,
    Method.ADDRESS: send_to_address,
}
