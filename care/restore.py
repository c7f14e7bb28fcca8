"""Brings an archive into the database: all of it or nothing.

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
from care import archive, media, tables
from care.archive import Manifest, Sums, Unreadable
from care.backup import Tell
from monitor.metrics.lease import FOR

PEOPLE = ("accounts_user", "accounts_workspace", "chat_room")  # a site with a row in one of these is somebody's


class NotEmpty(Exception):
    """Somebody lives in this database."""


def restore(file: BinaryIO, manifest: Manifest, sums: Sums, tell: Tell, *, replace: bool = False) -> None:
    """``manifest`` and ``sums`` are from :func:`archive.verify`. Raises ``Newer``, ``NotEmpty``, ``Unreadable``."""
    tables.known(tables.applied())
    nodes = nodes_of(manifest)
    apps = tables.apps_at(nodes)
    incoming = media.Incoming()
    try:
        with whole():
            if not replace and is_inhabited():
                raise NotEmpty
            migrate(nodes)
            models = {each._meta.label_lower: each for each in tables.travelling(apps)}
            check_shape(manifest, models)
            empty([*models.values()])
            load(file, sums, models, incoming, tell)
            settle(apps, [*models.values()])
            migrate(MigrationLoader(None, ignore_no_migrations=True).graph.nodes)
            connection.check_constraints()
            incoming.settle()
    finally:
        incoming.drop()
    emit_post_migrate_signal(0, interactive=False, db="default")
    ContentType.objects.clear_cache()
    Workspace.forget()


def nodes_of(manifest: Manifest) -> list[tables.Node]:
    return [(app, name) for app, _dot, name in (each.partition(".") for each in manifest.migrations)]


@contextmanager
def whole() -> Iterator[None]:
    """One transaction in which rows and tables may change in any order."""
    connection.disable_constraint_checking()  # SQLite makes tables anew, which it does only so
    try:
        with transaction.atomic():
            lock()
            yield
    finally:
        connection.enable_constraint_checking()


def lock() -> None:
    """Who writes waits until it is over; who reads goes on. SQLite's transaction does so by itself."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            names = ", ".join(map(connection.ops.quote_name, connection.introspection.table_names(cursor)))
            if names:
                cursor.execute(f"LOCK TABLE {names} IN EXCLUSIVE MODE")


def is_inhabited() -> bool:
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        for name in there.intersection(PEOPLE):
            cursor.execute(f"SELECT 1 FROM {name} LIMIT 1")  # noqa: S608 - names from here
            if cursor.fetchone():
                return True
    return False


def migrate(nodes: Iterable[tables.Node]) -> None:
    """To exactly these; forth and, where the database is further than an old archive, first back."""
    wanted = set(nodes)
    executor = MigrationExecutor(connection)
    executor.loader.check_consistent_history(connection)
    graph, done = executor.loader.graph, set(executor.loader.applied_migrations)
    targets = heads(wanted, graph)
    if beyond := {app for app, _name in done.intersection(graph.nodes) - wanted}:
        known = {app for app, _name in wanted}
        executor.migrate([each for each in targets if each[0] in beyond] + [(app, None) for app in beyond - known])
        executor = MigrationExecutor(connection)
    if wanted - set(executor.loader.applied_migrations):
        executor.migrate(targets)


def heads(nodes: set[tables.Node], graph: MigrationGraph) -> list[tuple[str, str | None]]:
    """The last ones of each app."""
    inner = {parent.key for each in nodes for parent in graph.node_map[each].parents if parent.key[0] == each[0]}
    return [(app, name) for app, name in sorted(nodes - inner)]


def check_shape(manifest: Manifest, models: dict[str, type[Model]]) -> None:
    for table in manifest.tables:
        if table.name not in models or tables.described(models[table.name]).columns != table.columns:
            raise Unreadable(f"Its table {table.name} has different columns than its migrations define.")


def empty(models: Sequence[type[Model]]) -> None:
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"DELETE FROM {quoted(model._meta.db_table)}")  # noqa: S608


def quoted(name: str) -> str:
    return connection.ops.quote_name(name)


@archive.understood()
def load(file: BinaryIO, sums: Sums, models: dict[str, type[Model]], incoming: media.Incoming, tell: Tell) -> None:
    loaded = dict.fromkeys(sums.rows, 0)
    for name, body in archive.members(file):
        if name.startswith(media.PREFIX):
            incoming.take(name, body)
        elif name.startswith("tables/"):
            table = name.split("/")[1]
            content, found = archive.read_whole(body)
            if found != sums.members[name] or table not in models:
                raise Unreadable(f"It has changed since it was verified: {name}.")
            loaded[table] += insert(models[table], tables.rows(content, models[table]))
            tell(table, loaded[table])
    if loaded != sums.rows:
        raise Unreadable("The number of rows does not match its manifest.")


def insert(model: type[Model], rows: list[list[Any]]) -> int:
    table = quoted(model._meta.db_table)
    names = ", ".join(quoted(field.column) for field in tables.columns(model))
    try:
        with connection.wrap_database_errors, connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
            else:
                marks = ", ".join(["%s"] * len(tables.columns(model)))
                cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608
    except (DatabaseError, ValueError) as error:
        raise Unreadable(f"{model._meta.label_lower}: this database rejected a row ({error}).") from None
    return len(rows)


def settle(apps: Apps, models: Sequence[type[Model]]) -> None:
    """What must be so before anybody looks."""
    leave_out_strangers(apps)
    connection.check_constraints(table_names=[model._meta.db_table for model in models])
    with connection.cursor() as cursor:
        for sql in connection.ops.sequence_reset_sql(no_style(), list(models)):
            cursor.execute(sql)
    # Numbers that were handed out since are handed out again: whoever holds them starts from a snapshot.
    apps.get_model("accounts", "Workspace")._base_manager.update(epoch=make_epoch())
    with suppress(LookupError):
        interrupt_collector(apps)


def leave_out_strangers(apps: Apps) -> None:
    """Sessions stay with the site; those of people who are not in the archive end here."""
    for model in tables.staying(apps):
        if model._meta.label_lower == "accounts.session":
            people = apps.get_model("accounts", "User")._base_manager.values("pk")
            model._base_manager.exclude(person__in=people).delete()
        elif model._meta.label_lower == "metrics.tick":
            model._base_manager.all().delete()


def interrupt_collector(apps: Apps) -> None:
    """The collector knows sources and series by numbers: it lets go of them whenever another has the lease."""
    apps.get_model("metrics", "Lease")._base_manager.update_or_create(
        name="collector", defaults={"holder": "restore", "until": Now() + FOR}
    )
