"""``/metrics``: closed without a token; with it, what was measured last, in words that Prometheus reads."""

import time
from array import array

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.fixtures import Settings

from monitor import reports
from monitor.catalogue import Catalogue
from monitor.collector import Collector
from monitor.metrics import Reading
from monitor.reports import Report
from monitor.sources.live import Live
from monitor.store.ring import get_ring

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = "t" * 32


def ask(token: str = TOKEN) -> "Client.response_class":  # type: ignore[name-defined]
    return Client().get("/metrics", headers={"authorization": f"Bearer {token}"} if token else {})


def found(text: str) -> dict[tuple[str, str], float]:
    """By name and the one label."""
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def measure(key: str, t: int, *readings: Reading) -> None:
    sheet = Catalogue().sheet(key)
    get_ring().append(t, {sheet.source.pk: sheet.row(readings) if readings else array("d")})


def test_without_a_token_in_the_settings_there_is_no_such_page(settings: Settings) -> None:
    settings.METRICS_TOKEN = ""
    assert ask().status_code == 404
    assert ask("").status_code == 404


@pytest.mark.parametrize("token", ["", "wrong", "ü"])
def test_without_the_right_token_nothing_is_told(settings: Settings, token: str) -> None:
    settings.METRICS_TOKEN = TOKEN
    answer = ask(token)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")


def test_the_newest_values_of_every_source_are_told(settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN
    t = int(time.time())
    disk = (Reading("disk.full /", 40.0, "%"), Reading('disk.full /srv/"a"', 50.0, "%"))
    measure("host", t - 2, Reading("cpu.busy", 1.0, "%"), *disk)
    measure("host", t - 1, Reading("cpu.busy", 7.5, "%"), *disk)
    measure("redis", t - 2, Reading("memory", 5.0, "B"))
    measure("redis", t - 1)
    measure("nginx", t - 300, Reading("requests", 3.0, "/s"))
    answer = ask()
    assert answer["Content-Type"].startswith("text/plain")
    values = found(answer.content.decode())
    assert values["myweb_host_cpu_busy", ""] == 7.5
    assert values["myweb_host_disk_full", "/"] == 40.0
    assert values["myweb_host_disk_full", '/srv/"a"'] == 50.0
    assert [values["myweb_up", key] for key in ("host", "redis", "nginx")] == [1.0, 0.0, 0.0]
    assert 0 <= values["myweb_age_seconds", "host"] < 10
    assert not [name for name, _of in values if name.startswith(("myweb_redis", "myweb_nginx"))]


def test_names_that_differ_only_in_signs_make_no_second_sample(settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN
    measure("host", int(time.time()), Reading("a.b", 1.0), Reading("a_b", 2.0))
    assert found(ask().content.decode())["myweb_host_a_b", ""] == 1.0


def test_the_open_sockets_of_all_processes_are_told_by_which_they_can_be_shared_out(settings: Settings) -> None:
    """deploy/kubernetes scales by this name."""
    settings.METRICS_TOKEN = TOKEN
    for name, sockets in (("one", 3_000.0), ("two", 2_500.0)):
        reports.tell(Report(name, time.time(), now={"sockets": sockets}))
    Collector([Live()]).tick(int(time.time()))
    assert found(ask().content.decode())["myweb_live_sockets", ""] == 5_500
