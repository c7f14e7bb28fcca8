"""The book: it answers, has the tables of this code, and room for everybody who asks it."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from care.doctor.finding import Findings, counted, failed, milliseconds, ok, warning, why
from care.doctor.ways import way

if TYPE_CHECKING:
    from care.doctor.front import Front

FULL = 0.8  # of the connections that there may be
BUSY = 2000  # ms that SQLite waits for another writer
NOW_USED = """
    select count(*), current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    from pg_stat_activity where backend_type = 'client backend'
"""


def database(_front: "Front") -> Findings:
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        yield failed("its file is not there", f"{way().manage} migrate - or MYWEB_SQLITE, which names it")
        return  # to ask would make it
    try:
        with connection.cursor() as cursor:
            begun = time.perf_counter()
            cursor.execute("select 1")
            took = time.perf_counter() - begun
            yield ok(f"{version()}, {milliseconds(took)}")
        yield from postgresql() if connection.vendor == "postgresql" else sqlite()
        yield from migrations()
    except DatabaseError as error:
        yield failed(f"it does not respond: {why(error)}", lost())


def lost() -> str:
    """The way out for whoever does not reach it."""
    if connection.vendor == "postgresql":
        return way().starts("postgres")
    return "MYWEB_SQLITE names the file; its directory must exist and be writable for the user of the site"


def to_reach_it(part: str) -> str:
    """The way out for a part that does not: it is its own fault if others do."""
    try:
        if connection.vendor == "postgresql":  # to ask for SQLite's file would make it
            connection.ensure_connection()
    except DatabaseError:
        return lost()
    return way().starts(part)


def version() -> str:
    return f"{connection.display_name} {'.'.join(map(str, connection.get_database_version()))}"


def postgresql() -> Findings:
    with connection.cursor() as cursor:
        cursor.execute(NOW_USED)
        used, most = cursor.fetchone()
        cursor.execute("show transaction_read_only")
        reads_only = cursor.fetchone() == ("on",)
    if reads_only:
        yield failed(
            "it is read-only: it is a replica, or default_transaction_read_only is on",
            "Set DATABASE_HOST to the primary",
        )
    if used < FULL * most:
        yield ok(f"{used} of {most} connections")
    else:
        more = f"{way().psql} -c 'alter system set max_connections = {2 * most}'; {way().starts('postgres')}"
        yield warning(f"{used} of {most} connections are in use; at the limit, pages fail", more)


def sqlite() -> Findings:
    with connection.cursor() as cursor:
        cursor.execute(f"pragma busy_timeout = {BUSY}")
        cursor.execute("pragma journal_mode")
        mode = cursor.fetchone()[0]
        try:
            cursor.execute("begin immediate")
        except DatabaseError as error:
            yield failed(
                f"it is not writable: {why(error)}",
                "Stop the process that locks it (fuser), and make its file and directory writable: MYWEB_SQLITE",
            )
        else:
            cursor.execute("rollback")
            yield ok("writable")
    if mode != "wal":
        yield warning(
            f"journal_mode is {mode}, so readers wait for writers", "Put MYWEB_SQLITE on a disk of this machine"
        )


def migrations() -> Findings:
    executor = MigrationExecutor(connection)
    graph, there = executor.loader.graph, executor.loader.applied_migrations
    missing = [str(step) for step, _backwards in executor.migration_plan(graph.leaf_nodes())]
    if missing:
        told = f"{counted(len(missing), 'migration is', 'migrations are')} not applied: {', '.join(missing[:3])}"
        yield failed(told + (", ..." if len(missing) > 3 else ""), f"{way().manage} migrate")
    else:
        yield ok(f"{counted(len(graph.nodes), 'migration')} applied")
    replaced = {each for node in executor.loader.disk_migrations.values() for each in node.replaces}
    if newer := sorted(f"{app}.{name}" for app, name in there.keys() - graph.nodes.keys() - replaced):
        apps = executor.loader.migrated_apps
        if newer := [each for each in newer if each.partition(".")[0] in apps]:
            yield warning(f"the database is newer than this code: {', '.join(newer[:3])}", "Deploy the newer code")
