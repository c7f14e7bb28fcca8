"""Who reaches whom in deploy/kubernetes: services, policies, the ways in, and how sockets are shared out."""

from collections.abc import Iterator

from tests.support.kubernetes import Thing, copied, environment, labels, lasting, named, of, pod, things, workloads

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


def test_sockets_are_shared_out_by_a_figure_that_the_site_tells(things: list[Thing]) -> None:
    """tests/integration/monitor/metrics/test_exposition.py reads it where it is told."""
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
