"""Hints that several checks give. None of them stops a part that works."""

import ipaddress
import os
from pathlib import Path

from django.db import DatabaseError, connection

from ops.doctor.installation import get_installation

DISK_FULL = "53100"  # SQLSTATE; an error while connecting has none
DISK_FULL_TEXTS = ("No space left on device", "could not write init file", "database or disk is full")
WRONG_PASSWORD_TEXTS = ("password authentication failed", "no password supplied")


def get_database_hint(error: Exception) -> str:
    """What to do after this error of the database."""
    if is_disk_full(error):
        return (
            "Make room and do not restart the database, since it does not start without room: "
            f"{get_database_disk_command()}; {get_installation().disk_usage.format(path='/')}"
        )
    if connection.vendor != "postgresql":
        return "MYWEB_SQLITE names the file; its directory must exist and be writable for the user of the site"
    if any(text in str(error) for text in WRONG_PASSWORD_TEXTS):
        return get_installation().explain_setting("DATABASE_USER and DATABASE_PASSWORD or DATABASE_PASSWORD_FILE")
    return get_installation().start_command("postgres")


def is_disk_full(error: Exception) -> bool:
    code = getattr(error.__cause__, "sqlstate", None)
    return code == DISK_FULL or any(text in str(error) for text in DISK_FULL_TEXTS)


def get_database_disk_command() -> str:
    """Shows the free space on the disk of PostgreSQL."""
    if directory := find_postgresql_directory():
        return f"df -h {directory}"
    installation, host = get_installation(), str(connection.settings_dict["HOST"])
    if host == installation.database_host or is_local_address(host):
        return installation.database_disk
    return f"df -h, on the machine of the database ({host})"


def find_postgresql_directory() -> Path | None:
    """None if the server is on another machine, or if this role may not read the setting."""
    if not is_local_address(str(connection.settings_dict["HOST"])):
        return None
    try:
        with connection.cursor() as cursor:
            cursor.execute("show data_directory")
            directory = Path(cursor.fetchone()[0])
    except DatabaseError:
        return None
    return directory if os.access(directory, os.F_OK) else None


def get_start_hint(part: str) -> str:
    """What to do if a part hangs or does not reach the database: mend the database, or else the part."""
    try:
        if connection.vendor == "postgresql":  # a connection would create SQLite's file
            connection.ensure_connection()
    except DatabaseError as error:
        return get_database_hint(error)
    return get_installation().restart_command(part)


def is_local_address(host: str) -> bool:
    return not host or is_loopback(host)  # PostgreSQL without a host listens on its unix socket


def is_loopback(host: str) -> bool:
    """Also the path of a unix socket."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost") or host.startswith("/")
