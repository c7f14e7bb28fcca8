"""Restores an archive completely or not at all.

Everything happens in one transaction, migrations included: an archive of an older version is loaded into the tables
that it knew, and those are brought up to date afterwards.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO

from django.apps.registry import Apps
from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.core.management.sql import emit_post_migrate_signal
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.loader import MigrationLoader
from django.db.models import Model
from django.db.models.functions import Now

from accounts.models import Workspace, make_epoch
from monitor.metrics.lease import LEASE_DURATION
from ops import archive, media, tables
from ops.archive import Checksums, InvalidArchive, Manifest
from ops.backup import ProgressCallback

USER_TABLES = ("accounts_user", "accounts_workspace", "chat_room")  # a site with a row in one of these is in use


class DatabaseNotEmpty(Exception):
    """The database has users or rooms."""


def restore_archive(
    file: BinaryIO, manifest: Manifest, sums: Checksums, report_progress: ProgressCallback, *, replace: bool = False
) -> None:
    """``manifest`` and ``sums`` are from :func:`archive.verify_archive`.

    Raises ``UnknownMigrations``, ``DatabaseNotEmpty`` or ``InvalidArchive``.
    """
    tables.load_migrations(tables.get_applied_migrations())
    nodes = get_migration_nodes(manifest)
    apps = tables.get_apps_at(nodes)
    incoming = media.IncomingMedia()
    try:
        with run_in_transaction():
            if not replace and has_users():
                raise DatabaseNotEmpty
            migrate_to(nodes)
            models = {model._meta.label_lower: model for model in tables.list_archived_models(apps)}
            check_columns(manifest, models)
            clear_tables([*models.values()])
            load_tables(file, sums, models, incoming, report_progress)
            finish_restore(apps, [*models.values()])
            migrate_to(MigrationLoader(None, ignore_no_migrations=True).graph.nodes)
            connection.check_constraints()
            incoming.replace_root()
    finally:
        incoming.discard()
    emit_post_migrate_signal(0, interactive=False, db="default")
    ContentType.objects.clear_cache()
    Workspace.forget()


def get_migration_nodes(manifest: Manifest) -> list[tables.Node]:
    return [(app, name) for app, _dot, name in (node.partition(".") for node in manifest.migrations)]


@contextmanager
def run_in_transaction() -> Iterator[None]:
    """One transaction in which rows and tables may change in any order."""
    connection.disable_constraint_checking()  # SQLite recreates tables, and only so
    try:
        with transaction.atomic():
            lock_tables()
            yield
    finally:
        connection.enable_constraint_checking()


def lock_tables() -> None:
    """Writers wait for the restore, readers do not. SQLite's transaction does this by itself."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            names = ", ".join(map(connection.ops.quote_name, connection.introspection.table_names(cursor)))
            if names:
                cursor.execute(f"LOCK TABLE {names} IN EXCLUSIVE MODE")


def has_users() -> bool:
    with connection.cursor() as cursor:
        existing = set(connection.introspection.table_names(cursor))
        for name in existing.intersection(USER_TABLES):
            cursor.execute(f"SELECT 1 FROM {name} LIMIT 1")  # noqa: S608 - names from here
            if cursor.fetchone():
                return True
    return False


def migrate_to(nodes: Iterable[tables.Node]) -> None:
    """Applies exactly these migrations; if the database has later ones, it unapplies them first."""
    wanted = set(nodes)
    executor = MigrationExecutor(connection)
    executor.loader.check_consistent_history(connection)
    graph, done = executor.loader.graph, set(executor.loader.applied_migrations)
    targets = find_leaf_nodes(wanted, graph)
    if beyond := {app for app, _name in done.intersection(graph.nodes) - wanted}:
        known = {app for app, _name in wanted}
        executor.migrate([node for node in targets if node[0] in beyond] + [(app, None) for app in beyond - known])
        executor = MigrationExecutor(connection)
    if wanted - set(executor.loader.applied_migrations):
        executor.migrate(targets)


def find_leaf_nodes(nodes: set[tables.Node], graph: MigrationGraph) -> list[tuple[str, str | None]]:
    """The last migrations of each app."""
    inner = {parent.key for node in nodes for parent in graph.node_map[node].parents if parent.key[0] == node[0]}
    return [(app, name) for app, name in sorted(nodes - inner)]


def check_columns(manifest: Manifest, models: dict[str, type[Model]]) -> None:
    for table in manifest.tables:
        if table.name not in models or tables.describe_table(models[table.name]).columns != table.columns:
            raise InvalidArchive(f"Its table {table.name} has different columns than its migrations define.")


def clear_tables(models: Sequence[type[Model]]) -> None:
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"DELETE FROM {quote_name(model._meta.db_table)}")  # noqa: S608


def quote_name(name: str) -> str:
    return connection.ops.quote_name(name)


@archive.wrap_archive_errors()
def load_tables(
    file: BinaryIO,
    sums: Checksums,
    models: dict[str, type[Model]],
    incoming: media.IncomingMedia,
    report_progress: ProgressCallback,
) -> None:
    loaded = dict.fromkeys(sums.rows, 0)
    for name, body in archive.read_members(file):
        if name.startswith(media.PREFIX):
            incoming.add_file(name, body)
        elif name.startswith("tables/"):
            table = name.split("/")[1]
            content, digest = archive.read_and_hash(body)
            if digest != sums.members[name] or table not in models:
                raise InvalidArchive(f"It has changed since it was verified: {name}.")
            loaded[table] += insert_rows(models[table], tables.parse_rows(content, models[table]))
            report_progress(table, loaded[table])
    if loaded != sums.rows:
        raise InvalidArchive("The number of rows does not match its manifest.")


def insert_rows(model: type[Model], rows: list[list[Any]]) -> int:
    table = quote_name(model._meta.db_table)
    names = ", ".join(quote_name(field.column) for field in tables.get_columns(model))
    try:
        with connection.wrap_database_errors, connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
            else:
                marks = ", ".join(["%s"] * len(tables.get_columns(model)))
                cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608
    except (DatabaseError, ValueError) as error:
        raise InvalidArchive(f"{model._meta.label_lower}: this database rejected a row ({error}).") from None
    return len(rows)


def finish_restore(apps: Apps, models: Sequence[type[Model]]) -> None:
    """Makes the loaded rows consistent before others can read them."""
    delete_orphaned_sessions(apps)
    connection.check_constraints(table_names=[model._meta.db_table for model in models])
    with connection.cursor() as cursor:
        for sql in connection.ops.sequence_reset_sql(no_style(), list(models)):
            cursor.execute(sql)
    # Sequence numbers are used again, so a new epoch makes clients start from a snapshot.
    apps.get_model("accounts", "Workspace")._base_manager.update(epoch=make_epoch())
    with suppress(LookupError):
        interrupt_collector(apps)


def delete_orphaned_sessions(apps: Apps) -> None:
    """Deletes the sessions of users who are not in the archive."""
    for model in tables.list_excluded_models(apps):
        if model._meta.label_lower == "accounts.session":
            users = apps.get_model("accounts", "User")._base_manager.values("pk")
            model._base_manager.exclude(user__in=users).delete()
        elif model._meta.label_lower == "metrics.tick":
            model._base_manager.all().delete()


def interrupt_collector(apps: Apps) -> None:
    """The collector caches keys of rows; it drops them when another process takes its lease."""
    apps.get_model("metrics", "Lease")._base_manager.update_or_create(
        name="collector", defaults={"holder": "restore", "until": Now() + LEASE_DURATION}
    )
