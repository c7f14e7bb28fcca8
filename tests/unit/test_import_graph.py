"""The graph of all imports: no package reaches a package above it by any chain, and no modules form a circle."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MONITOR = (
    *("monitor.oncall", "monitor.metrics", "monitor.dashboards"),
    *("monitor.alerts", "monitor.checks", "monitor.status"),
)
LAYERS = (
    "myweb",
    "accounts",
    "realtime",
    "tasks",
    "push",
    "chat",
    "files",
    "link_previews",
    *MONITOR,
    "ops",
)  # from the lowest to the highest
PACKAGES = (
    "myweb",
    "accounts",
    "realtime",
    "tasks",
    "push",
    "chat",
    "files",
    "link_previews",
    "monitor",
    "ops",
    "deploy",
)
# Modules of myweb that connect the packages of one site.
WIRING = {"myweb.asgi", "myweb.post_limits", "myweb.management.commands.protocol"}
# Imports of types only, or inside a function to load a module late.
LATE = {
    ("realtime.housekeeping", "realtime.hub"),
    ("realtime.streams", "realtime.hub"),
    ("monitor.checks.probes.http", "monitor.checks.probe_helpers.http_redirects"),
}

Graph = dict[str, set[str]]


def list_modules() -> dict[str, Path]:
    modules = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            modules[name] = path
    return modules


def find_imports(source: str, modules: dict[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (name if name in modules else node.module for name in names)


@cache
def make_graph() -> Graph:
    modules = list_modules()
    graph = {}
    for module, path in modules.items():
        used = modules.keys() & set(find_imports(path.read_text(encoding="utf-8"), modules)) - {module}
        graph[module] = {name for name in used if (module, name) not in LATE}
    return graph


def find_reachable(graph: Graph, start: str) -> set[str]:
    reached, waiting = {start}, [start]
    while waiting:
        new = graph[waiting.pop()] - reached
        reached |= new
        waiting += new
    return reached


def is_in(module: str, package: str) -> bool:
    return f"{module}.".startswith(f"{package}.")


@pytest.mark.parametrize("layer", LAYERS)
def test_no_chain_of_imports_leads_to_a_package_above(layer: str) -> None:
    above = LAYERS[LAYERS.index(layer) + 1 :]
    graph = make_graph()
    assert {
        module: higher
        for module in graph
        if is_in(module, layer) and module not in WIRING
        if (higher := [name for name in find_reachable(graph, module) if any(is_in(name, each) for each in above)])
    } == {}


def test_checks_know_neither_alerts_nor_dashboards() -> None:
    graph = make_graph()
    reached = {name for module in graph if is_in(module, "monitor.checks") for name in find_reachable(graph, module)}
    assert [name for name in reached if is_in(name, "monitor.alerts") or is_in(name, "monitor.dashboards")] == []


def test_nothing_outside_the_tests_imports_them() -> None:
    modules = list_modules()
    assert [
        name
        for name, path in modules.items()
        if any(is_in(used, "tests") for used in find_imports(path.read_text(encoding="utf-8"), modules))
    ] == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = make_graph()
    while leaves := {module for module, used in graph.items() if not used & graph.keys()}:
        graph = {module: used for module, used in graph.items() if module not in leaves}
    assert {module: used & graph.keys() for module, used in graph.items()} == {}


def test_every_late_import_is_still_one() -> None:
    modules = list_modules()
    for module, name in LATE:
        assert name in find_imports(modules[module].read_text(encoding="utf-8"), modules)


ROW = re.compile(r"^\| `(\w+)/` \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)


@pytest.mark.parametrize("name", ["README.md", "README.zh-hans.md"])
def test_the_readme_says_what_each_package_may_import(name: str) -> None:
    rows = ROW.findall((ROOT / name).read_text(encoding="utf-8"))
    packages = PACKAGES[:-1]
    expected = {package: {*packages[:number]} for number, package in enumerate(packages)}
    assert {package: set(re.findall(r"`(\w+)`", cell)) for package, cell in rows} == expected
