"""Mail: the server takes what is sent there, with the name and the password that it was given."""

import smtplib
import time

from django.conf import settings
from django.core.mail import get_connection

from care.doctor.finding import Findings, failed, milliseconds, ok, skipped, warning, why
from care.doctor.front import Front
from care.doctor.ways import way

TIMEOUT = 4  # seconds


def mail(_front: Front) -> Findings:
    if not settings.EMAIL_HOST:
        yield skipped("EMAIL_HOST is not set: admins make links for forgotten passwords")
        return
    where, begun = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}", time.perf_counter()
    line = get_connection("django.core.mail.backends.smtp.EmailBackend", timeout=TIMEOUT)
    try:
        line.open()
    except smtplib.SMTPAuthenticationError as error:
        yield failed(
            f"{where} rejects the password ({error.smtp_code})", way().sets("EMAIL_HOST_USER and EMAIL_HOST_PASSWORD")
        )
    except (OSError, smtplib.SMTPException) as error:
        yield failed(f"{where} does not accept mail: {why(error)}", way().sets("EMAIL_HOST, EMAIL_PORT, EMAIL_USE_TLS"))
    else:
        yield ok(f"{where} accepts mail, {milliseconds(time.perf_counter() - begun)}")
    finally:
        line.close()
    if settings.DEFAULT_FROM_EMAIL.endswith("@localhost"):
        yield warning(
            f"the sender is {settings.DEFAULT_FROM_EMAIL}, which other servers reject", way().sets("EMAIL_FROM")
        )
