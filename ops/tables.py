"""The tables of an archive, as the applied migrations define them, and their values as JSON.

The models come from those migrations, not from the code, so a backup also works before an update.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from django.apps.registry import Apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.models import ExpressionWrapper, F, Field, ForeignKey, Model, TextField

from myweb.stored_text import StoredTextField
from ops.archive import TableColumns

Node = tuple[str, str]  # app, name of a migration

# Sessions are not archived, so that an archive signs nobody in. Devices end with them, and a browser adds its own anew
# when it is signed in. The others are the state of running processes.
EXCLUDED = {
    *("accounts.session", "sessions.session", "push.pushdevice", "push.pushmessage", "tasks.worker"),
    *("metrics.lease", "metrics.process", "metrics.tick", "link_previews.hostturn"),
}
MADE_ANEW = {"chat.messageindex"}  # from the rows of a restored archive, by the worker
# Fields whose values need no conversion to JSON.
PLAIN = {
    *("AutoField", "BigAutoField", "SmallAutoField", "IntegerField", "BigIntegerField", "SmallIntegerField"),
    *("PositiveIntegerField", "PositiveBigIntegerField", "PositiveSmallIntegerField", "BooleanField"),
    *("CharField", "TextField", "SlugField"),
}
CHUNK_SIZE = 2_000  # rows
DECODER = msgspec.json.Decoder(list[Any])


class UnknownMigrations(Exception):
    """Migrations that this version of the code does not have."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = sorted(names)
        super().__init__(", ".join(self.names))


def get_applied_migrations() -> list[Node]:
    """The migrations of the database; none if it is empty."""
    return sorted(MigrationLoader(connection).applied_migrations)


def load_migrations(nodes: Sequence[Node]) -> MigrationLoader:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    if unknown := [f"{app}.{name}" for app, name in nodes if (app, name) not in loader.graph.nodes]:
        raise UnknownMigrations(unknown)
    return loader


def get_apps_at(nodes: Sequence[Node]) -> Apps:
    """The models as exactly these migrations define them."""
    return render_apps(tuple(sorted(nodes)))


@lru_cache(maxsize=2)  # rendering takes a second
def render_apps(nodes: tuple[Node, ...]) -> Apps:
    apps: Apps = load_migrations(nodes).project_state(list(nodes)).apps
    return apps


def list_archived_models(apps: Apps) -> list[type[Model]]:
    models = [model for model in apps.get_models(include_auto_created=True) if is_table_model(model)]
    return [model for model in models if model._meta.label_lower not in EXCLUDED | MADE_ANEW]


def list_models_made_anew(apps: Apps) -> list[type[Model]]:
    return [model for model in apps.get_models() if model._meta.label_lower in MADE_ANEW]


def list_excluded_models(apps: Apps) -> list[type[Model]]:
    return [model for model in apps.get_models() if is_table_model(model) and model._meta.label_lower in EXCLUDED]


def is_table_model(model: type[Model]) -> bool:
    return model._meta.managed and not model._meta.proxy


def get_columns(model: type[Model]) -> list[Any]:
    return [field for field in model._meta.local_concrete_fields if not getattr(field, "generated", False)]


def describe_table(model: type[Model]) -> TableColumns:
    return TableColumns(model._meta.label_lower, [field.column for field in get_columns(model)])


def dump_rows(model: type[Model]) -> Iterator[bytes]:
    """Every row in the order of its key, one JSON array each."""
    fields = get_columns(model)
    rows = model._base_manager.order_by("pk").values_list(*map(select_stored_value, fields))
    floats = [place for place, field in enumerate(fields) if get_field_type(field) == "FloatField"]
    encode = msgspec.json.Encoder().encode
    for row in rows.iterator(chunk_size=CHUNK_SIZE):
        yield encode(encode_floats(row, floats) if floats else row)


def select_stored_value(field: "Field[Any, Any]") -> "str | ExpressionWrapper[Any]":
    """The field, or its column where the field would translate what is stored."""
    if isinstance(field, StoredTextField):
        return ExpressionWrapper(F(field.attname), output_field=TextField())
    return field.attname


def encode_floats(row: Sequence[Any], floats: Iterable[int]) -> list[Any]:
    """JSON has no infinity and no NaN, so they become strings."""
    values = list(row)
    for place in floats:
        if values[place] is not None and not math.isfinite(values[place]):
            values[place] = str(values[place])
    return values


def get_field_type(field: "Field[Any, Any]") -> str:
    if isinstance(field, ForeignKey):
        return get_field_type(field.target_field)
    return field.get_internal_type()


Convert = Callable[[Any], Any]


def get_converters(fields: Sequence["Field[Any, Any]"]) -> list[tuple[int, Convert]]:
    """Converters for the columns whose JSON values this database does not accept."""
    return [(place, make_converter(field)) for place, field in enumerate(fields) if get_field_type(field) not in PLAIN]


def make_converter(field: "Field[Any, Any]") -> Convert:
    def convert(value: Any) -> Any:
        return field.get_db_prep_save(field.to_python(value), connection)

    return convert


def parse_rows(body: bytes, model: type[Model]) -> list[list[Any]]:
    """Rows of an archive as parameters for this database."""
    decoded = DECODER.decode_lines(body)
    for place, convert in get_converters(get_columns(model)):
        for row in decoded:
            if row[place] is not None:
                row[place] = convert(row[place])
    return decoded
