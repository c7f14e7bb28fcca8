"""deploy/kubernetes, as kustomize makes it: every object by the schema of its kind, and what matters to this site."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "deploy" / "kubernetes"
KUBECTL = Path(sys.executable).with_name("kubectl")
OVERLAYS = ("gateway", "ingress")
VERSIONS = ("1.34", "1.37")  # of Kubernetes: the oldest that is looked after, and the newest known here
SECRETS = {"secret-key": "s" * 60, "redis-password": "r#$%@/", "metrics-token": "m" * 40}
OTHERS = {  # kinds whose schemas come with their operators
    ("Gateway", "gateway.networking.k8s.io/v1"),
    ("HTTPRoute", "gateway.networking.k8s.io/v1"),
    ("Cluster", "postgresql.cnpg.io/v1"),
    ("ScaledObject", "keda.sh/v1alpha1"),
    ("TriggerAuthentication", "keda.sh/v1alpha1"),
}
OF_IMAGES = {"NGINX_ENVSUBST_OUTPUT_DIR"}  # read by the image that ours begins with
OF_NGINX = {"MYWEB_LIVE_SERVERS"}  # stands in the template and the Dockerfile
OF_UWSGI = {"MYWEB_WEB_PROCESSES"}

Thing = dict[str, Any]


def kustomize(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([KUBECTL, "kustomize", folder], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With secrets, which are not in git."""
    folder = tmp_path_factory.mktemp("kubernetes") / "kubernetes"
    shutil.copytree(SOURCE, folder, ignore=shutil.ignore_patterns(*SECRETS))
    for name, value in SECRETS.items():
        (folder / "components" / "secrets" / name).write_text(value)
    return folder


@pytest.fixture(scope="module", params=OVERLAYS)
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


@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_is_one_that_kubernetes_takes(things: list[Thing], version: str) -> None:
    for each in things:
        if (each["kind"], each["apiVersion"]) not in OTHERS:
            kubernetes_validate.validate(each, version, strict=True)
    assert {each["metadata"].get("namespace") for each in things if each["kind"] != "Namespace"} == {"myweb"}


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


def test_whatever_lasts_is_asked_whether_it_is_well(things: list[Thing]) -> None:
    for workload in of(things, "Deployment", "StatefulSet"):
        for container in lasting(workload):
            assert container.keys() >= {"startupProbe", "readinessProbe", "livenessProbe"}, container["name"]


def test_nothing_is_started_again_because_a_store_is_away(things: list[Thing]) -> None:
    words = {each["name"]: each["livenessProbe"] for each in (c for w in of(things, "Deployment") for c in lasting(w))}
    kinds = {name: probe["exec"]["command"][3] for name, probe in words.items() if "exec" in probe}
    assert kinds == {"web": "answers", "live": "live", "collector": "beat"}
    assert words["nginx"]["tcpSocket"] == {"port": "http"}


def test_every_workload_has_a_budget_that_leaves_one_in_place(things: list[Thing]) -> None:
    chosen = {str(each["spec"]["selector"]["matchLabels"]): each["spec"] for each in of(things, "PodDisruptionBudget")}
    for workload in of(things, "Deployment", "StatefulSet"):
        assert chosen[str(workload["spec"]["selector"]["matchLabels"])]["maxUnavailable"] == 1
        at_least = 2 if workload["metadata"]["name"] != "live" else 0
        assert workload["spec"].get("replicas", 0) >= at_least, "or nobody could be moved"
    assert named(things, "ScaledObject", "live")["spec"]["minReplicaCount"] >= 2
    assert "replicas" not in named(things, "Deployment", "live")["spec"], "applying it again would undo the scaling"


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


def ports(workload: Thing) -> dict[str, int]:
    found = [port for each in lasting(workload) for port in each.get("ports", ())]
    return {port["name"]: port["containerPort"] for port in found}


def test_services_lead_to_ports_that_are_there(things: list[Thing]) -> None:
    for service in of(things, "Service"):
        wanted = service["spec"]["selector"].items()
        (workload,) = [each for each in of(things, "Deployment", "StatefulSet") if labels(each).items() >= wanted]
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports(workload).keys()


def test_only_nginx_and_redis_listen(things: list[Thing]) -> None:
    """uWSGI and Daphne have a unix socket in their pod: whoever reaches uWSGI's can run code."""
    listening = {each["name"]: ports(each) for each in [w | {"name": w["metadata"]["name"]} for w in workloads(things)]}
    assert {name: found for name, found in listening.items() if found} == {
        "web": {"http": 8080},
        "live": {"http": 8080},
        "redis": {"redis": 6379, "sentinel": 26379},
    }
    web = pod(named(things, "Deployment", "web"))
    for container in (web["containers"][0], web["initContainers"][1]):
        assert {"name": "sockets", "mountPath": "/run/myweb"} in container["volumeMounts"]
    assert "emptyDir" in next(each for each in web["volumes"] if each["name"] == "sockets")


