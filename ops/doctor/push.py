"""Checks whether push messages can reach the devices of users, and what waits since when."""

from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from myweb.formats import format_duration
from ops.doctor.finding import (
    Findings,
    describe_error,
    format_count,
    report_failure,
    report_ok,
    report_skipped,
    report_warning,
)
from ops.doctor.hints import get_database_hint, is_loopback
from ops.doctor.installation import get_installation
from ops.doctor.site_client import SiteClient
from push.status import PushStatus, read_push_status
from push.vapid import find_contact

LONG_WAIT = 60  # seconds


def check_push(_site: SiteClient) -> Findings:
    secure = [origin for origin in settings.ORIGINS if urlsplit(origin).scheme == "https"]
    local = [origin for origin in settings.ORIGINS if is_loopback(urlsplit(origin).hostname or "")]
    if not settings.SERVICE_WORKER:
        yield report_skipped("MYWEB_SERVICE_WORKER is no: there are no push messages")
        return
    if not secure and not local:
        yield report_warning(
            "there are no push messages: browsers allow them only with https",
            "A certificate (docs/deploy.md), then MYWEB_ORIGINS=https://...",
        )
        return
    try:
        status = read_push_status()
    except DatabaseError as error:
        yield report_failure(f"the devices can't be read: {describe_error(error)}", get_database_hint(error))
        return
    if secure and not find_contact():
        yield report_warning(
            "iPhones get no push messages: Apple wants a public name or a mail address as contact",
            get_installation().explain_setting("MYWEB_ORIGINS with a public name, or EMAIL_FROM"),
        )
    yield from check_deliveries(status)


def check_deliveries(status: PushStatus) -> Findings:
    message = format_count(status.devices, "device")
    if status.refused:
        yield report_warning(
            f"{format_count(status.refused, 'device')} of {status.devices} failed last: {status.problem}",
            "Their users open the site once; then the browser renews its subscription",
        )
    if status.waiting:
        waited = (timezone.now() - status.waiting_since).total_seconds() if status.waiting_since else 0.0
        message += f", {format_count(status.waiting, 'message')} waiting, the oldest for {format_duration(waited)}"
        if waited > LONG_WAIT:
            reason = f" ({status.waiting_for})" if status.waiting_for else ""
            yield report_warning(message + reason, f"See the log: {get_installation().log_command('worker')}")
            return
    yield report_ok(message)
