"""What ``manage.py doctor`` tells people to type is there in the way of serving that it names."""

import re
from pathlib import Path

import pytest
import yaml
from pytest_django.fixtures import Settings

from deploy.stack import parts
from deploy.stack.state import Stack
from ops.doctor.installation import (
    BY_HAND,
    COMPOSE,
    DEVELOPMENT,
    HOST,
    KUBERNETES,
    STACK,
    Installation,
    get_installation,
)

ROOT = Path(__file__).parents[3]
PARTS = ("postgres", "redis", "web", "live", "collector", "worker", "nginx")


def commands(found: Installation) -> str:
    return "\n".join(f"{found.start_command(part)}\n{found.log_command(part)}" for part in PARTS)


@pytest.mark.parametrize(
    ("home", "debug", "expected"),
    [
        ("/app", False, COMPOSE),
        ("/opt/myweb/releases/1", False, HOST),
        ("/home/ada/myweb", False, BY_HAND),
        ("/home/ada/myweb", True, DEVELOPMENT),
    ],
)
def test_the_way_is_known_by_where_the_code_lies(
    settings: Settings, home: str, debug: bool, expected: Installation
) -> None:
    settings.BASE_DIR, settings.DEBUG = Path(home), debug
    assert get_installation() is expected


def test_a_pod_is_known_by_what_kubernetes_tells_each(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.BASE_DIR = Path("/app")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    assert get_installation() is KUBERNETES


def test_a_stack_is_known_by_its_file(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "stack.json").touch()
    settings.STATIC_ROOT = str(tmp_path / "current" / "static-root")
    assert get_installation() is STACK


@pytest.mark.parametrize("found", [COMPOSE, KUBERNETES, HOST, STACK, DEVELOPMENT, BY_HAND])
def test_there_is_a_way_to_start_every_part(found: Installation) -> None:
    for part in PARTS:
        assert re.match(r"[a-z./]+", found.start_command(part)), part
        assert "{" not in found.start_command(part) + found.log_command(part)


def test_compose_has_the_services() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    named = set(re.findall(r"(?:restart|--tail 20|exec|--force-recreate) (\w+)", f"{COMPOSE}\n{commands(COMPOSE)}"))
    assert {*PARTS, "acme"} == named
    assert named <= services.keys()


def test_systemd_has_the_units() -> None:
    named = set(re.findall(r"myweb[-.][\w.@]+", commands(HOST)))
    assert {"myweb-web", "myweb-live@", "myweb-collector", "myweb-redis", "myweb.target"} <= named
    for unit in named - {f"myweb-{part}" for part in ("nginx", "postgres", "live")}:  # whose log is never asked for so
        name = unit if "." in unit else f"{unit}.service"
        assert (ROOT / "deploy" / "systemd" / name).exists(), unit


def test_kubernetes_has_the_workloads() -> None:
    there = {
        f"{each['kind'].lower()}/{each['metadata']['name']}"
        for path in (ROOT / "deploy" / "kubernetes").rglob("*.yaml")
        for each in yaml.safe_load_all(path.read_text())
        if isinstance(each, dict) and "metadata" in each
    }
    started = {KUBERNETES.start_command(part) for part in PARTS}
    named = set(re.findall(r"(?:deployment|statefulset)/\w+", " ".join(started)))
    assert {
        "deployment/web",
        "deployment/live",
        "deployment/collector",
        "deployment/worker",
        "statefulset/redis",
    } == named
    assert named <= there


def test_a_stack_has_the_parts() -> None:
    there = {part.name for part in parts.list_parts(Stack.found(8080))}
    for part in PARTS:
        names = STACK.start_command(part).partition(";")[0].removeprefix("bin/stack start ").split()
        assert names
        assert there.issuperset(names)
