"""Restores an archive completely or not at all, while the site runs.

The archive is loaded into tables beside those of the site (ops/staging.py). An archive of an older version is loaded
into the tables that it knew, and those are brought up to date before they replace the site's.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
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
from ops import archive, media, staging, tables
from ops.archive import Checksums, InvalidArchive, Manifest
from ops.progress import Progress
from ops.staging import quote_name


def restore_archive(
    file: BinaryIO, manifest: Manifest, sums: Checksums, progress: Progress, *, replace: bool = False
) -> float:
    """Returns the seconds that writers waited at most. ``manifest`` and ``sums`` are from ``archive.verify_archive``.

    Raises ``UnknownMigrations``, ``DatabaseNotEmpty`` or ``InvalidArchive``.
    """
    tables.load_migrations(tables.get_applied_migrations())
    incoming = media.IncomingMedia()

    def build() -> list[str]:
        return load_archive(file, manifest, sums, incoming, progress)

    def finish() -> None:
        finish_restore(tables.get_apps_at(list_all_migrations()))

    try:
        waited = staging.replace_tables(build, finish, replace=replace)
        incoming.replace_root()
    finally:
        incoming.discard()
    emit_post_migrate_signal(0, interactive=False, db="default")
    ContentType.objects.clear_cache()
    Workspace.forget()
    return waited


def load_archive(
    file: BinaryIO, manifest: Manifest, sums: Checksums, incoming: media.Incoming, progress: Progress
) -> list[str]:
    """Loads it into an empty database and brings that up to date.

    Returns the names of the tables with its rows, and of those that stay empty until they are made anew.
    """
    nodes = get_migration_nodes(manifest)
    progress.report_step("Creates the tables.")
    migrate_to(nodes)
    models = {model._meta.label_lower: model for model in tables.list_archived_models(tables.get_apps_at(nodes))}
    check_columns(manifest, models)
    connection.disable_constraint_checking()  # rows may come in any order; on SQLite, migrations enabled it
    with transaction.atomic():
        clear_tables([*models.values()])
        indexes = staging.drop_indexes()
        load_tables(file, sums, models, incoming, progress)
        progress.report_step("Creates the indexes.")
        with connection.cursor() as cursor:
            for sql in reversed(indexes):
                cursor.execute(sql)
        reset_sequences([*models.values()])
        connection.check_constraints()
    migrate_to(list_all_migrations())
    connection.check_constraints()
    apps = tables.get_apps_at(list_all_migrations())
    return [model._meta.db_table for model in (*tables.list_archived_models(apps), *tables.list_models_made_anew(apps))]


def get_migration_nodes(manifest: Manifest) -> list[tables.Node]:
    return [(app, name) for app, _dot, name in (node.partition(".") for node in manifest.migrations)]


def list_all_migrations() -> list[tables.Node]:
    return sorted(MigrationLoader(None, ignore_no_migrations=True).graph.nodes)


def migrate_to(nodes: Iterable[tables.Node]) -> None:
    """Applies exactly these migrations to a database that has none beyond them."""
    wanted = set(nodes)
    executor = MigrationExecutor(connection)
    if wanted - set(executor.loader.applied_migrations):
        executor.migrate(find_leaf_nodes(wanted, executor.loader.graph))


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


@archive.wrap_archive_errors()
def load_tables(
    file: BinaryIO,
    sums: Checksums,
    models: dict[str, type[Model]],
    incoming: media.Incoming,
    progress: Progress,
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
            progress(table, loaded[table])
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


def finish_restore(apps: Apps) -> None:
    """Makes the loaded rows and those of the site consistent before others can read them."""
    delete_orphaned_sessions(apps)
    reset_sequences(tables.list_excluded_models(apps))
    connection.check_constraints()
    # Sequence numbers are used again, so a new epoch makes clients start from a snapshot.
    apps.get_model("accounts", "Workspace")._base_manager.update(epoch=make_epoch())
    with suppress(LookupError):
        interrupt_collector(apps)


def reset_sequences(models: list[type[Model]]) -> None:
    with connection.cursor() as cursor:
        for sql in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(sql)


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
