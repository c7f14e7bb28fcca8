"""Checks that the mail server accepts mail with the user name and password of the settings."""

import smtplib
import time

from django.conf import settings
from django.core.mail import get_connection

from myweb.formats import format_duration
from ops.doctor.finding import (
    Findings,
    describe_error,
    report_failure,
    report_ok,
    report_skipped,
    report_warning,
)
from ops.doctor.installation import get_installation
from ops.doctor.site_client import SiteClient

TIMEOUT = 4  # seconds


def check_mail(_site: SiteClient) -> Findings:
    if not settings.EMAIL_HOST:
        yield report_skipped("EMAIL_HOST is not set: admins make links for forgotten passwords")
        return
    where, begun = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}", time.perf_counter()
    connection = get_connection("django.core.mail.backends.smtp.EmailBackend", timeout=TIMEOUT)
    try:
        connection.open()
    except smtplib.SMTPAuthenticationError as error:
        yield report_failure(
            f"{where} rejects the password ({error.smtp_code})",
            get_installation().explain_setting("EMAIL_HOST_USER and EMAIL_HOST_PASSWORD"),
        )
    except (OSError, smtplib.SMTPException) as error:
        yield report_failure(
            f"{where} does not accept mail: {describe_error(error)}",
            get_installation().explain_setting("EMAIL_HOST, EMAIL_PORT, EMAIL_USE_TLS"),
        )
    else:
        yield report_ok(f"{where} accepts mail, {format_duration(time.perf_counter() - begun)}")
    finally:
        connection.close()
    if settings.DEFAULT_FROM_EMAIL.endswith("@localhost"):
        yield report_warning(
            f"the sender is {settings.DEFAULT_FROM_EMAIL}, which other servers reject",
            get_installation().explain_setting("EMAIL_FROM"),
        )
