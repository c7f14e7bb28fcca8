"""Query sets that are asked thousands of times a second: put into SQL once, with blanks for what differs.

Building a query set and its SQL takes Django several times longer than PostgreSQL takes to answer a primary key.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.query import get_related_populators
from psycopg import Cursor

M = TypeVar("M", bound=Model)
LARGEST = 2**63 - 1  # no key is above it, and SQLite takes no number above it


class Blank(NamedTuple):
    name: str


class Plan(NamedTuple):
    sql: str
    blanks: list[Any]
    columns: list[str]  # of the model; those of its relations follow
    populators: list[Any]
    compiler: Any
    converters: Any


def blank(name: str) -> RawSQL:
    """Stands in a filter for a value that is given later. Only where the lookup takes the value as it is."""
    return RawSQL("%s", (Blank(name),))


class Compiled(Generic[M]):
    """``Compiled(lambda: Room.objects.filter(pk=blank("room")))`` is called as ``rooms(room=7)`` and gives a list.

    Knows ``filter``, ``order_by``, slices and ``select_related``; no annotations, and nothing is prefetched.
    """

    def __init__(self, build: Callable[[], QuerySet[M]]) -> None:
        self.build = build
        self.plans: dict[str, Plan] = {}  # by vendor

    def __call__(self, **values: Any) -> list[M]:
        plan = self.plans.get(connection.vendor) or self.plan()
        if any(isinstance(value, int) and value > LARGEST for value in values.values()):
            return []
        given = [adapted(values[each.name]) if isinstance(each, Blank) else each for each in plan.blanks]
        rows = ask(plan.sql, given)
        if plan.converters:
            rows = list(map(tuple, plan.compiler.apply_converters(rows, plan.converters)))
        return [self.model_of(row, plan) for row in rows]

    def plan(self) -> Plan:
        compiler = self.build().query.get_compiler("default")
        sql, blanks = compiler.as_sql()
        columns = [column.target.attname for column, _sql, _alias in compiler.select]
        own = columns[: len(compiler.klass_info["select_fields"])]
        populators = get_related_populators(compiler.klass_info, compiler.select, "default")  # type: ignore[call-arg]
        converters = compiler.get_converters([column for column, _sql, _alias in compiler.select])
        plan = Plan(sql, list(blanks), own, populators, compiler, converters)
        self.plans[connection.vendor] = plan
        return plan

    def model_of(self, row: tuple[Any, ...], plan: Plan) -> M:
        model: M = plan.compiler.klass_info["model"].from_db("default", plan.columns, row[: len(plan.columns)])
        for each in plan.populators:
            each.populate(row, model)
        return model


def ask(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of one statement that is asked again and again: PostgreSQL reads and plans it once a connection.

    Django's own cursors send the values within the words, so that every time is the first time.
    """
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            return list(cursor.execute(sql, values).fetchall())
    connection.validate_no_broken_transaction()
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    assert connection.connection is not None
    with connection.wrap_database_errors, Cursor(connection.connection) as prepared:
        return prepared.execute(sql, values, prepare=True).fetchall()


def adapted(value: Any) -> Any:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
