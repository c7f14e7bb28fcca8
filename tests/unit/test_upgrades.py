"""docs/upgrades.md names what is there: files, the private interfaces they use, tests, versions."""

import ast
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest

from myweb.settings import BASE_DIR

PAGE = (BASE_DIR / "docs" / "upgrades.md").read_text(encoding="utf-8")


class Row(NamedTuple):
    file: str
    names: list[str]
    tests: list[str]


def rows() -> Iterator[Row]:
    for line in PAGE.splitlines():
        if line.startswith("| `"):
            file, uses, _why, tests = (re.findall("`([^`]+)`", cell) for cell in line.strip("| ").split(" | "))
            yield Row(file[0], uses, tests)


ROWS = list(rows())


def test_the_page_has_rows() -> None:
    assert len(ROWS) > 25


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.file} {row.names[0]}" for row in ROWS])
def test_the_file_uses_what_the_page_says_and_the_test_exists(row: Row) -> None:
    source = (BASE_DIR / row.file).read_text(encoding="utf-8")
    assert [name for name in row.names if name not in source] == []
    assert row.tests
    for test in row.tests:
        path, _, function = test.partition("::")
        assert f"def {function}(" in (BASE_DIR / path).read_text(encoding="utf-8")


def test_the_versions_are_those_of_the_requirements() -> None:
    requirements = (BASE_DIR / "requirements.txt").read_text(encoding="utf-8").splitlines()
    versions = re.findall(r"`([a-z-]+==[^`]+)`", PAGE)
    assert len(versions) == 8
    assert [version for version in versions if version not in requirements] == [], "read docs/upgrades.md first"


DOCUMENTED = {
    "_meta",
    "_replace",
    "_asdict",
    "_fields",
    "_default_manager",
    "_base_manager",
    "_exit",
    "_current_frames",
}
OURS = {"_subject"}
APPS = ("accounts", "chat", "deploy", "monitor", "myweb", "ops", "push", "realtime", "tasks")


def test_no_private_name_is_used_that_is_not_on_the_page() -> None:
    listed = {(row.file, name.rpartition(".")[2]) for row in ROWS for name in row.names}
    used = set()
    for app in APPS:
        for path in (BASE_DIR / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_bytes())):
                if isinstance(node, ast.Attribute) and re.match("_[a-zA-Z]", node.attr):
                    owner = node.value.id if isinstance(node.value, ast.Name) else ""
                    if owner not in {"self", "cls"} and node.attr not in DOCUMENTED | OURS:
                        used.add((str(path.relative_to(BASE_DIR)), node.attr))
    assert used - listed == set()


def test_names_without_a_test_of_their_own_exist() -> None:
    """Behaviour stays the same without them, so only this test sees that they are gone."""
    autobahn = read_source("autobahn.websocket.protocol")
    assert "pformat(" in autobahn
    assert "self.CONFIG_ATTRS" in autobahn
    assert "self.last_ping" in read_source("daphne.ws_protocol")
    password_reset = read_source("allauth.account.internal.flows.password_reset")
    assert "adapter._delete_login_attempts_cached_email(" in password_reset


def read_source(module: str) -> str:
    spec = find_spec(module)
    assert spec
    assert spec.origin
    return Path(spec.origin).read_text(encoding="utf-8")