def test_nobody_gets_in_but_the_gateway_and_nobody_out_but_to_the_stores(things: list[Thing]) -> None:
    policies = {each["metadata"]["name"]: each["spec"] for each in of(things, "NetworkPolicy")}
    assert policies.pop("deny") == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    edge = policies["edge"]
    for name in ("web", "live"):
        deployment = named(things, "Deployment", name)
        open_to = [key for key, each in policies.items() if each.get("ingress") and selects(each, labels(deployment))]
        assert open_to == ["edge"]
    (way_in,) = edge["ingress"]
    assert way_in["ports"] == [{"protocol": "TCP", "port": 8080}]
    (who,) = way_in["from"]
    assert who.keys() == {"namespaceSelector"}
    assert who["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] != "gateway", "the overlay names it"
    out = [key for key, each in policies.items() if selects(each, labels(named(things, "Deployment", "live")))]
    assert sorted(out) == ["edge", "names", "to-stores"]
    for name in ("web", "live", "collector"):
        assert selects(policies["to-stores"], labels(named(things, "Deployment", name)))
    assert selects(policies["redis"], labels(named(things, "StatefulSet", "redis")))


def selects(policy: Thing, of_pod: Thing) -> bool:
    wanted: Thing = policy["podSelector"].get("matchLabels", {})
    return of_pod.items() >= wanted.items()


def known_names() -> set[str]:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    return set(re.findall(r"^#?([A-Z_]+)=", text, re.MULTILINE))


def test_every_setting_is_one_that_somebody_reads(things: list[Thing]) -> None:
    template = (ROOT / "deploy" / "nginx" / "myweb.conf.template").read_text(encoding="utf-8")
    assert all(f"${{{name}}}" in template for name in OF_NGINX)
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


def test_redis_is_what_sentinels_watch_over(things: list[Thing]) -> None:
    redis = named(things, "StatefulSet", "redis")
    names = " ".join(f"redis-{number}.{redis['spec']['serviceName']}" for number in range(redis["spec"]["replicas"]))
    for container in pod(redis)["containers"]:
        assert environment(things, container)["SERVERS"] == names
    watched = named(things, "ConfigMap", "settings")["data"]["REDIS_SENTINELS"]
    assert watched == " ".join(f"{each}:26379" for each in names.split())
    assert (
        named(things, "ConfigMap", "settings")["data"]["REDIS_SENTINEL_MASTER"]
        in (
            named(things, "ConfigMap", "redis-start")["data"]["start"]
            .partition("sentinel monitor ")[2]
            .partition(" ")[0]
        )
    )


def test_nginx_begins_no_worker_for_each_processor_of_the_node(things: list[Thing]) -> None:
    assert "MYWEB_NGINX_WORKERS" in (ROOT / "deploy" / "docker" / "nginx").read_text(encoding="utf-8")
    for name in ("web", "live"):
        nginx = next(each for each in lasting(named(things, "Deployment", name)) if each["name"] == "nginx")
        assert {"name": "MYWEB_NGINX_WORKERS", "value": "2"} in nginx["env"]


def test_sockets_are_shared_out_by_a_figure_that_the_site_tells(things: list[Thing]) -> None:
    """tests/integration/test_exposition.py reads it where it is told."""
    scaled = named(things, "ScaledObject", "live")["spec"]
    assert scaled["scaleTargetRef"] == {"name": "live"}
    (trigger,) = scaled["triggers"]
    assert trigger["metadata"]["valueLocation"] == "myweb_live_sockets"
    assert trigger["metricType"] == "AverageValue"
    down = scaled["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]["scaleDown"]
    assert down["stabilizationWindowSeconds"] >= 1800
    login = named(things, "TriggerAuthentication", "metrics")["spec"]["secretTargetRef"][0]
    secret = named(things, "Secret", "site")
    assert login["name"] == secret["metadata"]["name"]
    assert login["key"] in secret["data"]


def origins(things: list[Thing]) -> set[str]:
    return {
        each.partition("://")[2] for each in named(things, "ConfigMap", "settings")["data"]["MYWEB_ORIGINS"].split()
    }


def backends(things: list[Thing]) -> Iterator[tuple[str, str]]:
    """(path, service) of every way in."""
    for route in of(things, "HTTPRoute"):
        for rule in route["spec"]["rules"]:
            for match in rule.get("matches", ()):
                yield match["path"]["value"], rule["backendRefs"][0]["name"]
    for ingress in of(things, "Ingress"):
        for path in ingress["spec"]["rules"][0]["http"]["paths"]:
            yield path["path"], path["backend"]["service"]["name"]


def test_the_ways_in_lead_to_sockets_and_pages_under_the_names_of_the_site(things: list[Thing]) -> None:
    assert dict(backends(things)) == {"/ws/": "live", "/": "web"}
    hosts = {host for route in of(things, "HTTPRoute") for host in route["spec"]["hostnames"]}
    hosts |= {listener["hostname"] for each in of(things, "Gateway") for listener in each["spec"]["listeners"]}
    hosts |= {rule["host"] for ingress in of(things, "Ingress") for rule in ingress["spec"]["rules"]}
    url = named(things, "ScaledObject", "live")["spec"]["triggers"][0]["metadata"]["url"]
    assert hosts == origins(things) == {url.split("/")[2]}


def test_a_socket_may_be_silent_for_longer_than_between_two_pings(things: list[Thing]) -> None:
    for route in of(things, "HTTPRoute"):
        for rule in route["spec"]["rules"]:
            if rule.get("backendRefs", [{}])[0].get("name") == "live":
                assert rule["timeouts"] == {"request": "0s"}, "none"
    for ingress in of(things, "Ingress"):
        told = [value for name, value in ingress["metadata"]["annotations"].items() if "timeout" in name]
        assert told
        assert all(int(value.removesuffix("s")) > 3 * 20 for value in told)


def test_pods_wait_for_the_migrations(things: list[Thing]) -> None:
    for each in of(things, "Deployment"):
        assert "migrate --check" in pod(each)["initContainers"][0]["command"][2]
    assert pod(named(things, "Job", "migrate"))["containers"][0]["args"] == ["migrate", "--noinput", "--log"]
