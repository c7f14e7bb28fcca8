"""Checks whether links are fetched, and whether the pictures of previews are there."""

from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from link_previews.status import read_preview_status
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
from ops.doctor.hints import get_database_hint
from ops.doctor.installation import get_installation
from ops.doctor.site_client import SiteClient

LONG_WAIT = timedelta(minutes=5)
LOOKED_AT = 500  # pictures that are looked for: the newest


def check_link_previews(_site: SiteClient) -> Findings:
    try:
        status = read_preview_status(LOOKED_AT)
    except DatabaseError as error:
        yield report_failure(f"the previews can't be read: {describe_error(error)}", get_database_hint(error))
        return
    if status.missing_pictures:
        yield report_warning(
            f"{format_count(status.missing_pictures, 'picture')} of the newest {LOOKED_AT} are not in "
            f"{settings.MEDIA_ROOT}: those previews are shown without",
            "Restore a backup that has them: docs/deploy.md, Backup",
        )
    if not status.is_enabled:
        yield report_skipped("off; admins switch them on in Settings > Link previews")
        return
    waited = timezone.now() - status.oldest_due if status.oldest_due else timedelta()
    if waited > LONG_WAIT:
        yield report_warning(
            f"{format_count(status.waiting, 'link')} waited for the worker for up to "
            f"{format_duration(waited.total_seconds())}",
            f"{get_installation().manage} doctor --only tasks; Settings > Background tasks shows what failed",
        )
        return
    yield report_ok(format_count(status.count, "preview"))
