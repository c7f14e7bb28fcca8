import subprocess
from pathlib import Path

import pytest

from deploy.stack.state import ROOT, Stack


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    monkeypatch.setenv("MYWEB_STACK_DIR", str(tmp_path / "a stack"))
    stack = Stack.found(8080)
    stack.postgres_password = 'it\'s $(touch oops) "quoted" \\ `id`'
    stack.save()
    return stack


def test_a_shell_reads_the_environment_of_a_stack_as_it_is(stack: Stack, tmp_path: Path) -> None:
    script = f'set -a; eval "$({ROOT}/bin/stack env)"; env -0'
    printed = subprocess.run(["bash", "-euc", script], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    environment = dict(line.split("=", 1) for line in printed.rstrip("\0").split("\0"))
    assert {name: environment[name] for name in stack.settings()} == stack.settings()
    assert not (tmp_path / "oops").exists()


def test_the_statistics_of_uwsgi_lie_in_the_folder_of_their_stack(stack: Stack, tmp_path: Path) -> None:
    """A port could be taken by another site while uWSGI is down, and the collector would read that site's."""
    assert Path(stack.settings()["MYWEB_WEB_STATS"]).parent == tmp_path / "a stack" / "run"
