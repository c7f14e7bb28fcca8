"""deploy/kubernetes, as kustomize makes it: every object by the schema of its kind, and what each process may."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from tests.support.custom_resources import SPECS, ValidationError, validate_custom_resource
from tests.support.kubernetes import (
    ROOT,
    SECRETS,
    SOURCE,
    Thing,
    containers,
    copied,
    environment,
    kustomize,
    lasting,
    named,
    of,
    pod,
    things,
    workloads,
)

__all__ = ["copied", "things"]

VERSIONS = ("1.34", "1.37")  # of Kubernetes: the oldest that is looked after, and the newest known here
OF_IMAGES = {"NGINX_ENVSUBST_OUTPUT_DIR"}  # read by the image that ours begins with
OF_NGINX = {"MYWEB_LIVE_SERVERS", "MYWEB_METRICS_LISTEN"}  # stand in the templates
OF_UWSGI = {"MYWEB_WEB_PROCESSES"}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_is_one_that_kubernetes_takes(things: list[Thing], version: str) -> None:
    for each in things:
        if (each["kind"], each["apiVersion"]) in SPECS:
            validate_custom_resource(each)
        else:
            kubernetes_validate.validate(each, version, strict=True)
    assert {each["metadata"].get("namespace") for each in things if each["kind"] != "Namespace"} == {"myweb"}


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("ScaledObject", {"fallback": {"failureTreshold": 4, "replicas": 2}}),
        ("HTTPRoute", {"timeouts": {"request": "0s"}}),  # it belongs to a rule
        ("Cluster", {"instances": "3"}),
    ],
)
def test_a_field_that_an_operator_does_not_know_is_found(things: list[Thing], kind: str, change: Thing) -> None:
    for each in of(things, kind):
        with pytest.raises(ValidationError):
            validate_custom_resource(each | {"spec": each["spec"] | change})


@pytest.mark.parametrize("missing", SECRETS)
def test_without_a_secret_nothing_is_made_and_the_file_is_named(copied: Path, tmp_path: Path, missing: str) -> None:
    folder = shutil.copytree(copied, tmp_path / "kubernetes")
    (folder / "components" / "secrets" / missing).unlink()
    made = kustomize(folder / "overlays" / "gateway")
    assert (made.returncode, made.stdout) == (1, "")
    assert missing in made.stderr


def test_secrets_are_nothing_that_git_would_take() -> None:
    paths = [str(SOURCE / "components" / "secrets" / name) for name in SECRETS]
    done = subprocess.run(["git", "check-ignore", *paths], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 128:
        pytest.skip("not a git repository")
    assert done.stdout.split() == paths


def test_nobody_may_do_more_than_the_restricted_profile_allows(things: list[Thing]) -> None:
    assert (
        named(things, "Namespace", "myweb")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    )
    for workload in workloads(things):
        assert pod(workload)["automountServiceAccountToken"] is False
        assert pod(workload)["enableServiceLinks"] is False, "REDIS_PORT would be an address"
        assert pod(workload)["securityContext"]["runAsNonRoot"] is True
        assert pod(workload)["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in containers(workload):
            allowed = dict(container["securityContext"])
            allowed.pop("runAsGroup", None)
            assert allowed.pop("runAsUser", 10001) > 0
            assert allowed == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_every_container_has_its_share_and_its_limit(things: list[Thing]) -> None:
    for container in [each for workload in workloads(things) for each in containers(workload)]:
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}
        assert "memory" in container["resources"]["limits"]


def test_the_figures_of_the_page_are_those_of_the_pods(things: list[Thing]) -> None:
    cores, memory = 0.0, 0.0
    for workload in of(things, "Deployment", "StatefulSet"):
        count = workload["spec"].get("replicas", 2)  # by autoscaling
        for requests in [each["resources"]["requests"] for each in lasting(workload)]:
            cores += count * amount(requests["cpu"])
            memory += count * amount(requests["memory"])
    postgres = named(things, "Cluster", "postgres")["spec"]
    cores += postgres["instances"] * amount(postgres["resources"]["requests"]["cpu"])
    memory += postgres["instances"] * amount(postgres["resources"]["requests"]["memory"])
    page = (SOURCE / "README.md").read_text(encoding="utf-8")
    assert f"request {cores:.1f} cores and {memory / 2**30:.1f} GB of memory" in page


def amount(quantity: str) -> float:
    units = {"m": 1e-3, "Mi": 2**20, "Gi": 2**30}
    number, unit = re.fullmatch(r"([\d.]+)(\w*)", quantity).groups()  # type: ignore[union-attr]
    return float(number) * (units[unit] if unit else 1)


def test_whatever_lasts_is_asked_whether_it_is_well(things: list[Thing]) -> None:
    for workload in of(things, "Deployment", "StatefulSet"):
        for container in lasting(workload):
            assert container.keys() >= {"startupProbe", "readinessProbe", "livenessProbe"}, container["name"]


def test_nothing_is_started_again_because_a_store_is_away(things: list[Thing]) -> None:
    words = {each["name"]: each["livenessProbe"] for each in (c for w in of(things, "Deployment") for c in lasting(w))}
    kinds = {name: probe["exec"]["command"][3] for name, probe in words.items() if "exec" in probe}
    assert kinds == {"web": "answers", "live": "live", "collector": "beat", "worker": "beat"}
    assert words["nginx"]["tcpSocket"] == {"port": "http"}


def test_every_workload_has_a_budget_that_leaves_one_in_place(things: list[Thing]) -> None:
    chosen = {str(each["spec"]["selector"]["matchLabels"]): each["spec"] for each in of(things, "PodDisruptionBudget")}
    for workload in of(things, "Deployment", "StatefulSet"):
        assert chosen[str(workload["spec"]["selector"]["matchLabels"])]["maxUnavailable"] == 1
    assert named(things, "Deployment", "collector")["spec"]["replicas"] == 2, "one works, the other waits"
    for name in ("web", "live"):
        assert "replicas" not in named(things, "Deployment", name)["spec"], "applying it again would undo the scaling"
    assert named(things, "ScaledObject", "live")["spec"]["minReplicaCount"] >= 2, "or nobody could be moved"
    pages = named(things, "HorizontalPodAutoscaler", "web")["spec"]
    assert pages["minReplicas"] >= 2
    assert pages["scaleTargetRef"]["name"] == "web"
    (metric,) = pages["metrics"]
    assert metric["containerResource"]["container"] in [
        each["name"]
        for each in containers(named(things, "Deployment", "web"))
        if "cpu" in each["resources"]["requests"]
    ]


def test_a_pod_has_the_time_to_send_everybody_home(things: list[Thing]) -> None:
    for name, needed in {"live": 20.0, "web": 30.0}.items():
        spec = pod(named(things, "Deployment", name))
        (main,) = spec["containers"]
        pause = main["lifecycle"]["preStop"]["sleep"]["seconds"]
        if name == "live":
            assert float(main["args"][main["args"].index("--drain-seconds") + 1]) == needed
        else:
            assert f"harakiri = {needed:.0f}\n" in (ROOT / "deploy" / "uwsgi" / "myweb.ini").read_text()
        assert spec["terminationGracePeriodSeconds"] > pause + needed + 5
        assert [each["name"] for each in spec["initContainers"] if each.get("restartPolicy") == "Always"] == ["nginx"]


def known_names() -> set[str]:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    return set(re.findall(r"^#?([A-Z_]+)=", text, re.MULTILINE))


def test_every_setting_is_one_that_somebody_reads(things: list[Thing]) -> None:
    templates = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "deploy" / "nginx").glob("*.template"))
    assert all(f"${{{name}}}" in templates for name in OF_NGINX)
    known = known_names() | OF_IMAGES | OF_NGINX | OF_UWSGI
    for container in [each for workload in of(things, "Deployment", "Job") for each in containers(workload)]:
        assert {name.removesuffix("_FILE") for name in environment(things, container)} <= known


def test_the_site_starts_with_these_settings(things: list[Thing], tmp_path: Path) -> None:
    (container,) = pod(named(things, "Job", "migrate"))["containers"]
    (tmp_path / "secret").write_text("s" * 60)
    given = environment(things, container)
    for name in [each for each in given if each.endswith("_FILE")]:
        assert any(given[name].startswith(mount["mountPath"]) for mount in container["volumeMounts"])
        given[name] = str(tmp_path / "secret")
    ask = (
        "from django.conf import settings as s; print(s.REDIS['sentinels'], s.ORIGINS, s.DATABASES['default']['HOST'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", ask],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "MYWEB_DEBUG": "no", "DJANGO_SETTINGS_MODULE": "myweb.settings", **given},
        capture_output=True,
        text=True,
        check=True,
    )
    sentinels = [(f"redis-{number}.redis", 26379) for number in range(3)]
    assert done.stdout.strip() == f"{sentinels} ['https://chat.example.com'] postgres-rw"


def test_images_are_those_that_are_built_here(things: list[Thing]) -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    built = {each["image"].replace("${COMPOSE_PROJECT_NAME:-myweb}", "myweb") for each in compose.values()}
    used = {container["image"].rpartition("/")[2] for each in workloads(things) for container in containers(each)}
    assert used == {"myweb-web:1", "myweb-nginx:1", "redis:8.2"}
    assert {name.removesuffix(":1") for name in used} <= built
    wanted = named(things, "Cluster", "postgres")["spec"]["imageName"].rpartition(":")[2]
    assert f"postgres:{wanted}-trixie" in built


def test_nginx_begins_no_worker_for_each_processor_of_the_node(things: list[Thing]) -> None:
    assert "MYWEB_NGINX_WORKERS" in (ROOT / "deploy" / "docker" / "nginx").read_text(encoding="utf-8")
    for name in ("web", "live"):
        nginx = next(each for each in lasting(named(things, "Deployment", name)) if each["name"] == "nginx")
        assert {"name": "MYWEB_NGINX_WORKERS", "value": "2"} in nginx["env"]


def test_no_two_servers_of_redis_share_a_node(things: list[Thing]) -> None:
    redis = named(things, "StatefulSet", "redis")
    (spread,) = pod(redis)["topologySpreadConstraints"]
    assert (spread["whenUnsatisfiable"], spread["maxSkew"]) == ("DoNotSchedule", 1)
    assert spread["minDomains"] == redis["spec"]["replicas"], "two nodes would get three otherwise"


def test_pods_wait_for_the_migrations(things: list[Thing]) -> None:
    for each in of(things, "Deployment"):
        assert pod(each)["initContainers"][0]["args"] == ["wait-for-migrations"]
    assert pod(named(things, "Job", "migrate"))["containers"][0]["args"] == ["migrate", "--noinput", "--log"]
