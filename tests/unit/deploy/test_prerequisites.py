"""deploy/prerequisites.sh: what a fresh machine lacks is installed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TOOLS = ("bash", "env", "id", "mkdir", "tail", "ln")

APT = f"""#!/bin/sh
echo "$@" >> "$root/apt-calls"
[ "$1" = install ] && [ "$PACKAGED" = yes ] && ln -s {sys.executable} "$PATH/python3"
exit 0
"""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A PATH without Python, and with an apt-get that may bring it."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for tool in TOOLS:
        (programs / tool).symlink_to(shutil.which(tool) or "/missing")
    (programs / "apt-get").write_text(APT)
    (programs / "sudo").write_text('#!/bin/sh\n[ "$1" != -n ] || shift\n[ "$1" = true ] || exec "$@"\n')
    for program in ("apt-get", "sudo"):
        (programs / program).chmod(0o755)
    return tmp_path


def find_python(machine: Path, *, packaged: str) -> subprocess.CompletedProcess[str]:
    programs = machine / "programs"
    return subprocess.run(
        [programs / "bash", "-c", f". {ROOT}/deploy/prerequisites.sh; find_python"],
        env={"PATH": str(programs), "root": str(machine), "me": "bin/dev", "PACKAGED": packaged},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_python_is_installed_where_there_is_none(machine: Path) -> None:
    answer = find_python(machine, packaged="yes")
    assert (answer.returncode, answer.stdout) == (0, f"{machine}/programs/python3\n")
    assert "python3 python3-venv" in (machine / "apt-calls").read_text()


def test_a_system_with_an_older_python_is_told_what_is_needed(machine: Path) -> None:
    answer = find_python(machine, packaged="no")
    assert answer.returncode == 1
    assert "needs Python 3.11 or newer" in answer.stderr
