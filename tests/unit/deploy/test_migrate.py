"""``manage.py migrate --log``, as containers start with it."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).parents[3]


def run_migrate(database: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "migrate", "--noinput", "--log"],
        cwd=ROOT,
        env=os.environ | {"MYWEB_SQLITE": str(database), "MYWEB_LOG_FORMAT": "json"},
        capture_output=True,
        text=True,
        check=False,
    )


def migrate(database: Path) -> list[dict[str, str]]:
    """What it says, which is nothing but objects of the log."""
    done = run_migrate(database)
    assert (done.returncode, done.stdout) == (0, "")
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_each_migration_is_a_line_of_the_log(tmp_path: Path) -> None:
    told = migrate(tmp_path / "site.sqlite3")
    assert {each["logger"] for each in told} == {"ops.migrate"}
    assert "applied chat.0001_initial" in [each["message"] for each in told]
    assert not migrate(tmp_path / "site.sqlite3"), "nothing is left to do"


def test_the_database_of_a_version_with_other_migrations_is_told_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "site.sqlite3"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE django_migrations (id INTEGER PRIMARY KEY, app TEXT, name TEXT, applied TEXT)")
        database.execute("INSERT INTO django_migrations VALUES (1, 'chat', '0001_initial', '2026-01-01')")
    done = run_migrate(path)
    assert done.returncode == 1
    assert "made by another version of myweb" in done.stderr
    assert "rm var/myweb.sqlite3*" in done.stderr
    assert "Traceback" not in done.stderr
