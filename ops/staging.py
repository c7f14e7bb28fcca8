"""A second set of tables beside those of the site, which replaces them when it is complete.

On PostgreSQL it is a schema, on SQLite a file. The site works with its own tables meanwhile; writers wait only while
the tables change places.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder

SCHEMA = "restoring"
LOCK_TIMEOUT = 2  # seconds that writers wait behind an attempt to lock the tables
LOCK_ATTEMPTS = 30
USER_TABLES = ("accounts_user", "accounts_workspace", "chat_room")  # a site with a row in one of these is in use

Finish = Callable[[], None]


class DatabaseNotEmpty(Exception):
    """The database has users or rooms."""


def quote_name(name: str) -> str:
    return connection.ops.quote_name(name)


def list_tables() -> list[str]:
    with connection.cursor() as cursor:
        return connection.introspection.table_names(cursor)


def has_users() -> bool:
    existing = set(list_tables())
    with connection.cursor() as cursor:
        for name in existing.intersection(USER_TABLES):
            cursor.execute(f"SELECT 1 FROM {name} LIMIT 1")  # noqa: S608 - names from here
            if cursor.fetchone():
                return True
    return False


def replace_tables(build: Callable[[], Iterable[str]], finish: Finish, *, replace: bool) -> float:
    """Returns the seconds that writers waited at most.

    ``build`` fills empty tables and returns the names of those that it filled; the rows of all others are taken from
    the site. ``finish`` runs before others can read them. Raises :class:`DatabaseNotEmpty`.
    """
    if not replace and has_users():
        raise DatabaseNotEmpty
    if connection.vendor == "postgresql":
        return replace_schema(build, finish, replace=replace)
    return replace_file(build, finish, replace=replace)


def replace_schema(build: Callable[[], Iterable[str]], finish: Finish, *, replace: bool) -> float:
    """In one transaction, so that a killed process leaves nothing behind."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        live = cursor.fetchone()[0]
        cursor.execute(f"CREATE SCHEMA {SCHEMA}")
        cursor.execute(f"SET LOCAL search_path = {SCHEMA}, {quote_name(live)}")  # with the extensions
        with connection.schema_editor() as editor:  # hides the table of the site, in which migrations are applied
            editor.create_model(MigrationRecorder.Migration)
        filled = {*build(), MigrationRecorder.Migration._meta.db_table}
        staged = set(list_tables_of(SCHEMA))
        replaced = staged.intersection(list_tables_of(live))
        lock_tables([f"{quote_name(live)}.{quote_name(name)}" for name in sorted(replaced)])
        began = time.monotonic()
        cursor.execute(f"SET LOCAL search_path = {quote_name(live)}")
        if not replace and has_users():
            raise DatabaseNotEmpty
        cursor.execute(f"SET LOCAL search_path = {SCHEMA}, {quote_name(live)}")
        copy_rows(sorted(replaced - filled), live, SCHEMA)
        finish()
        for name in replaced:
            cursor.execute(
                f"DROP TABLE {quote_name(live)}.{quote_name(name)} CASCADE"
            )  # with foreign keys between them
        for name in staged:
            cursor.execute(f"ALTER TABLE {SCHEMA}.{quote_name(name)} SET SCHEMA {quote_name(live)}")
        move_extensions(live)
        cursor.execute(f"DROP SCHEMA {SCHEMA}")
        cursor.execute(f"SET LOCAL search_path = {quote_name(live)}")
    return time.monotonic() - began


