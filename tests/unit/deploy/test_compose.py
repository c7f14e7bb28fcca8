"""The containers of docker-compose.yml have what they need, and no more rights."""

from pathlib import Path

import yaml
from django.conf import settings

ROOT = Path(__file__).parents[3]
COMPOSE = ROOT / "docker-compose.yml"


def test_every_container_of_compose_is_without_rights() -> None:
    compose = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    for name, service in compose["services"].items():
        if name == "test":
            continue
        assert service["cap_drop"] == ["ALL"], name
        assert service["read_only"] is True, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not service.get("privileged"), name
        assert service["mem_limit"], name
        assert service["pids_limit"], name
        assert not any("docker.sock" in str(volume) for volume in service.get("volumes", [])), name
    assert compose["services"]["nginx"]["networks"] == ["front"]


def test_the_container_of_commands_has_no_secret_and_no_way_to_the_stores() -> None:
    compose = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    commands = compose["services"]["commands"]
    assert commands["networks"] == ["commands"]
    assert commands["volumes"] == ["commands:/run/commands"]
    assert "environment" not in commands
    assert "secrets" not in commands
    others = [service for name, service in compose["services"].items() if name != "commands"]
    assert not any("commands" in service.get("networks", []) for service in others)
    assert commands["profiles"] == ["commands"], "it does not run until somebody asks for it"
    assert commands["user"].partition(":")[0] not in {"0", "10001"}


def test_the_image_has_every_app_of_the_site() -> None:
    allowed = set((ROOT / ".dockerignore").read_text(encoding="utf-8").split())
    folders = {app.partition(".")[0] for app in settings.INSTALLED_APPS if (ROOT / app.partition(".")[0]).is_dir()}
    assert len(folders) > 5
    assert {f"!{folder}" for folder in folders} <= allowed
