"""What the database keeps for each row, and pays for with each write."""

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

pytestmark = pytest.mark.django_db
TABLES = sorted(model._meta.db_table for app in ("chat", "metrics") for model in apps.get_app_config(app).get_models())


def list_columns(table: str) -> dict[str, list[str]]:
    """Of each index without a condition, also of those of constraints."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, table)
    return {
        name: facts["columns"] for name, facts in found.items() if facts["index"] or facts["unique"] if facts["columns"]
    }


@pytest.mark.parametrize("table", TABLES)
def test_no_index_is_the_beginning_of_another(table: str) -> None:
    indexes = list_columns(table)
    doubled = {
        name: other
        for name, columns in indexes.items()
        for other, more in indexes.items()
        if name != other and len(columns) < len(more) and more[: len(columns)] == columns
        # Django's own for LIKE on a text, and the condition of an index is not told
        if not name.endswith("_like") and name != "message_urgent"
    }
    assert not doubled


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("app", "before"), [("chat", "0003_message_index"), ("metrics", "0001_initial")])
def test_the_migration_can_be_undone(app: str, before: str) -> None:
    prefix = f"{app}_"
    now = {table: set(list_columns(table)) for table in TABLES if table.startswith(prefix)}
    executor = MigrationExecutor(connection)
    newest = [node for node in executor.loader.graph.leaf_nodes() if node[0] == app]
    try:
        executor.migrate([(app, before)])
        assert any(len(list_columns(table)) > len(names) for table, names in now.items())
    finally:
        MigrationExecutor(connection).migrate(newest)
    assert {table: set(list_columns(table)) for table in now} == now
