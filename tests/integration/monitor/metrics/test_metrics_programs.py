"""The programs that people use: node_exporter, Prometheus, and the clients of Pushgateway, statsd and Datadog."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any
from urllib.request import urlopen

import pytest
import statsd as statsd_client
from datadog.dogstatsd.base import DogStatsd
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    delete_from_gateway,
    push_to_gateway,
    pushadd_to_gateway,
)
from prometheus_client.exposition import basic_auth_handler, default_handler
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from deploy.stack.state import find_free_port as free_port
from monitor.metrics.catalogue import Catalogue
from monitor.metrics.ingest import scrape, services
from monitor.metrics.ingest.formats import parse_text_format
from monitor.metrics.ingest.latest import get_latest_store
from monitor.metrics.models import Pushed
from monitor.metrics.readings import Reading, SourceDown
from monitor.metrics.sources.statsd_socket import StatsdReader
from monitor.metrics.store.ring import get_ring

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

TOKEN = "t" * 32
CONFIG = """
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: myweb
    authorization: {{credentials: {token}}}
    static_configs: [{{targets: ["{target}"]}}]
"""


def wait_for(condition: Callable[[], Any]) -> Any:
    for _attempt in range(600):
        found = condition()
        if found:
            return found
        Event().wait(0.05)
    pytest.fail("it did not happen")


@contextmanager
def running(*argv: str) -> Iterator[None]:
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def fetch(url: str) -> str:
    """Its text, once somebody listens there."""

    def answer() -> str:
        try:
            return scrape.fetch_metrics(url, "", 5)
        except SourceDown:
            return ""

    return str(wait_for(answer))


def test_node_exporter_is_read_whole_with_a_filter_and_without() -> None:
    address = f"127.0.0.1:{free_port()}"
    with running("prometheus-node-exporter", f"--web.listen-address={address}"):
        text = fetch(f"http://{address}/metrics")
    parsed = parse_text_format(text)
    assert [reason for reason in parsed.refusals.examples if "'NaN'" not in reason] == []
    lines = sum(1 for line in text.split("\n") if line and not line.startswith("#"))
    assert len(parsed.samples) + parsed.refusals.count == lines
    samples = {sample.name: sample for sample in parsed.samples}
    assert samples["node_memory_MemTotal_bytes"].value > 0
    assert not samples["node_memory_MemTotal_bytes"].counter
    assert samples['node_cpu_seconds_total{cpu="0",mode="user"}'].counter
    chosen = parse_text_format(text, lambda name: name == "node_load1")
    assert [sample.name for sample in chosen.samples] == ["node_load1"]


@pytest.fixture
def prometheus(live_server: LiveServer, settings: Settings, tmp_path: Path) -> Iterator[str]:
    """The address of one that reads this site once a second."""
    settings.METRICS_TOKEN = TOKEN
    target = str(live_server.url).partition("//")[2]
    config, address = tmp_path / "prometheus.yml", f"127.0.0.1:{free_port()}"
    config.write_text(CONFIG.format(token=TOKEN, target=target))
    options = f"--config.file={config}", f"--storage.tsdb.path={tmp_path}/data", f"--web.listen-address={address}"
    with running("prometheus", *options):
        yield f"http://{address}"


@pytest.mark.usefixtures("place")
def test_prometheus_reads_our_page_and_we_read_its_own(prometheus: str) -> None:
    index = Catalogue().get_index("push-shop")
    names = ['x{room="上海"}', 'x{room="北京"}', 'y{a="b-c"}', 'y{a="b_c"}', "温度", "handles_total"]
    row = index.make_row(Reading(name, number) for number, name in enumerate(names))
    get_ring().append(int(time.time()), {index.source.pk: row})

    def stored() -> list[dict[str, Any]]:
        query = "/api/v1/query?query=%7B__name__%3D~%22myweb_push_shop_.*%22%7D"
        try:
            with urlopen(f"{prometheus}{query}", timeout=5) as answer:
                return list(json.load(answer)["data"]["result"])
        except OSError:
            return []

    found = wait_for(stored)
    assert {float(each["value"][1]) for each in found} == {0, 1, 2, 3, 4, 5}
    assert {each["metric"]["room"] for each in found if "room" in each["metric"]} == {"上海", "北京"}
    parsed = parse_text_format(fetch(f"{prometheus}/metrics"))
    assert len(parsed.samples) > 300
    assert [reason for reason in parsed.refusals.examples if "'NaN'" not in reason] == []


def registry() -> CollectorRegistry:
    found = CollectorRegistry()
    Gauge("rows", "How many.", ["table"], registry=found).labels("orders").set(7)
    Counter("jobs", "How many.", registry=found).inc(3)
    return found


def basic(token: str) -> Callable[..., Any]:
    return partial(basic_auth_handler, username="anything", password=token)


def bearer(token: str) -> Callable[..., Any]:
    def handler(*, headers: list[tuple[str, str]], **more: Any) -> Any:
        return default_handler(headers=[*headers, ("Authorization", f"Bearer {token}")], **more)

    return handler


@pytest.fixture
def pushed(ada: User) -> tuple[Pushed, str]:
    return services.make_pushed(ada, name="Shop", room=None, every=60)


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("place_of_token", ["basic", "bearer", "path"])
def test_a_client_of_pushgateway_pushes_here(
    live_server: LiveServer, pushed: tuple[Pushed, str], place_of_token: str
) -> None:
    source, token = pushed
    gateway = f"{live_server.url}/api/push/{token}" if place_of_token == "path" else str(live_server.url)
    handler = {"basic": basic(token), "bearer": bearer(token), "path": default_handler}[place_of_token]
    key = {"instance": "db/1", "city": "上海"}
    push_to_gateway(gateway, "夜间/备份", registry(), grouping_key=key, handler=handler)
    pushadd_to_gateway(gateway, "other", registry(), handler=handler, compression="gzip")
    delete_from_gateway(gateway, "other", handler=handler)
    values = get_latest_store().all(source.source_id)
    labels = 'city="上海",instance="db/1",job="夜间/备份"'
    assert values[f'rows{{{labels},table="orders"}}'].value == 7
    assert values[f"jobs_total{{{labels}}}"].counter
    assert values['jobs_total{job="other"}'].value == 3
    assert not any("created" in name and values[name].counter for name in values)


def test_a_client_of_pushgateway_without_the_token_is_turned_away(live_server: LiveServer) -> None:
    for handler in (basic("wrong"), bearer("wrong"), default_handler):
        with pytest.raises(OSError, match="401"):
            push_to_gateway(str(live_server.url), "backup", registry(), handler=handler)


@pytest.fixture
def listening() -> Iterator[tuple[StatsdReader, int]]:
    listening = StatsdReader("127.0.0.1", 0)
    listening.begin(Catalogue())
    assert listening.udp_socket
    yield listening, listening.udp_socket.getsockname()[1]
    listening.end()


def read_all(listening: StatsdReader) -> dict[str, Reading]:
    """What is there when the gauge that was sent last has come."""

    def came() -> bool:
        with listening.lock:
            return "last" in listening.aggregator.metrics

    wait_for(came)
    return {reading.name: reading for reading in listening.read(0)}


def test_the_statsd_client_is_understood(listening: tuple[StatsdReader, int]) -> None:
    source, port = listening
    client = statsd_client.StatsClient("127.0.0.1", port, prefix="shop")
    client.incr("orders", 3)
    client.timing("answer", 250)
    client.gauge("queue", 7)
    client.gauge("queue", -2, delta=True)
    client.set("people", "ada")
    statsd_client.StatsClient("127.0.0.1", port).gauge("last", 1)
    found = read_all(source)
    assert (found["shop.answer.p50"].value, found["shop.answer.p50"].unit) == (0.25, "s")
    assert found["shop.queue"].value == 5
    assert found["shop.people"].value == 1
    assert found["shop.orders"].value > 0
    assert found["statsd.malformed"].value == 0


def test_the_client_of_datadog_is_understood(listening: tuple[StatsdReader, int]) -> None:
    source, port = listening
    client = DogStatsd(host="127.0.0.1", port=port, constant_tags=["env:prod"], disable_telemetry=True)
    client.increment("orders", tags=["country-code:china", "k8s/app:web"])
    client.histogram("body.size", 2048)
    client.distribution("rows", 3)
    client.timing("answer", 250)
    client.gauge("queue", 7)
    client.set("people", "ada")
    client.event("deployed", "a text: with | bars\nand lines", tags=["a:b"])
    client.service_check("db", DogStatsd.CRITICAL, message="it is down")
    client.flush()
    statsd_client.StatsClient("127.0.0.1", port).gauge("last", 1)
    found = read_all(source)
    assert found['orders{country-code="china",env="prod",k8s/app="web"}'].value > 0
    assert (found['body.size.p50{env="prod"}'].value, found['body.size.p50{env="prod"}'].unit) == (2048, "")
    assert found['rows.p99{env="prod"}'].value == 3
    assert found['answer.p50{env="prod"}'].value == 0.25
    assert found['queue{env="prod"}'].value == 7
    assert found['people{env="prod"}'].value == 1
    assert found["statsd.malformed"].value == 0
