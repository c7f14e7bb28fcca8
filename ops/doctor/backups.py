"""Checks the age of the newest backup, here and in the second place."""

from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from myweb.formats import format_duration
from ops.backup_folder import MAX_AGE, get_newest_age, list_backups
from ops.doctor.finding import (
    Finding,
    Findings,
    describe_error,
    format_count,
    report_failure,
    report_ok,
    report_skipped,
    report_warning,
)
from ops.doctor.front import Front
from ops.doctor.installation import get_installation

VERY_OLD = timedelta(days=7)


def check_backups(_front: Front) -> Findings:
    if settings.DEBUG and not settings.BACKUPS:
        yield report_skipped("MYWEB_BACKUPS is not set; a development site needs none")
        return
    if not settings.BACKUPS:
        yield report_warning(
            "nobody backs the site up: MYWEB_BACKUPS is not set",
            get_installation().explain_setting("MYWEB_BACKUPS=folder for a backup each night"),
        )
        return
    yield check_folder(Path(settings.BACKUPS))
    if settings.BACKUPS_COPY:
        yield check_folder(Path(settings.BACKUPS_COPY))
    else:
        yield report_warning(
            "the backups have no second place: a broken disk takes the site and its backups",
            get_installation().explain_setting("MYWEB_BACKUPS_COPY=folder on another disk or machine"),
        )


def check_folder(folder: Path) -> Finding:
    hint = f"{get_installation().manage} backup --daily"
    try:
        age = get_newest_age(folder, timezone.now())
        count = len(list_backups(folder))
    except OSError as error:
        return report_failure(f"{folder} cannot be read: {describe_error(error)}", f"ls -ld {folder}")
    if age is None:
        return report_failure(f"no backup in {folder}", hint)
    message = f"the newest of {format_count(count, 'backup')} in {folder} is {format_duration(age.total_seconds())} old"
    if age > VERY_OLD:
        return report_failure(message, hint)
    return report_warning(message, hint) if age > MAX_AGE else report_ok(message)
