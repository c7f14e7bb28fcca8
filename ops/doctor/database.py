"""Checks the database: it responds, its migrations are those of this code, and connections are free."""

import time
from pathlib import Path

from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from myweb.formats import format_duration
from ops.doctor.finding import (
    Findings,
    describe_error,
    format_count,
    report_failure,
    report_ok,
    report_warning,
)
from ops.doctor.hints import get_database_hint, is_disk_full
from ops.doctor.installation import get_installation
from ops.doctor.site_client import SiteClient

CONNECTIONS_FULL = 0.8  # of max_connections
BUSY_TIMEOUT = 2000  # ms that SQLite waits for another writer
TEMPORARY_ROWS = 1000  # of 1 kB; blocks that are free within files hold less
CONNECTIONS_SQL = """
    select count(*), current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    from pg_stat_activity where backend_type = 'client backend'
"""


def check_database(_site: SiteClient) -> Findings:
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        yield report_failure(
            "its file is not there", f"{get_installation().manage} migrate - or MYWEB_SQLITE, which names it"
        )
        return  # a connection would create it
    try:
        with connection.cursor() as cursor:
            begun = time.perf_counter()
            cursor.execute("select 1")
            took = time.perf_counter() - begun
            yield report_ok(f"{describe_version()}, {format_duration(took)}")
        yield from check_postgresql() if connection.vendor == "postgresql" else check_sqlite()
        yield from check_migrations()
    except DatabaseError as error:
        trouble = "its disk is full" if is_disk_full(error) else "it does not respond"
        yield report_failure(f"{trouble}: {describe_error(error)}", get_database_hint(error))


def describe_version() -> str:
    return f"{connection.display_name} {'.'.join(map(str, connection.get_database_version()))}"


def check_postgresql() -> Findings:
    with connection.cursor() as cursor:
        cursor.execute(CONNECTIONS_SQL)
        used, most = cursor.fetchone()
        cursor.execute("show transaction_read_only")
        reads_only = cursor.fetchone() == ("on",)
    if reads_only:
        yield report_failure(
            "it is read-only: it is a replica, or default_transaction_read_only is on",
            "Set DATABASE_HOST to the primary",
        )
    else:
        write_temporary_rows()
        yield report_ok("writable")
    if used < CONNECTIONS_FULL * most:
        yield report_ok(f"{used} of {most} connections")
    else:
        more = f"{get_installation().psql} -c 'alter system set max_connections = {2 * most}'; "
        more += get_installation().restart_command("postgres")
        yield report_warning(f"{used} of {most} connections are in use; at the limit, pages fail", more)


def write_temporary_rows() -> None:
    """A full disk still answers queries. Nothing is kept, and other sessions see nothing of it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "create temporary table doctor on commit drop as select repeat('x', 1000) from generate_series(1, %s)",
            [TEMPORARY_ROWS],
        )


def check_sqlite() -> Findings:
    with connection.cursor() as cursor:
        cursor.execute(f"pragma busy_timeout = {BUSY_TIMEOUT}")
        cursor.execute("pragma journal_mode")
        mode = cursor.fetchone()[0]
        try:
            cursor.execute("begin immediate")
        except DatabaseError as error:
            yield report_failure(
                f"it is not writable: {describe_error(error)}",
                "Stop the process that locks it (fuser), and make its file and directory writable: MYWEB_SQLITE",
            )
        else:
            cursor.execute("rollback")
            yield report_ok("writable")
    if mode != "wal":
        yield report_warning(
            f"journal_mode is {mode}, so readers wait for writers", "Put MYWEB_SQLITE on a disk of this machine"
        )


def check_migrations() -> Findings:
    executor = MigrationExecutor(connection)
    graph, applied = executor.loader.graph, executor.loader.applied_migrations
    missing = [str(step) for step, _backwards in executor.migration_plan(graph.leaf_nodes())]
    if missing:
        count = format_count(len(missing), "migration is", "migrations are")
        unapplied = f"{count} not applied: {', '.join(missing[:3])}"
        yield report_failure(unapplied + (", ..." if len(missing) > 3 else ""), f"{get_installation().manage} migrate")
    else:
        yield report_ok(f"{format_count(len(graph.nodes), 'migration')} applied")
    replaced = {key for node in executor.loader.disk_migrations.values() for key in node.replaces}
    if newer := sorted(f"{app}.{name}" for app, name in applied.keys() - graph.nodes.keys() - replaced):
        apps = executor.loader.migrated_apps
        if newer := [name for name in newer if name.partition(".")[0] in apps]:
            yield report_warning(
                f"the database is newer than this code: {', '.join(newer[:3])}", "Deploy the newer code"
            )
