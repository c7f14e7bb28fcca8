"""Hints that several checks give: which part to start if something does not respond."""

from django.db import DatabaseError, connection

from ops.doctor.installation import get_installation


def get_database_hint() -> str:
    """What to do if the database does not respond."""
    if connection.vendor == "postgresql":
        return get_installation().start_command("postgres")
    return "MYWEB_SQLITE names the file; its directory must exist and be writable for the user of the site"


def get_start_hint(part: str) -> str:
    """What to do if a part does not reach the database: start the database, or the part if the database responds."""
    try:
        if connection.vendor == "postgresql":  # a connection would create SQLite's file
            connection.ensure_connection()
    except DatabaseError:
        return get_database_hint()
    return get_installation().start_command(part)
