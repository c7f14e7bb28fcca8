"""Query sets for hot paths: compiled to SQL once, with parameters for the values that differ.

Building a query set and its SQL takes Django several times longer than PostgreSQL takes to answer a primary key.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.query import get_related_populators

M = TypeVar("M", bound=Model)
MAX_KEY = 2**63 - 1  # no key is above it, and SQLite takes no number above it


class Parameter(NamedTuple):
    name: str


class QueryPlan(NamedTuple):
    sql: str
    parameters: list[Any]  # each a value, or a Parameter
    columns: list[str]  # of the model; those of its relations follow
    populators: list[Any]
    compiler: Any
    converters: Any


def query_parameter(name: str) -> RawSQL:
    """A placeholder in a filter for a later value. Only for lookups that take the value unchanged."""
    return RawSQL("%s", (Parameter(name),))


class PreparedQuery(Generic[M]):
    """``rooms = PreparedQuery(lambda: Room.objects.filter(pk=query_parameter("room")))``, then ``rooms(room=7)``.

    Knows ``filter``, ``order_by``, slices and ``select_related``; no annotations, and nothing is prefetched.
    """

    def __init__(self, build: Callable[[], QuerySet[M]]) -> None:
        self.build = build
        self.plans: dict[str, QueryPlan] = {}  # by vendor

    def __call__(self, **values: Any) -> list[M]:
        if any(isinstance(value, int) and value > MAX_KEY for value in values.values()):
            return []
        return self.make_models(fetch_prepared(*self.make_statement(**values)))

    def make_statement(self, **values: Any) -> tuple[str, list[Any]]:
        """For :func:`fetch_all_prepared`; then :meth:`make_models` takes its rows."""
        plan = self.get_plan()
        return plan.sql, [
            adapt_value(values[slot.name]) if isinstance(slot, Parameter) else slot for slot in plan.parameters
        ]

    def make_models(self, rows: list[tuple[Any, ...]]) -> list[M]:
        plan = self.get_plan()
        if plan.converters:
            rows = list(map(tuple, plan.compiler.apply_converters(rows, plan.converters)))
        return [self.make_model(row, plan) for row in rows]

    def get_plan(self) -> QueryPlan:
        return self.plans.get(connection.vendor) or self.make_plan()

    def make_plan(self) -> QueryPlan:
        compiler = self.build().query.get_compiler("default")
        sql, parameters = compiler.as_sql()
        columns = [column.target.attname for column, _sql, _alias in compiler.select]
        own = columns[: len(compiler.klass_info["select_fields"])]
        populators = get_related_populators(compiler.klass_info, compiler.select, "default")  # type: ignore[call-arg]
        converters = compiler.get_converters([column for column, _sql, _alias in compiler.select])
        plan = QueryPlan(sql, list(parameters), own, populators, compiler, converters)
        self.plans[connection.vendor] = plan
        return plan

    def make_model(self, row: tuple[Any, ...], plan: QueryPlan) -> M:
        model: M = plan.compiler.klass_info["model"].from_db("default", plan.columns, row[: len(plan.columns)])
        for populator in plan.populators:
            populator.populate(row, model)
        return model


class AnyUser(NamedTuple):
    """Stands for the user of a query that is built before there is one."""

    is_admin: bool
    pk: RawSQL = query_parameter("user")


class PreparedForUsers(Generic[M]):
    """``checks = PreparedForUsers(checks_of)``, then ``checks(user)``: compiled once for admins and once for others.

    ``build`` may use only ``pk`` and ``is_admin`` of the user, and nothing that changes, such as the time.
    """

    def __init__(self, build: Callable[[Any], QuerySet[M]]) -> None:
        self.queries = {role: PreparedQuery(partial(build, AnyUser(role))) for role in (False, True)}

    def __call__(self, user: Any) -> list[M]:
        return self.queries[user.is_admin](user=user.pk)


def fetch_prepared(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    return fetch_all_prepared((sql, values))[0]


def fetch_all_prepared(*statements: tuple[str, Sequence[Any]]) -> list[list[tuple[Any, ...]]]:
    """The rows of prepared statements: PostgreSQL parses and plans them once a connection, and gets all in one trip.

    Django's own cursors put the values into the SQL text, so every execution is parsed anew.
    """
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            return [cursor.execute(sql, values).fetchall() for sql, values in statements]
    connection.validate_no_broken_transaction()
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    driver: Any = connection.connection
    with connection.wrap_database_errors:
        rows: list[list[tuple[Any, ...]]] = driver.fetch_prepared(*statements)
    return rows


def adapt_value(value: Any) -> Any:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
