"""Mails in one look, as text and HTML. A mail is data; templates/accounts/mail.* draw it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formataddr, parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from accounts.models import User, Workspace
from myweb.origins import get_site_origin
from myweb.text_cleaning import clean_name, shorten_text

MAX_SUBJECT = 120  # characters
# No vacation notice answers a mail that a program sent.
AUTOMATIC_HEADERS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


@dataclass(frozen=True, slots=True)
class MailItem:
    """A message or a line in a mail. All texts are plain."""

    text: str
    author: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class MailSection:
    title: str
    path: str = ""
    items: tuple[MailItem, ...] = ()
    more: str = ""  # about what is left out


@dataclass(frozen=True, slots=True)
class Mail:
    subject: str
    lines: tuple[str, ...]
    sections: tuple[MailSection, ...] = ()
    button: str = ""
    url: str = ""  # behind the button
    notes: tuple[str, ...] = ()  # small print
    links: tuple[tuple[str, str], ...] = ()  # (text, URL) below the small print
    headers: Mapping[str, str] = field(default_factory=dict)


def build_message(mail: Mail, email: str, origin: str = "") -> EmailMultiAlternatives:
    """In the active language."""
    workspace_name = clean_name(Workspace.current().name)
    origin = origin or get_site_origin()
    context = {
        "mail": mail,
        "workspace_name": workspace_name,
        "origin": origin,
        "site": origin.partition("://")[2],
        "language": translation.get_language() or settings.LANGUAGE_CODE,
    }
    message = EmailMultiAlternatives(
        shorten_subject(mail.subject),
        render_to_string("accounts/mail.txt", context).strip() + "\n",
        make_sender(workspace_name),
        [email],
        headers={**AUTOMATIC_HEADERS, **mail.headers},
    )
    message.attach_alternative(render_to_string("accounts/mail.html", context), "text/html")
    return message


def shorten_subject(subject: str) -> str:
    """One line: names are part of it."""
    text = clean_name(subject)
    return shorten_text(text, MAX_SUBJECT)


def make_sender(workspace_name: str) -> str:
    """Named like the workspace, unless EMAIL_FROM has a name."""
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return settings.DEFAULT_FROM_EMAIL if name or not address else formataddr((workspace_name, address))


def get_mail_host() -> str:
    """The host in Message-ID and List-Id."""
    return urlsplit(get_site_origin()).hostname or "localhost"


def get_mail_language(user: User) -> str:
    return user.language or Workspace.current().language or settings.LANGUAGE_CODE
