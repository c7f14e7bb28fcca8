"""Hands mails to the mail server one after another, and knows of each whether the server has taken it."""

import smtplib
import ssl
from collections.abc import Callable
from email.utils import parseaddr
from typing import Any, Self

from django.conf import settings
from django.core.mail import DNS_NAME, EmailMessage
from django.core.mail.message import sanitize_address

READY = 250
ACCEPTED = {250, 251}  # a recipient
BUSY = 421  # the server ends the connection
PERMANENT = 500  # from here on: the same mail would be refused again


class MailServerUnavailable(Exception):
    """The server did not take this mail and would take no other one now."""


class MailRefused(Exception):
    """The server refused this mail."""

    def __init__(self, code: int, reply: object) -> None:
        text = reply.decode(errors="replace") if isinstance(reply, bytes) else str(reply)
        super().__init__(f"{code} {text[:500]}")
        self.is_permanent = code >= PERMANENT


class MailUncertain(Exception):
    """The connection ended before the server said whether it took the mail."""


def is_mail_set_up() -> bool:
    return bool(settings.EMAIL_HOST)


class MailServer:
    """A connection that opens with the first mail. Use it in a ``with`` block."""

    def __init__(self) -> None:
        self.smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Without QUIT, which could hang once more: the server has answered every mail."""
        if self.smtp:
            self.smtp.close()
        self.smtp = None

    def connect(self) -> smtplib.SMTP:
        smtp = smtplib.SMTP(
            settings.EMAIL_HOST,
            settings.EMAIL_PORT,
            local_hostname=DNS_NAME.get_fqdn(),
            timeout=settings.EMAIL_TIMEOUT,
        )
        self.smtp = smtp
        if settings.EMAIL_USE_TLS:
            smtp.starttls(context=ssl.create_default_context())
        if settings.EMAIL_HOST_USER and settings.EMAIL_HOST_PASSWORD:
            smtp.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
        smtp.ehlo_or_helo_if_needed()
        return smtp

    def send(self, message: EmailMessage, confirm: Callable[[], bool]) -> bool:
        """Calls ``confirm`` when only the content is left to send. If it returns False, nothing is sent.

        Raises :class:`MailServerUnavailable` before ``confirm``, :class:`MailUncertain` after it, and
        :class:`MailRefused` at any time.
        """
        try:
            mime: Any = message.message()  # of Django, whose as_bytes takes linesep
            content = mime.as_bytes(linesep="\r\n")
            sender, recipient = (get_bare_address(address) for address in (message.from_email, message.to[0]))
        except ValueError as error:  # no mail can have such an address or header
            raise MailRefused(PERMANENT, error) from error
        smtp = self.begin_mail(sender, recipient)
        if not confirm():
            self.reset(smtp)
            return False
        try:
            code, reply = smtp.data(content)
        except smtplib.SMTPDataError as error:
            code, reply = error.smtp_code, error.smtp_error  # type: ignore[assignment]
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise MailUncertain(str(error) or type(error).__name__) from error
        if code != READY:
            self.reset(smtp)
            raise MailRefused(code, reply)
        return True

    def begin_mail(self, sender: str, recipient: str) -> smtplib.SMTP:
        try:
            smtp = self.smtp or self.connect()
            code, reply = smtp.mail(sender)
            if code != READY:  # it would refuse every mail of this sender
                raise smtplib.SMTPResponseException(code, reply)
            code, reply = smtp.rcpt(recipient)
            if code == BUSY:
                raise smtplib.SMTPResponseException(code, reply)
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise MailServerUnavailable(str(error) or type(error).__name__) from error
        if code not in ACCEPTED:
            self.reset(smtp)
            raise MailRefused(code, reply)
        return smtp

    def reset(self, smtp: smtplib.SMTP) -> None:
        try:
            smtp.rset()
        except (OSError, smtplib.SMTPException):
            self.close()


def get_bare_address(address: str) -> str:
    """Of "Name <address>". Raises :class:`ValueError`."""
    return sanitize_address(parseaddr(address)[1], "utf-8")
