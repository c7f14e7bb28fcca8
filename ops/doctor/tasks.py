"""Checks whether background tasks are run, and whether some were set aside."""

from django.db import DatabaseError

from myweb.formats import format_duration
from ops.doctor.finding import (
    Findings,
    describe_error,
    format_count,
    report_failure,
    report_ok,
    report_warning,
)
from ops.doctor.hints import get_database_hint
from ops.doctor.installation import get_installation
from ops.doctor.site_client import SiteClient
from tasks.status import read_queue_status

LONG_WAIT = 60  # seconds; a free worker starts a task within 0.1 s


def check_tasks(_site: SiteClient) -> Findings:
    installation = get_installation()
    try:
        status = read_queue_status()
    except DatabaseError as error:
        yield report_failure(f"the queue can't be read: {describe_error(error)}", get_database_hint(error))
        return
    message = f"{format_count(status.workers, 'worker')}, {status.waiting} waiting, {status.running} running"
    if status.oldest_seconds:
        message += f", the oldest for {format_duration(status.oldest_seconds)}"
    if not status.workers:
        yield report_failure(f"no worker runs tasks: {message}", installation.start_command("worker"))
    elif status.oldest_seconds > LONG_WAIT:
        hint = f"See its log, or start another worker: {installation.log_command('worker')}"
        yield report_warning(message, hint)
    else:
        yield report_ok(message)
    if status.failed:
        page = "Settings > Background tasks shows why, and runs them again"
        yield report_warning(f"{format_count(status.failed, 'task')} failed and will not run again", page)
