"""Who reaches whom in deploy/kubernetes: services, policies, the ways in, and how sockets are shared out."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import yaml

from tests.support.kubernetes import (
    Thing,
    copied,
    environment,
    kustomize,
    labels,
    lasting,
    named,
    of,
    pod,
    things,
    workloads,
)

__all__ = ["copied", "things"]


def ports(workload: Thing) -> dict[str, int]:
    found = [port for each in lasting(workload) for port in each.get("ports", ())]
    return {port["name"]: port["containerPort"] for port in found}


def test_services_lead_to_ports_that_are_there(things: list[Thing]) -> None:
    for service in of(things, "Service"):
        wanted = service["spec"]["selector"].items()
        (workload,) = [each for each in of(things, "Deployment", "StatefulSet") if labels(each).items() >= wanted]
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports(workload).keys()


def test_only_nginx_and_redis_listen(things: list[Thing]) -> None:
    """uWSGI and Daphne have a unix socket in their pod: anyone who reaches uWSGI's can run code."""
    listening = {each["name"]: ports(each) for each in [w | {"name": w["metadata"]["name"]} for w in workloads(things)]}
    assert {name: found for name, found in listening.items() if found} == {
        "web": {"http": 8080, "metrics": 9180},
        "live": {"http": 8080},
        "redis": {"redis": 6379, "sentinel": 26379},
    }
    web = pod(named(things, "Deployment", "web"))
    for container in (web["containers"][0], web["initContainers"][1]):
        assert {"name": "sockets", "mountPath": "/run/myweb"} in container["volumeMounts"]
    assert "emptyDir" in next(each for each in web["volumes"] if each["name"] == "sockets")


def test_doctor_asks_the_nginx_of_its_own_pod(things: list[Thing]) -> None:
    front = named(things, "ConfigMap", "settings")["data"]["MYWEB_FRONT"]
    for name in ("web", "live"):
        assert front == f"http://127.0.0.1:{ports(named(things, 'Deployment', name))['http']}"


