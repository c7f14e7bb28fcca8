"""How searchable the names of the code are: `python -m tests.support.names` prints two shares and every offender.

Measured are the public functions and classes that stand at module level, outside tests, bench and migrations.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
OUTSIDE = {"tests", "bench", "migrations", "node_modules"}
# The same role has the same name in every app: Django, or the file's role, prescribes it.
ROLES = {"Command", "Config", "Meta", "main"}

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Name(NamedTuple):
    name: str
    module: str
    is_function: bool


def python_files() -> Iterator[Path]:
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).parts
        if not any(part in OUTSIDE or part.startswith(".") for part in parts):
            yield path


def public_definitions(source: str) -> Iterator[Definition]:
    for node in ast.parse(source).body:
        if isinstance(node, Definition) and not node.name.startswith("_") and node.name not in ROLES:
            yield node


def public_names() -> list[Name]:
    """Each name once a module; `@overload`s and conditional twins count once."""
    names = {
        Name(node.name, str(path.relative_to(ROOT)), not isinstance(node, ast.ClassDef)): None
        for path in python_files()
        for node in public_definitions(path.read_text(encoding="utf-8"))
    }
    return list(names)


def modules_by_name(names: list[Name]) -> dict[str, list[str]]:
    modules = defaultdict(set)
    for name in names:
        modules[name.name].add(name.module)
    return {name: sorted(where) for name, where in sorted(modules.items())}


def repeated_names(names: list[Name]) -> dict[str, list[str]]:
    return {name: modules for name, modules in modules_by_name(names).items() if len(modules) > 1}


def one_word_functions(names: list[Name]) -> list[Name]:
    return [name for name in names if name.is_function and "_" not in name.name.strip("_")]


def repeated_share(names: list[Name]) -> float:
    """Percent of the names that stand in more than one module."""
    return 100 * len(repeated_names(names)) / len(modules_by_name(names))


def one_word_share(names: list[Name]) -> float:
    """Percent of the functions whose name is one word."""
    return 100 * len(one_word_functions(names)) / sum(name.is_function for name in names)


def main() -> None:
    names = public_names()
    print(f"{repeated_share(names):.1f} % of the names stand in more than one module:")
    for repeated, modules in repeated_names(names).items():
        print(f"  {repeated}: {', '.join(modules)}")
    print(f"{one_word_share(names):.1f} % of the functions have a one-word name:")
    for name in one_word_functions(names):
        print(f"  {name.module}: {name.name}")


if __name__ == "__main__":
    main()