def list_tables_of(schema: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
        return [name for (name,) in cursor.fetchall()]


def lock_tables(names: list[str]) -> None:
    """Tries again after a timeout or a deadlock, so that nobody waits for long behind it."""
    for attempt in range(LOCK_ATTEMPTS if names else 0):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}s'")
                cursor.execute(f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE")
                break
        except OperationalError:
            if attempt == LOCK_ATTEMPTS - 1:
                raise
            time.sleep(1)


def move_extensions(schema: str) -> None:
    """Extensions that a migration created in an empty database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE nspname = %s", [SCHEMA]
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"ALTER EXTENSION {quote_name(name)} SET SCHEMA {quote_name(schema)}")


def copy_rows(tables: Iterable[str], source: str, target: str) -> None:
    """Only of tables with the same columns on both sides: those of an older version stay empty."""
    for name in tables:
        columns = [list_columns(name, schema) for schema in (source, target)]
        if columns[0] == columns[1]:
            names = ", ".join(map(quote_name, columns[0]))
            with connection.cursor() as cursor:
                cursor.execute(
                    f"INSERT INTO {quote_name(target)}.{quote_name(name)} ({names}) "  # noqa: S608
                    f"SELECT {names} FROM {quote_name(source)}.{quote_name(name)}"
                )


def list_columns(table: str, schema: str) -> list[str]:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s "
                "ORDER BY ordinal_position",
                [schema, table],
            )
        else:
            cursor.execute(f"SELECT name FROM pragma_table_info(%s, '{schema}')", [table])  # noqa: S608
        return sorted(name for (name,) in cursor.fetchall())


# SQLite


def replace_file(build: Callable[[], Iterable[str]], finish: Finish, *, replace: bool) -> float:
    site = connections[DEFAULT_DB_ALIAS]
    path = Path(site.settings_dict["NAME"])
    with use_scratch_file(path.with_name(f".{path.name}.restoring"), read_page_size()) as scratch:
        filled = {*build(), MigrationRecorder.Migration._meta.db_table}
        connection.disable_constraint_checking()  # until finish()
        with connection.cursor() as cursor:
            cursor.execute("ATTACH DATABASE %s AS live", [str(path)])
            # Without virtual tables and what they are made of: their own tables fill them.
            cursor.execute("SELECT name FROM pragma_table_list WHERE schema = 'live' AND type = 'table'")
            live_tables = {name for (name,) in cursor.fetchall()}
            copy_rows(sorted(live_tables.intersection(list_tables()) - filled), "live", "main")
            cursor.execute("DETACH DATABASE live")
        with use_connection(site):
            if not replace and has_users():
                raise DatabaseNotEmpty
        finish()
        began = time.monotonic()
        overwrite_database(scratch, site)
    return time.monotonic() - began


def read_page_size() -> int:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_size")
        size: int = cursor.fetchone()[0]
        return size


@contextmanager
def use_scratch_file(path: Path, page_size: int = 4096) -> Iterator[BaseDatabaseWrapper]:
    """An empty SQLite database instead of the site's, for this thread. It is deleted at the end.

    An interrupted process leaves a file that the next one replaces.
    """
    delete_database(path)
    path.touch(mode=0o600)
    begin = f"PRAGMA page_size={page_size}; PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF;"
    changed = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path), "OPTIONS": {"init_command": begin}}
    scratch = DatabaseWrapper(connections[DEFAULT_DB_ALIAS].settings_dict | changed, DEFAULT_DB_ALIAS)
    try:
        with use_connection(scratch):
            yield scratch
    finally:
        scratch.close()
        delete_database(path)


def delete_database(path: Path) -> None:
    for suffix in ("", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


@contextmanager
def use_connection(other: BaseDatabaseWrapper) -> Iterator[None]:
    before = connections[DEFAULT_DB_ALIAS]
    connections[DEFAULT_DB_ALIAS] = other
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = before


def overwrite_database(source: BaseDatabaseWrapper, target: BaseDatabaseWrapper) -> None:
    """In one transaction of the target; its readers see the old content until the end."""
    target.ensure_connection()
    copied: sqlite3.Connection = target.connection
    source.connection.backup(copied)
    copied.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the log held the whole database


def drop_indexes() -> list[str]:
    """Drops what slows loading down, and returns the statements that create it again."""
    query = POSTGRESQL_INDEXES if connection.vendor == "postgresql" else SQLITE_INDEXES
    with connection.cursor() as cursor:
        cursor.execute(query)
        rows = cursor.fetchall()
        for drop, _create in rows:
            cursor.execute(drop)
    return [create for _drop, create in rows]


# Foreign keys before the unique indexes that they need; created in the opposite order.
POSTGRESQL_INDEXES = """
    SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
           format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
    UNION ALL
    SELECT format('DROP INDEX %s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE c.relnamespace = current_schema()::regnamespace
      AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = i.indexrelid AND contype <> 'f')
"""
SQLITE_INDEXES = """
    SELECT 'DROP INDEX "' || name || '"', sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL
"""
