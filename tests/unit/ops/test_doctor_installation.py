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
    SMALL,
    STACK,
    Installation,
    get_installation,
)

ROOT = Path(__file__).parents[3]
PARTS = ("postgres", "redis", "web", "live", "collector", "worker", "nginx")


def commands(found: Installation) -> str:
    """All that start, restart or show a part."""
    ways = (found.start_command, found.restart_command, found.log_command)
    return "\n".join([*(way(part) for way in ways for part in PARTS), found.restart_live_command(["live1", "live2"])])


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


def test_a_small_host_is_known_by_its_image(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.BASE_DIR = Path("/app")
    monkeypatch.setenv("MYWEB_SMALL", "yes")
    assert get_installation() is SMALL


def test_a_stack_is_known_by_its_file(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "stack.json").touch()
    settings.STATIC_ROOT = str(tmp_path / "current" / "static-root")
    assert get_installation() is STACK


@pytest.mark.parametrize("found", [COMPOSE, SMALL, KUBERNETES, HOST, STACK, DEVELOPMENT, BY_HAND])
def test_there_is_a_way_to_start_every_part(found: Installation) -> None:
    for part in PARTS:
        assert re.match(r"[a-z./]+", found.start_command(part)), part
        assert "{" not in found.start_command(part) + found.log_command(part)


@pytest.mark.parametrize("found", [COMPOSE, KUBERNETES, HOST, STACK, DEVELOPMENT, BY_HAND])
def test_to_start_what_is_down_stops_nothing_that_works(found: Installation) -> None:
    for part in PARTS:
        assert not re.search(r"restart|kill|recreate|--build", found.start_command(part)), part
    assert found.restart_command("live") == found.start_command("live"), "everybody would be disconnected"


def test_one_hanging_process_of_several_is_restarted_alone() -> None:
    first = [found.restart_live_command(["live2"]).partition(";")[0] for found in (HOST, STACK, KUBERNETES)]
    assert first == ["sudo systemctl restart myweb-live@2", "bin/stack kill live2", "kubectl -n myweb get pods"]
    assert COMPOSE.restart_live_command(["3f2a"]).startswith("docker restart 3f2a; ")


def test_compose_has_the_services() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    named = set(
        re.findall(
            r"(?<!docker )(?:start|--tail 20|exec|--force-recreate|restart) (\w+)", f"{COMPOSE}\n{commands(COMPOSE)}"
        )
    )
    assert {*PARTS, "acme", "backup", "live1", "live2"} == named
    assert named <= {*services, "live1", "live2"}, "two containers, by their ids"


def test_a_backup_is_written_where_its_folder_can_be_written() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    for command in (COMPOSE.backup_command, COMPOSE.check_restore_command):
        (service,) = re.findall(r"exec (\w+)", command)
        assert "backups:/backups" in services[service]["volumes"]


@pytest.mark.parametrize(("found", "file"), [(COMPOSE, "docker-compose.yml"), (SMALL, "compose.small.yml")])
def test_the_second_place_is_a_setting_that_the_compose_file_reads(found: Installation, file: str) -> None:
    text = (ROOT / file).read_text()
    names = re.findall(r"MYWEB_\w+", found.second_place)
    assert names == ["MYWEB_BACKUP_COPY", "MYWEB_BACKUPS_S3"]
    for name in names:
        assert f"${{{name}:" in text, name


def test_the_compose_file_of_small_hosts_has_the_service() -> None:
    services = yaml.safe_load((ROOT / "compose.small.yml").read_text())["services"]
    named = set(re.findall(r"(?:restart|exec) (\w+)", f"{SMALL}\n{commands(SMALL)}"))
    assert named == services.keys() == {"site"}


def test_both_compose_files_find_your_own_certificate_by_the_same_settings() -> None:
    full, small = (
        yaml.safe_load((ROOT / name).read_text())["services"][service]
        for name, service in (("docker-compose.yml", "nginx"), ("compose.small.yml", "site"))
    )
    for name in ("MYWEB_TLS_CERTIFICATE", "MYWEB_TLS_KEY"):
        assert small["environment"][name] == full["environment"][name]
    (mount,) = [volume for volume in full["volumes"] if "MYWEB_TLS_FOLDER" in volume]
    assert mount in small["volumes"]


def test_systemd_has_the_units() -> None:
    named = set(re.findall(r"myweb[-.][\w.@]+", commands(HOST)))
    assert {"myweb-web", "myweb-live@", "myweb-collector", "myweb-redis", "myweb.target"} <= named
    for unit in named - {f"myweb-{part}" for part in ("nginx", "postgres", "live")}:  # whose log is never asked for so
        name = unit if "." in unit else f"{re.sub('@[12]', '@', unit)}.service"
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
