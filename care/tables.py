"""Which tables travel in an archive, as the migrations that were applied have made them, and their values as JSON.

The models come from those migrations, not from the code: a site is backed up before an update as well as after it.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec
from django.apps.registry import Apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.models import Field, ForeignKey, Model

from care.archive import Table

Node = tuple[str, str]  # app, name of a migration

# Who is signed in stays with the site: with an archive alone nobody shall be anybody. The others are what a process
# says of this moment.
STAYING = {"accounts.session", "sessions.session", "metrics.lease", "metrics.process", "metrics.tick"}
# What JSON has as it is, on both databases.
PLAIN = {
    *("AutoField", "BigAutoField", "SmallAutoField", "IntegerField", "BigIntegerField", "SmallIntegerField"),
    *("PositiveIntegerField", "PositiveBigIntegerField", "PositiveSmallIntegerField", "BooleanField"),
    *("CharField", "TextField", "SlugField"),
}
AT_ONCE = 2_000  # rows
DECODER = msgspec.json.Decoder(list[Any])


class Newer(Exception):
    """Migrations that this version of the code does not have."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = sorted(names)
        super().__init__(", ".join(self.names))


def applied() -> list[Node]:
    """Asks the database; none where it is empty."""
    return sorted(MigrationLoader(connection).applied_migrations)


def known(nodes: Sequence[Node]) -> MigrationLoader:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    if unknown := [f"{app}.{name}" for app, name in nodes if (app, name) not in loader.graph.nodes]:
        raise Newer(unknown)
    return loader


def apps_at(nodes: Sequence[Node]) -> Apps:
    """The models as they were when exactly these migrations had been applied."""
    apps: Apps = known(nodes).project_state(list(nodes)).apps
    return apps


def travelling(apps: Apps) -> list[type[Model]]:
    models = [each for each in apps.get_models(include_auto_created=True) if is_table(each)]
    return [each for each in models if each._meta.label_lower not in STAYING]


def staying(apps: Apps) -> list[type[Model]]:
    return [each for each in apps.get_models() if is_table(each) and each._meta.label_lower in STAYING]


def is_table(model: type[Model]) -> bool:
    return model._meta.managed and not model._meta.proxy


def columns(model: type[Model]) -> list[Any]:
    return [field for field in model._meta.local_concrete_fields if not getattr(field, "generated", False)]


def described(model: type[Model]) -> Table:
    return Table(model._meta.label_lower, [field.column for field in columns(model)])


def lines(model: type[Model]) -> Iterator[bytes]:
    """Every row in the order of its key, one JSON array each."""
    fields = columns(model)
    rows = model._base_manager.order_by("pk").values_list(*(field.attname for field in fields))
    floats = [place for place, field in enumerate(fields) if kind(field) == "FloatField"]
    encode = msgspec.json.Encoder().encode
    for row in rows.iterator(chunk_size=AT_ONCE):
        yield encode(with_words(row, floats) if floats else row)


def with_words(row: Sequence[Any], floats: Iterable[int]) -> list[Any]:
    """JSON has no word for what is not a number."""
    values = list(row)
    for place in floats:
        if values[place] is not None and not math.isfinite(values[place]):
            values[place] = str(values[place])
    return values


def kind(field: "Field[Any, Any]") -> str:
    if isinstance(field, ForeignKey):
        return kind(field.target_field)
    return field.get_internal_type()


Convert = Callable[[Any], Any]


def converters(fields: Sequence["Field[Any, Any]"]) -> list[tuple[int, Convert]]:
    """For those places of a row where what JSON holds is not what this database takes."""
    return [(place, inward(field)) for place, field in enumerate(fields) if kind(field) not in PLAIN]


def inward(field: "Field[Any, Any]") -> Convert:
    def convert(value: Any) -> Any:
        return field.get_db_prep_save(field.to_python(value), connection)

    return convert


def rows(body: bytes, model: type[Model]) -> list[list[Any]]:
    """Rows of an archive as parameters for this database."""
    found = DECODER.decode_lines(body)
    for place, convert in converters(columns(model)):
        for row in found:
            if row[place] is not None:
                row[place] = convert(row[place])
    return found
