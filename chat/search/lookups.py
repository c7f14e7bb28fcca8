"""``name__holds_text``: ``icontains`` for every script on both databases."""

import sqlite3
from typing import Any

from django.db.models import CharField
from django.db.models.lookups import IContains

from accounts.names import fold_handle


class HoldsText(IContains):
    """SQLite's own LIKE knows no case but that of ASCII, and no normal forms."""

    lookup_name = "holds_text"

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        column, values = self.process_lhs(compiler, connection)
        return f"instr(fold_text({column}), %s) > 0", [*values, fold_handle(str(self.rhs))]

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        """Databases know their operators by the names of Django's own lookups."""
        return IContains(self.lhs, self.rhs).as_sql(compiler, connection)


CharField.register_lookup(HoldsText)


def add_sqlite_functions(connection: Any, **_signal: Any) -> None:
    """For each new connection to SQLite: what :class:`HoldsText` calls there."""
    if isinstance(connection.connection, sqlite3.Connection):
        connection.connection.create_function("fold_text", 1, fold_handle, deterministic=True)
