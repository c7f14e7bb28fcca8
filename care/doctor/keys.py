"""Secrets: long, of chance, and readable for nobody else. None of them, and no part of one, is ever said."""

import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.core.checks.security.base import SECRET_KEY_INSECURE_PREFIX
from django.db import connection

from care.doctor.finding import Finding, Findings, counted, failed, ok, warning
from care.doctor.front import Front, is_loopback
from care.doctor.ways import way
from realtime.redis import create_client

SHORTEST = 40  # characters of a key; those that are made here have 64
SHORTEST_TOKEN = 20
CHANCE = 32  # bytes that are left of a key when it is packed: one that repeats itself has fewer
MAKE = 'python -c "import secrets; print(secrets.token_urlsafe(48))"'
READABLE_BY_ALL = 0o004


def secrets(_front: Front) -> Findings:
    yield from key()
    yield from debug()
    yield from files()
    yield from stores()
    if settings.METRICS_TOKEN and len(settings.METRICS_TOKEN) < SHORTEST_TOKEN:
        yield warning("MYWEB_METRICS_TOKEN is too short", way().sets(f"MYWEB_METRICS_TOKEN by {MAKE}"))


def key() -> Findings:
    weak = [each for each in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS) if is_weak(each)]
    if weak:
        renew = f"MYWEB_SECRET_KEY by {MAKE}, and the old one into MYWEB_SECRET_KEY_FALLBACKS for a while"
        yield failed("MYWEB_SECRET_KEY is too weak: sessions can be forged", way().sets(renew))
    else:
        yield ok("the key is long and random")


def is_weak(value: str) -> bool:
    short = len(value) < SHORTEST or len(zlib.compress(value.encode(), 9)) < CHANCE
    return short or value.startswith(SECRET_KEY_INSECURE_PREFIX)


def debug() -> Findings:
    if not settings.DEBUG:
        return
    public = [each for each in settings.ORIGINS if not is_loopback(urlsplit(each).hostname or "")]
    if public:
        yield failed(
            f"MYWEB_DEBUG is on at {public[0]}: error pages show settings to every visitor",
            way().sets("MYWEB_DEBUG=no"),
        )
    else:
        yield ok("MYWEB_DEBUG is on, only for this machine")


def files() -> Findings:
    paths = list(holding())
    for path in paths:
        try:
            mode = path.stat().st_mode
        except OSError:
            continue  # settings have read it, so it is of a name that they do not read
        if mode & READABLE_BY_ALL and not has_own_volume(path):
            yield failed(f"{path} can be read by every user of this machine", f"chmod o-rwx {path}")
    if paths:
        yield ok(counted(len(paths), "file of secrets", "files of secrets"))


def holding() -> Iterator[Path]:
    for name, path in os.environ.items():
        if name.endswith("_FILE") and name.startswith(("MYWEB_", "DATABASE_", "REDIS_", "EMAIL_")):
            yield Path(path)
    env = settings.BASE_DIR / way().env
    if os.access(env, os.F_OK):  # unlike Path.exists, it bears a folder that is closed to us
        yield env


def has_own_volume(path: Path) -> bool:
    """In a container: who else is there has not got it. See deploy/keys.py."""
    return os.path.ismount(path) or path.parent.is_mount()


def stores() -> Iterator[Finding]:
    there = connection.settings_dict
    if connection.vendor == "postgresql" and not there["PASSWORD"] and not there["HOST"].startswith("/"):
        yield warning(
            f"the database at {there['HOST']} needs no password",
            way().sets("DATABASE_PASSWORD or DATABASE_PASSWORD_FILE, and scram-sha-256 in pg_hba.conf"),
        )
    if settings.REDIS and is_open():
        host = settings.REDIS.get("host") or "the sentinels' master"
        wanted = way().sets("requirepass in redis.conf, and the same in REDIS_PASSWORD or REDIS_PASSWORD_FILE")
        open_to_all = f"Redis at {host} accepts connections without a password"
        yield (warning if is_loopback(host) else failed)(open_to_all, wanted)


def is_open() -> bool:
    """Asked without a password, whatever the settings say."""
    try:
        with create_client(timeout=2, retries=0, username=None, password=None) as line:
            return bool(line.ping())
    except redis.RedisError:
        return False
