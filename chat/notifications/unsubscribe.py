"""Links that end mails without signing in (RFC 8058). A link is signed, and good for one kind of mail of one user."""

from django.core.signing import BadSignature, Signer
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from chat.models import NotificationSettings
from myweb.masking import add_token_prefix, strip_token_prefix
from myweb.numbers import parse_number
from myweb.origins import build_site_url

UNREAD, SUMMARY = "unread", "summary"
KINDS: dict[str, Promise] = {UNREAD: _("Mails about unread messages"), SUMMARY: _("The daily summary")}
OFF: dict[str, dict[str, int | None]] = {UNREAD: {"mail_delay": 0}, SUMMARY: {"summary_hour": None}}


def make_unsubscribe_url(user: User, kind: str) -> str:
    token = add_token_prefix("mail", _signer().sign(_make_subject(user, kind)))
    return build_site_url(reverse("mail_unsubscribe", args=[token]))


def make_unsubscribe_headers(user: User, kind: str) -> dict[str, str]:
    url = make_unsubscribe_url(user, kind)
    headers = {"List-Unsubscribe": f"<{url}>"}
    if url.startswith("https:"):  # the standard allows one click for no other
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def read_unsubscribe_token(token: str) -> tuple[User, str] | None:
    """The user and the kind of mail; None for a link that is not ours or has been changed."""
    try:
        subject = _signer().unsign(strip_token_prefix("mail", token))
    except BadSignature:
        return None
    kind, _sep, rest = subject.partition("-")
    user = User.objects.filter(pk=parse_number(rest.partition("-")[0]) or 0).first()
    return (user, kind) if user and kind in KINDS and subject == _make_subject(user, kind) else None


def end_mails(user: User, kind: str) -> None:
    NotificationSettings.objects.update_or_create(user=user, defaults=OFF[kind])


def _make_subject(user: User, kind: str) -> str:
    """Contains the time of joining: a recreated database counts users from 1 again."""
    return f"{kind}-{user.pk}-{int(user.joined_at.timestamp())}"


def _signer() -> Signer:
    return Signer(salt="chat.notifications.unsubscribe")
