"""Sends the mails of notifications, one after another in one run.

A mail server that hangs keeps one thread of a worker; the run ends, and the next one tries again. A mail is marked as
sent just before its content goes out. So no mail is sent twice, and one is lost only if the worker or the server ends
at that moment.
"""

import logging
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from django.core.mail import EmailMessage
from django.db import Error
from django.utils import timezone

from chat.notifications.mail_queue import claim_users, end_read_mails
from chat.notifications.summary_mail import find_due_summaries, prepare_summary_mail
from chat.notifications.unread_mail import find_users_to_mail, prepare_unread_mail
from myweb.failure_log import FailureLog
from myweb.smtp import MailRefused, MailServer, MailServerUnavailable, MailUncertain, is_mail_set_up

logger = logging.getLogger(__name__)
failures = FailureLog(logger)

MAX_SECONDS = 240.0  # of a run; the next one goes on
RETRY = timedelta(minutes=15)  # of a mail that was refused for now; when it is given up: GIVE_UP in unread_mail.py
MAX_BUILDS = 3  # of a mail whose user reads while it is made


class PreparedMail(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def is_too_late(self) -> bool: ...
    def build(self) -> EmailMessage: ...
    def confirm(self) -> bool:
        """Marks it as sent. False: it is not to be sent any more as it is."""

    def drop(self) -> None:
        """Marks it as sent, since the server never takes it."""

    def put_off(self, at: datetime) -> None:
        """Marks it as not sent."""


Prepare = Callable[[datetime], PreparedMail | None]  # None: there is nothing to send


def send_due_mails() -> None:
    """One run. Others at the same time send other mails."""
    if not is_mail_set_up():
        return
    end = time.monotonic() + MAX_SECONDS
    with MailServer() as server:
        for prepare in list_due_mails():
            if time.monotonic() > end or not deliver_mail(server, prepare):
                return


def list_due_mails() -> Iterator[Prepare]:
    now = timezone.now()
    end_read_mails(now)
    while users := claim_users(now):
        for user_id in find_users_to_mail(users, now):
            yield partial(prepare_unread_mail, user_id)
    for user_id in find_due_summaries(now):
        yield partial(prepare_summary_mail, user_id)


def deliver_mail(server: MailServer, prepare: Prepare) -> bool:
    """False if the server takes no other mail now."""
    for _build in range(MAX_BUILDS):
        mail = prepare(timezone.now())
        if mail is None:
            break
        try:
            is_sent = server.send(mail.build(), mail.confirm)
        except Error:
            raise  # the database: the next run goes on
        except Exception as error:
            return handle_failure(mail, error)
        if is_sent:
            failures.record_success("Sending mails")
            break
    return True


def handle_failure(mail: PreparedMail, error: Exception) -> bool:
    match error:
        case MailServerUnavailable():
            failures.record_failure("Sending mails", error)
            mail.put_off(timezone.now())
            return False
        case MailUncertain():
            logger.warning("The mail server may have taken %s, so it is not sent again: %s", mail.name, error)
            return False
        case MailRefused() if error.is_permanent or mail.is_too_late:
            logger.warning("The mail server refused %s for good: %s", mail.name, error)
            mail.drop()
        case MailRefused():
            logger.warning("The mail server refused %s for now: %s", mail.name, error)
            mail.put_off(timezone.now() + RETRY)
        case _:
            logger.error("Could not make %s", mail.name, exc_info=error)
            mail.put_off(timezone.now() + RETRY)
    return True
