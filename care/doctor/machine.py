"""The machine: whose clock is right, and how much room there is."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import redis
from django.conf import settings
from django.db import DatabaseError, connection

from care.doctor.finding import Finding, Findings, failed, milliseconds, ok, warning
from care.doctor.front import Front
from care.doctor.ways import way
from monitor.metrics.sources.clock import clock as kernel
from realtime.redis import create_client

Clock = Callable[[], float]  # seconds since 1970

APART = 1.0  # seconds
SET_IT = "sudo timedatectl set-ntp true; timedatectl timesync-status"
SHARE, BYTES = 0.1, 10**9  # free: less of either is little
LAST_SHARE, LAST_BYTES = 0.01, 10**8  # and this is as good as nothing
ROOMY = 0.5


def now() -> float:
    return time.time()


def clock(_front: Front) -> Findings:
    for name, theirs in others():
        before = now()
        try:
            told = theirs()
        except (redis.RedisError, DatabaseError):
            continue  # another check tells of it
        apart = told - (before + now()) / 2
        if abs(apart) > APART:
            ahead = "ahead of" if apart > 0 else "behind"
            yield failed(f"the clock of {name} is {abs(apart):.1f} s {ahead} this one", f"On both machines: {SET_IT}")
        else:
            yield ok(f"{milliseconds(abs(apart))} from {name}")
    yield kept()


def others() -> Iterator[tuple[str, Clock]]:
    if connection.vendor == "postgresql":
        yield "the database", of_database
    if settings.REDIS:
        yield "Redis", of_redis


def of_database() -> float:
    with connection.cursor() as cursor:
        cursor.execute("select extract(epoch from clock_timestamp())")
        return float(cursor.fetchone()[0])


def of_redis() -> float:
    with create_client(timeout=2, retries=0) as line:
        seconds, microseconds = line.time()
        return float(seconds + microseconds / 1e6)


def kept() -> Finding:
    told = {each.name: each.value for each in kernel()}
    if not told:
        return warning(
            "the clock of this machine is not synchronized", f"sudo apt-get install systemd-timesyncd; {SET_IT}"
        )
    if abs(told["clock.offset"]) > APART:
        return failed(f"this clock is {told['clock.offset']:.1f} s off and is being set", SET_IT)
    return ok(f"synchronized by NTP, {milliseconds(told['clock.error'])} maximum error")


def disk(_front: Front) -> Findings:
    seen: set[int] = set()
    for path in places():
        there = next(each for each in (path, *path.parents) if each.exists())
        device = there.stat().st_dev
        if device not in seen:
            seen.add(device)
            yield room(there)


def places() -> Iterator[Path]:
    yield data()
    yield Path(settings.STATIC_ROOT)
    if settings.MEDIA_ROOT:
        yield Path(settings.MEDIA_ROOT)
    yield settings.BASE_DIR / way().data
    yield Path(tempfile.gettempdir())


def data() -> Path:
    """Of the database, as far as it is on this machine and may be known."""
    there = connection.settings_dict
    if connection.vendor == "sqlite":
        return Path(there["NAME"]).resolve().parent
    try:
        with connection.cursor() as cursor:
            cursor.execute("show data_directory")
            return Path(cursor.fetchone()[0])
    except DatabaseError:  # only some roles are told
        return Path("/var/lib/postgresql")


def room(path: Path) -> Finding:
    found = os.statvfs(path)
    free, share = found.f_bavail * found.f_frsize, found.f_bavail / max(1, found.f_blocks)
    inodes = found.f_favail / found.f_files if found.f_files else 1.0
    said = f"{free / 1e9:.1f} GB free ({100 * share:.0f} %) at {path}"
    mend = f"Free space or enlarge the disk: {way().room.format(path=path)}"
    if inodes < SHARE:
        said, share = f"{said}, {100 * inodes:.0f} % of the inodes", min(share, inodes)
    if share > ROOMY:  # however small it is: a /tmp in memory, say
        return ok(said)
    if share < LAST_SHARE or free < LAST_BYTES:
        return failed(said, mend)
    return warning(said, mend) if share < SHARE or free < BYTES else ok(said)
