"""Checks the clock and the free disk space of this machine."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import redis
from django.conf import settings
from django.db import DatabaseError, connection

from monitor.metrics.sources.clock import read_clock as kernel
from myweb.formats import format_bytes, format_duration
from ops.doctor.finding import Finding, Findings, report_failure, report_ok, report_unknown, report_warning
from ops.doctor.hints import find_postgresql_directory, get_database_disk_command
from ops.doctor.installation import get_installation
from ops.doctor.site_client import SiteClient
from realtime.redis import create_client

Clock = Callable[[], float]  # seconds since 1970

MAX_CLOCK_DIFFERENCE = 1.0  # seconds
TIME_SYNC_COMMAND = "sudo timedatectl set-ntp true; timedatectl timesync-status"
LOW_SHARE, LOW_BYTES = 0.1, 10**9  # free: less of either is a warning
CRITICAL_SHARE, CRITICAL_BYTES = 0.01, 10**8  # less of either is a failure
AMPLE_SHARE = 0.5


def current_time() -> float:
    return time.time()


def check_clock(_site: SiteClient) -> Findings:
    for name, read_clock in list_clocks():
        before = current_time()
        try:
            remote_time = read_clock()
        except (redis.RedisError, DatabaseError):
            continue  # another check reports it
        difference = remote_time - (before + current_time()) / 2
        if abs(difference) > MAX_CLOCK_DIFFERENCE:
            ahead = "ahead of" if difference > 0 else "behind"
            yield report_failure(
                f"the clock of {name} is {format_duration(abs(difference))} {ahead} this one",
                f"On both machines: {TIME_SYNC_COMMAND}",
            )
        else:
            yield report_ok(f"{format_duration(abs(difference))} from {name}")
    yield check_time_sync()


def list_clocks() -> Iterator[tuple[str, Clock]]:
    if connection.vendor == "postgresql":
        yield "the database", read_database_clock
    if settings.REDIS:
        yield "Redis", read_redis_clock


def read_database_clock() -> float:
    with connection.cursor() as cursor:
        cursor.execute("select extract(epoch from clock_timestamp())")
        return float(cursor.fetchone()[0])


def read_redis_clock() -> float:
    with create_client(timeout=2, retries=0) as redis_client:
        seconds, microseconds = redis_client.time()
        return float(seconds + microseconds / 1e6)


def check_time_sync() -> Finding:
    readings = {reading.name: reading.value for reading in kernel()}
    if not readings:
        return report_warning(
            "the clock of this machine is not synchronized",
            f"sudo apt-get install systemd-timesyncd; {TIME_SYNC_COMMAND}",
        )
    if abs(readings["clock.offset"]) > MAX_CLOCK_DIFFERENCE:
        return report_failure(
            f"this clock is {format_duration(readings['clock.offset'])} off and is being set", TIME_SYNC_COMMAND
        )
    return report_ok(f"synchronized by NTP, {format_duration(readings['clock.error'])} maximum error")


def check_disk(_site: SiteClient) -> Findings:
    seen: set[int] = set()
    for path in list_disk_paths():
        existing = next(parent for parent in (path, *path.parents) if parent.exists())
        device = existing.stat().st_dev
        if device not in seen:
            seen.add(device)
            yield check_free_space(existing)
    if connection.vendor == "postgresql" and not find_postgresql_directory():
        yield report_unknown(
            f"the free space of the database ({describe_database_size()}) cannot be seen from here",
            get_database_disk_command(),
        )


def list_disk_paths() -> Iterator[Path]:
    if connection.vendor == "sqlite":
        yield Path(connection.settings_dict["NAME"]).resolve().parent
    elif directory := find_postgresql_directory():
        yield directory
    yield Path(settings.STATIC_ROOT)
    yield Path(settings.MEDIA_ROOT)
    yield settings.BASE_DIR / get_installation().data
    yield Path(tempfile.gettempdir())


def describe_database_size() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("select pg_database_size(current_database())")
            return format_bytes(cursor.fetchone()[0])
    except DatabaseError:
        return "of unknown size"


def check_free_space(path: Path) -> Finding:
    usage = os.statvfs(path)
    free, share = usage.f_bavail * usage.f_frsize, usage.f_bavail / max(1, usage.f_blocks)
    inodes = usage.f_favail / usage.f_files if usage.f_files else 1.0
    message = f"{format_bytes(free)} free ({100 * share:.0f} %) at {path}"
    hint = f"Free space or enlarge the disk: {get_installation().disk_usage.format(path=path)}"
    if inodes < LOW_SHARE:
        message, share = f"{message}, {100 * inodes:.0f} % of the inodes", min(share, inodes)
    if share > AMPLE_SHARE:  # however small it is: a /tmp in memory, say
        return report_ok(message)
    if share < CRITICAL_SHARE or free < CRITICAL_BYTES:
        return report_failure(message, hint)
    return report_warning(message, hint) if share < LOW_SHARE or free < LOW_BYTES else report_ok(message)
