"""Checks that secrets are long, random and not readable by other users. No part of a secret is ever printed."""

import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.core.checks.security.base import SECRET_KEY_INSECURE_PREFIX
from django.db import connection

from ops.doctor.finding import Finding, Findings, format_count, report_failure, report_ok, report_warning
from ops.doctor.hints import is_loopback
from ops.doctor.installation import get_installation
from ops.doctor.site_client import SiteClient
from realtime.redis import create_client

MIN_KEY_LENGTH = 40  # characters; generated keys have 64
MIN_TOKEN_LENGTH = 20
MIN_COMPRESSED_SIZE = 32  # bytes of a compressed key; a repetitive key has fewer
GENERATE_COMMAND = 'python -c "import secrets; print(secrets.token_urlsafe(48))"'
READABLE_BY_ALL = 0o004


def check_secrets(_site: SiteClient) -> Findings:
    yield from check_secret_key()
    yield from check_debug()
    yield from check_secret_files()
    yield from check_store_passwords()
    if settings.METRICS_TOKEN and len(settings.METRICS_TOKEN) < MIN_TOKEN_LENGTH:
        yield report_warning(
            "MYWEB_METRICS_TOKEN is too short",
            get_installation().explain_setting(f"MYWEB_METRICS_TOKEN by {GENERATE_COMMAND}"),
        )


def check_secret_key() -> Findings:
    weak = [key for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS) if is_weak_key(key)]
    if weak:
        renew = f"MYWEB_SECRET_KEY by {GENERATE_COMMAND}, and the old one into MYWEB_SECRET_KEY_FALLBACKS for a while"
        yield report_failure(
            "MYWEB_SECRET_KEY is too weak: sessions can be forged", get_installation().explain_setting(renew)
        )
    else:
        yield report_ok("the key is long and random")


def is_weak_key(value: str) -> bool:
    short = len(value) < MIN_KEY_LENGTH or len(zlib.compress(value.encode(), 9)) < MIN_COMPRESSED_SIZE
    return short or value.startswith(SECRET_KEY_INSECURE_PREFIX)


def check_debug() -> Findings:
    if not settings.DEBUG:
        return
    public = [origin for origin in settings.ORIGINS if not is_loopback(urlsplit(origin).hostname or "")]
    if public:
        yield report_failure(
            f"MYWEB_DEBUG is on at {public[0]}: error pages show settings to every visitor",
            get_installation().explain_setting("MYWEB_DEBUG=no"),
        )
    else:
        yield report_ok("MYWEB_DEBUG is on, only for this machine")


def check_secret_files() -> Findings:
    paths = list(list_secret_files())
    for path in paths:
        try:
            mode = path.stat().st_mode
        except OSError:
            continue  # settings read the file, so this name is not one of theirs
        if mode & READABLE_BY_ALL and not has_own_volume(path):
            yield report_failure(f"{path} can be read by every user of this machine", f"chmod o-rwx {path}")
    if paths:
        yield report_ok(format_count(len(paths), "file of secrets", "files of secrets"))


def list_secret_files() -> Iterator[Path]:
    for name, path in os.environ.items():
        if name.endswith("_FILE") and name.startswith(("MYWEB_", "DATABASE_", "REDIS_", "EMAIL_")):
            yield Path(path)
    env = settings.BASE_DIR / get_installation().env
    if os.access(env, os.F_OK):  # unlike Path.exists, no error for an unreadable directory
        yield env


def has_own_volume(path: Path) -> bool:
    """In a container, where only this service mounts the file. See deploy/keys.py."""
    return os.path.ismount(path) or path.parent.is_mount()


def check_store_passwords() -> Iterator[Finding]:
    database = connection.settings_dict
    if connection.vendor == "postgresql" and not database["PASSWORD"] and not database["HOST"].startswith("/"):
        yield report_warning(
            f"the database at {database['HOST']} needs no password",
            get_installation().explain_setting(
                "DATABASE_PASSWORD or DATABASE_PASSWORD_FILE, and scram-sha-256 in pg_hba.conf"
            ),
        )
    if settings.REDIS and is_redis_open():
        host = settings.REDIS.get("host") or "the sentinels' master"
        wanted = get_installation().explain_setting(
            "requirepass in redis.conf, and the same in REDIS_PASSWORD or REDIS_PASSWORD_FILE"
        )
        open_to_all = f"Redis at {host} accepts connections without a password"
        yield (report_warning if is_loopback(host) else report_failure)(open_to_all, wanted)


def is_redis_open() -> bool:
    """Connects without a password, whatever the settings say."""
    try:
        with create_client(timeout=2, retries=0, username=None, password=None) as redis_client:
            return bool(redis_client.ping())
    except redis.RedisError:
        return False
