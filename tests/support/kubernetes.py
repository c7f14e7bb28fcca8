"""deploy/kubernetes, as kustomize makes it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "deploy" / "kubernetes"
KUBECTL = Path(sys.executable).with_name("kubectl")
OVERLAYS = ("gateway", "ingress")
SECRETS = {"secret-key": "s" * 60, "redis-password": "r#$%@/", "metrics-token": "m" * 40}
Thing = dict[str, Any]


def kustomize(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([KUBECTL, "kustomize", folder], capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With secrets, which are not in git."""
    folder = tmp_path_factory.mktemp("kubernetes") / "kubernetes"
    shutil.copytree(SOURCE, folder, ignore=shutil.ignore_patterns(*SECRETS))
    for name, value in SECRETS.items():
        (folder / "components" / "secrets" / name).write_text(value)
    return folder


@pytest.fixture(scope="session", params=OVERLAYS)
def things(request: pytest.FixtureRequest, copied: Path) -> list[Thing]:
    made = kustomize(copied / "overlays" / request.param)
    assert made.returncode == 0, made.stderr
    return list(yaml.safe_load_all(made.stdout))


def of(things: list[Thing], *kinds: str) -> list[Thing]:
    return [each for each in things if each["kind"] in kinds]


def named(things: list[Thing], kind: str, name: str) -> Thing:
    """Names of generated objects end with a hash of their content."""
    return next(each for each in of(things, kind) if re.fullmatch(rf"{name}(-\w{{10}})?", each["metadata"]["name"]))


def workloads(things: list[Thing]) -> list[Thing]:
    return of(things, "Deployment", "StatefulSet", "Job")


def pod(workload: Thing) -> Thing:
    spec: Thing = workload["spec"]["template"]["spec"]
    return spec


def labels(workload: Thing) -> Thing:
    found: Thing = workload["spec"]["template"]["metadata"]["labels"]
    return found


def lasting(workload: Thing) -> list[Thing]:
    """Containers that run as long as the pod does."""
    sidecars = [each for each in pod(workload).get("initContainers", ()) if each.get("restartPolicy") == "Always"]
    return [*sidecars, *pod(workload)["containers"]]


def containers(workload: Thing) -> list[Thing]:
    return [*pod(workload).get("initContainers", ()), *pod(workload)["containers"]]


def environment(things: list[Thing], container: Thing) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in container.get("envFrom", ()):
        found |= named(things, "ConfigMap", re.sub(r"-\w{10}$", "", each["configMapRef"]["name"]))["data"]
    return found | {each["name"]: each.get("value", "") for each in container.get("env", ())}
