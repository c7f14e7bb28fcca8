"""Imports between packages: realtime knows neither chat nor monitor, chat not monitor, and so on as in README."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FORBIDDEN = {
    "myweb": {"chat", "monitor", "care", "tests"},
    "accounts": {"realtime", "chat", "monitor", "care", "tests"},
    "realtime": {"chat", "monitor", "care", "tests"},
    "chat": {"monitor", "care", "tests"},
    "monitor": {"care", "tests"},
    "care": {"tests"},
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


ROW = re.compile(r"^\| `(\w+)/` \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)


def allowed_by_readme(name: str) -> dict[str, set[str]]:
    """The table of packages: what each may import."""
    return {app: set(re.findall(r"`(\w+)`", cell)) for app, cell in ROW.findall((ROOT / name).read_text("utf-8"))}


@pytest.mark.parametrize("name", ["README.md", "README.zh-hans.md"])
def test_the_readme_says_what_each_package_may_import(name: str) -> None:
    assert allowed_by_readme(name) == {app: FORBIDDEN.keys() - none - {app} for app, none in FORBIDDEN.items()}


@pytest.mark.parametrize("app", FORBIDDEN)
def test_an_app_knows_only_those_below_it(app: str) -> None:
    assert trespasses(app) == []


def test_the_modules_of_chat_import_no_circle() -> None:
    uses: dict[str, set[str]] = {}
    for path in (ROOT / "chat").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        uses[path.stem] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == "chat":
                uses[path.stem] |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("chat."):
                uses[path.stem].add(node.module.split(".")[1])
    while leaves := {name for name, used in uses.items() if not used & uses.keys()}:
        uses = {name: used for name, used in uses.items() if name not in leaves}
    assert uses == {}


@pytest.mark.parametrize("line", ["import chat", "import os, chat.models", "from chat.models import Room"])
def test_every_form_of_import_is_seen(line: str) -> None:
    assert any(name.partition(".")[0] == "chat" for _line, name in imported(line))
