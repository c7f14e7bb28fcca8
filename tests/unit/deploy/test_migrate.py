"""``manage.py migrate --log``, as containers start with it."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def migrate(database: Path) -> list[dict[str, str]]:
    """What it says, which is nothing but objects of the log."""
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--noinput", "--log"],
        cwd=ROOT,
        env=os.environ | {"MYWEB_SQLITE": str(database), "MYWEB_LOG_FORMAT": "json"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not done.stdout
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_each_migration_is_a_line_of_the_log(tmp_path: Path) -> None:
    told = migrate(tmp_path / "site.sqlite3")
    assert {each["logger"] for each in told} == {"ops.migrate"}
    assert "applied chat.0001_initial" in [each["message"] for each in told]
    assert not migrate(tmp_path / "site.sqlite3"), "nothing is left to do"
