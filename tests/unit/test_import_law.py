"""Who may know whom: chat and monitor know realtime, everybody knows accounts, ops knows all, and never back."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FORBIDDEN = {
    "myweb": {"accounts", "chat", "monitor", "ops", "tests"},
    "accounts": {"realtime", "chat", "monitor", "ops", "tests"},
    "realtime": {"chat", "monitor", "ops", "tests"},
    "chat": {"monitor", "ops", "tests"},
    "monitor": {"ops", "tests"},
    "ops": {"tests"},
}
EXCEPTIONS = {
    ROOT / "myweb" / "management" / "commands" / "protocol.py",  # writes the page of all apps' structs
}


def imported(source: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute here"
            yield node.lineno, node.module or ""


def trespasses(app: str) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in sorted((ROOT / app).rglob("*.py"))
        for line, name in imported(path.read_text(encoding="utf-8"))
        if name.partition(".")[0] in FORBIDDEN[app] and path not in EXCEPTIONS
    ]


@pytest.mark.parametrize("app", FORBIDDEN)
def test_an_app_knows_only_those_below_it(app: str) -> None:
    assert trespasses(app) == []


@pytest.mark.parametrize("line", ["import chat", "import os, chat.models", "from chat.models import Room"])
def test_every_form_of_import_is_seen(line: str) -> None:
    assert any(name.partition(".")[0] == "chat" for _line, name in imported(line))