def test_nobody_gets_in_but_the_gateway_and_nobody_out_but_to_the_stores(things: list[Thing]) -> None:
    policies = {each["metadata"]["name"]: each["spec"] for each in of(things, "NetworkPolicy")}
    assert policies.pop("deny") == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    edge = policies["edge"]
    for name, ways in {"web": ["edge", "metrics"], "live": ["edge", "live-from-web"]}.items():
        deployment = named(things, "Deployment", name)
        open_to = [key for key, each in policies.items() if each.get("ingress") and selects(each, labels(deployment))]
        assert sorted(open_to) == ways
    assert policies["metrics"]["ingress"][0]["ports"] == [{"protocol": "TCP", "port": 9180}]
    (way_in,) = edge["ingress"]
    assert way_in["ports"] == [{"protocol": "TCP", "port": 8080}]
    (who,) = way_in["from"]
    assert who.keys() == {"namespaceSelector"}
    assert who["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] != "gateway", "the overlay names it"
    out = [key for key, each in policies.items() if selects(each, labels(named(things, "Deployment", "live")))]
    assert sorted(out) == ["edge", "live-from-web", "names", "to-stores"]
    out = [key for key, each in policies.items() if selects(each, labels(named(things, "Deployment", "web")))]
    assert sorted(out) == ["edge", "metrics", "names", "to-stores", "web-to-live"], "without components/mail"
    for name in ("web", "live", "collector", "worker"):
        assert selects(policies["to-stores"], labels(named(things, "Deployment", name)))
    assert selects(policies["redis"], labels(named(things, "StatefulSet", "redis")))


def selects(policy: Thing, of_pod: Thing) -> bool:
    wanted: Thing = policy["podSelector"].get("matchLabels", {})
    return of_pod.items() >= wanted.items()


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
    assert hosts == origins(things)


def test_a_socket_may_be_silent_for_longer_than_between_two_pings(things: list[Thing]) -> None:
    for route in of(things, "HTTPRoute"):
        for rule in route["spec"]["rules"]:
            if rule.get("backendRefs", [{}])[0].get("name") == "live":
                assert rule["timeouts"] == {"request": "0s"}, "none"
    for ingress in of(things, "Ingress"):
        told = [value for name, value in ingress["metadata"]["annotations"].items() if "timeout" in name]
        assert told
        assert all(int(value.removesuffix("s")) > 3 * 20 for value in told)


def test_sockets_are_shared_out_by_a_figure_that_the_site_tells(things: list[Thing]) -> None:
    """tests/integration/monitor/metrics/test_exposition.py reads it where it is told."""
    scaled = named(things, "ScaledObject", "live")["spec"]
    assert scaled["scaleTargetRef"] == {"name": "live"}
    (trigger,) = scaled["triggers"]
    assert trigger["metadata"]["valueLocation"] == "myweb_live_sockets"
    service, namespace, *_rest = trigger["metadata"]["url"].split("/")[2].partition(":")[0].split(".")
    port = int(trigger["metadata"]["url"].split("/")[2].partition(":")[2])
    web = named(things, "Service", service)
    assert namespace == web["metadata"]["namespace"]
    assert port in [each["port"] for each in web["spec"]["ports"]], "without a way through the gateway"
    assert trigger["metricType"] == "AverageValue"
    down = scaled["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]["scaleDown"]
    assert down["stabilizationWindowSeconds"] >= 1800
    login = named(things, "TriggerAuthentication", "metrics")["spec"]["secretTargetRef"][0]
    secret = named(things, "Secret", "site")
    assert login["name"] == secret["metadata"]["name"]
    assert login["key"] in secret["data"]


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


def test_doctor_reaches_pages_and_sockets_through_the_nginx_of_its_pod(things: list[Thing]) -> None:
    web = named(things, "Deployment", "web")
    front = {each["name"]: environment(things, each)["MYWEB_FRONT"] for each in lasting(web)}
    assert front == dict.fromkeys(("nginx", "web"), "/run/myweb/front.sock")
    assert all({"name": "sockets", "mountPath": "/run/myweb"} in each["volumeMounts"] for each in lasting(web))
    nginx = next(each for each in lasting(web) if each["name"] == "nginx")
    service = named(things, "Service", "live")["spec"]["ports"][0]
    assert environment(things, nginx)["MYWEB_LIVE_SERVERS"] == f"server live:{service['port']} max_fails=0;"
    (out,) = named(things, "NetworkPolicy", "web-to-live")["spec"]["egress"]
    (way_in,) = named(things, "NetworkPolicy", "live-from-web")["spec"]["ingress"]
    assert out["ports"] == way_in["ports"]
    assert ports(named(things, "Deployment", "live"))[service["targetPort"]] == out["ports"][0]["port"]


def test_names_are_resolved_wherever_a_cluster_does_it(things: list[Thing]) -> None:
    allowed = {
        (*(each.get("namespaceSelector", {}).get("matchLabels") or each.get("ipBlock")).values(), port["port"])
        for rule in named(things, "NetworkPolicy", "names")["spec"]["egress"]
        for each in rule["to"]
        for port in rule["ports"]
    }
    assert allowed == {("kube-system", 53), ("169.254.20.10/32", 53), ("openshift-dns", 5353)}


def test_mail_is_a_component_with_its_password_and_its_way_out(copied: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(copied, tmp_path / "kubernetes")
    overlay = folder / "overlays" / "gateway" / "kustomization.yaml"
    overlay.write_text(overlay.read_text().replace("# - ../../components/mail", "- ../../components/mail"))
    assert "email-password" in kustomize(overlay.parent).stderr, "the missing file is named"
    (folder / "components" / "mail" / "email-password").write_text("p#$")
    things = list(yaml.safe_load_all(kustomize(overlay.parent).stdout))
    assert named(things, "Secret", "site")["data"].keys() == {"secret-key", "metrics-token", "email-password"}
    web = named(things, "Deployment", "web")
    settings = environment(things, pod(web)["containers"][0])
    assert settings["EMAIL_HOST_PASSWORD_FILE"] == "/secrets/site/email-password"
    assert settings.keys() >= {"EMAIL_HOST", "MYWEB_ORIGINS", "DATABASE_HOST"}
    for name in ("web", "worker"):  # for forgotten passwords, and of notifications
        policy = named(things, "NetworkPolicy", f"{name}-mail")
        assert selects(policy["spec"], labels(named(things, "Deployment", name)))


def test_a_bucket_for_files_is_a_component_with_its_key_and_the_way_of_nginx(copied: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(copied, tmp_path / "kubernetes")
    overlay = folder / "overlays" / "ingress" / "kustomization.yaml"
    overlay.write_text(overlay.read_text().replace("# - ../../components/bucket", "- ../../components/bucket"))
    assert "files-s3-secret-key" in kustomize(overlay.parent).stderr, "the missing file is named"
    (folder / "components" / "bucket" / "files-s3-secret-key").write_text("p#$")
    things = list(yaml.safe_load_all(kustomize(overlay.parent).stdout))
    assert "files-s3-secret-key" in named(things, "Secret", "site")["data"]
    address = "https://s3.example.com/bucket"
    for name in ("web", "worker"):
        given = environment(things, pod(named(things, "Deployment", name))["containers"][0])
        assert given["MYWEB_FILES_S3"] == address
        assert given["MYWEB_FILES_S3_SECRET_KEY_FILE"] == "/secrets/site/files-s3-secret-key"
    web = named(things, "Deployment", "web")
    (nginx,) = (each for each in pod(web)["initContainers"] if each["name"] == "nginx")
    given = environment(things, nginx)
    assert (given["MYWEB_FILES_S3"], [name for name in given if "KEY" in name]) == (address, [])
    assert selects(named(things, "NetworkPolicy", "web-bucket")["spec"], labels(web))
