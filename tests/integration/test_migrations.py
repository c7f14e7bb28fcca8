"""While a release goes into service, the code before it works on its tables: see "Releases" in docs/deploy.md."""

import sysconfig
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection, migrations, models
from django_migration_linter import MigrationLinter

OURS = ["accounts", "tasks", "push", "chat", "files", "link_previews"]
OURS += ["metrics", "dashboards", "oncall", "alerts", "checks", "status"]
# Before the first release, or contracting what the release before no longer used: each with its reason.
JUDGED: dict[str, str] = {}


@pytest.fixture
def linter(db: None) -> MigrationLinter:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite changes a column by making its table anew, which tells nothing")
    return MigrationLinter(
        str(Path(__file__).parents[2]),
        include_apps=OURS,
        ignore_name=JUDGED,
        no_cache=True,
        ignore_initial_migrations=True,
    )


def test_the_code_before_bears_every_migration(linter: MigrationLinter, capsys: pytest.CaptureFixture[str]) -> None:
    linter.lint_all_migrations()
    assert linter.nb_total > len(OURS)
    assert not linter.has_errors, f"expand now, contract in the release after:\n{capsys.readouterr().out}"


@pytest.mark.parametrize(
    "operation",
    [
        migrations.RemoveField("room", "name"),
        migrations.RenameField("room", "name", "title"),
        migrations.DeleteModel("Message"),
        migrations.AddField("room", "colour", models.TextField()),
        migrations.AlterField("message", "card", models.JSONField()),
    ],
    ids=lambda operation: operation.describe(),
)
def test_what_breaks_it_is_found(
    linter: MigrationLinter, operation: migrations.operations.base.Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = max(name for app, name in linter.migration_loader.disk_migrations if app == "chat")
    kind = type("Migration", (migrations.Migration,), {"operations": [operation], "dependencies": [("chat", last)]})
    breaking = kind(f"{last}_breaks", "chat")
    state = linter.migration_loader.project_state(("chat", last))
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        breaking.apply(state, editor, collect_sql=True)
    monkeypatch.setattr(linter, "get_sql", lambda app, name: editor.collected_sql)
    monkeypatch.setattr(linter, "get_migration_hash", lambda app, name: "")  # it is in no file
    linter.lint_migration(breaking)
    assert linter.has_errors


def test_no_app_with_tables_is_left_out() -> None:
    root, libraries = Path(__file__).parents[2], sysconfig.get_path("purelib")
    ours = {
        config.label
        for config in apps.get_app_configs()
        if Path(config.path).is_relative_to(root) and not Path(config.path).is_relative_to(libraries)
    }
    assert {"chat", "metrics"} <= ours
    assert {label for label in ours if apps.get_app_config(label).models} <= set(OURS)
