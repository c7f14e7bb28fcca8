"""Checks the age of the newest backup and of its copy, and whether it was restored to try it.

It is too old after MAX_BACKUP_AGE in monitor/alerts/default_rules.py.
"""

import time
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from monitor.alerts.default_rules import MAX_BACKUP_AGE
from monitor.metrics.backup_state import BackupState, load_backup_state
from myweb.formats import DAY, format_age, format_duration
from ops.backup_bucket import InvalidBucket, get_bucket
from ops.daily_backups import find_broken_backups, get_newest_age, list_backups
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
from ops.doctor.installation import get_installation
from ops.doctor.site_client import SiteClient

VERY_OLD = timedelta(days=7)
MAX_CHECK_AGE = 9 * DAY  # seconds; it is due each week


def check_backups(_site: SiteClient) -> Findings:
    try:
        state, is_known = load_backup_state(), True
    except DatabaseError:
        state, is_known = None, False
    if settings.BACKUPS:
        yield from check_folder(Path(settings.BACKUPS))
    elif state:  # another machine has the folder
        yield check_age("the newest backup", state.made_at or state.since)
    elif settings.DEBUG:
        yield report_skipped("MYWEB_BACKUPS is not set; a development site needs none")
        return
    else:
        yield report_warning(
            "nobody backs the site up: MYWEB_BACKUPS is not set",
            get_installation().explain_setting("MYWEB_BACKUPS=folder for a backup each night"),
        )
        return
    if settings.BACKUPS_COPY:
        yield from check_folder(Path(settings.BACKUPS_COPY))
    if settings.BACKUPS_S3:
        yield from check_bucket()
    elif not settings.BACKUPS and state and state.has_copies:
        yield check_age("the newest copy", state.copied_at or state.since)
    elif not settings.BACKUPS_COPY:
        yield report_warning(
            "the backups have no second place: a broken disk takes the site and its backups",
            get_installation().explain_setting(get_installation().second_place),
        )
    yield check_restorable(state) if is_known else report_skipped("the database knows whether it can be restored")


def check_folder(folder: Path) -> Findings:
    try:
        age = get_newest_age(folder, timezone.now())
        count, broken = len(list_backups(folder)), find_broken_backups(folder)
    except OSError as error:
        yield report_failure(f"{folder} cannot be read: {describe_error(error)}", f"ls -ld {folder}")
        return
    if broken:
        yield report_broken([str(path) for path in broken])
    if age is None:
        yield report_failure(f"no backup in {folder}", get_installation().backup_command)
    else:
        yield judge_age(f"the newest of {format_count(count, 'backup')} in {folder}", age)


def report_broken(names: list[str]) -> Finding:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return report_failure(
        f"{names[-1]}{more}: empty or no archive; the disk was full, or lost power",
        "df -h shows whether there is space now; delete the file, and " + get_installation().backup_command,
    )


def check_bucket() -> Findings:
    try:
        bucket = get_bucket()
        assert bucket
        copies = bucket.list_backups()
    except InvalidBucket as error:
        yield report_failure(str(error), get_installation().explain_setting("the right value"))
        return
    except OSError as error:
        hint = "compare MYWEB_BACKUPS_S3 and its keys with those of the service"
        yield report_failure(f"{settings.BACKUPS_S3} cannot be read: {error}", hint)
        return
    if empty := [f"{bucket.url}/{copy.name}" for copy in copies if not copy.size]:
        yield report_broken(empty)
    copies = [copy for copy in copies if copy.size]
    if not copies:
        yield report_failure(f"no backup in {bucket.url}", get_installation().backup_command)
        return
    message = f"the newest of {format_count(len(copies), 'backup')} in {bucket.url}"
    yield judge_age(message, timezone.now() - copies[-1].written_at)
    if not bucket.is_encrypted:
        yield report_warning(f"copies travel to {bucket.url} without encryption", "use https in MYWEB_BACKUPS_S3")


def check_age(what: str, moment: float) -> Finding:
    return judge_age(what, timedelta(seconds=time.time() - moment))


def judge_age(what: str, age: timedelta) -> Finding:
    message = f"{what} is {format_duration(age.total_seconds())} old"
    if age > VERY_OLD:
        return report_failure(message, get_installation().backup_command)
    if age.total_seconds() > MAX_BACKUP_AGE:
        return report_warning(message, get_installation().backup_command)
    return report_ok(message)


def check_restorable(state: BackupState | None) -> Finding:
    hint = get_installation().check_restore_command
    if state is None or state.tested_at is None:
        return report_warning("no backup was restored yet to try it", hint)
    if state.problem:
        return report_failure(f"a backup can't be restored: {state.problem}", hint)
    age = time.time() - state.tested_at
    message = f"restorable: {format_count(state.messages, 'message')}, tried {format_age(age)}, "
    message += f"in {format_duration(state.test_seconds)}"
    return report_warning(message, hint) if age > MAX_CHECK_AGE else report_ok(message)
