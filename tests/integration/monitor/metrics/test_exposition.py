"""``/metrics``: closed without a token; with it, what was measured last, in words that Prometheus reads."""

import subprocess
import time
from array import array
from datetime import timedelta
from math import nan

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.fixtures import Settings

from accounts.models import User
from monitor.metrics import reports
from monitor.metrics.catalogue import Catalogue
from monitor.metrics.collector import Collector
from monitor.metrics.ingest import services
from monitor.metrics.ingest.formats import parse_pushed_values
from monitor.metrics.models import Lease, Scraped
from monitor.metrics.readings import Reading
from monitor.metrics.reports import ProcessReport
from monitor.metrics.sources import create_configured_readers
from monitor.metrics.sources.live import LiveReader
from monitor.metrics.store.ring import get_ring

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
    sheet = Catalogue().get_index(key)
    get_ring().append(t, {sheet.source.pk: sheet.make_row(readings) if readings else array("d")})


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
    values = found(ask().content.decode())
    assert values["myweb_host_a_b", ""] == 1.0
    assert values["myweb_host_a_b", "host.a_b"] == 2.0


FOREIGN = """x{room="上海"} 1
x{room="北京"} 2
y{a="b-c"} 3
y{a="b_c"} 4
z{k="v w"} 5
q{p="say \\"no\\" \\\\ \\n"} 6
温度{"城市"="上海"} 7
湿度{"城市"="上海",le="9"} 8
w{"country-code"="a",country_code="b"} 9
{"two words"} 10
# TYPE handles_total gauge
handles_total{__x="1"} 11
user_count 12
camelCase{quantile="0.5"} 13
"""


def test_no_series_of_others_is_lost_and_their_labels_are_real(settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN
    samples = parse_pushed_values(FOREIGN.encode()).samples
    measure("push-shop", int(time.time()), *(Reading(each.name, each.value) for each in samples))
    text = ask().content.decode()
    told = [
        (sample.name.removeprefix("myweb_push_shop_"), sample.labels, sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if "push_shop" in sample.name
    ]
    assert sorted(told, key=lambda each: each[2]) == [
        ("x", {"room": "上海"}, 1),
        ("x", {"room": "北京"}, 2),
        ("y", {"a": "b-c"}, 3),
        ("y", {"a": "b_c"}, 4),
        ("z", {"k": "v w"}, 5),
        ("q", {"p": 'say "no" \\ \n'}, 6),
        ("u6e29_u5ea6_", {"u57ce_u5e02_": "上海"}, 7),
        ("u6e7f_u5ea6_", {"exported_le": "9", "u57ce_u5e02_": "上海"}, 8),
        ("w", {"country_code": "a", "country_code_": "b"}, 9),
        ("two_words", {}, 10),
        ("handles_total_value", {"exported_x": "1"}, 11),
        ("user_count_value", {}, 12),
        ("camel_case", {"exported_quantile": "0.5"}, 13),
    ]


def test_what_became_a_rate_is_no_total(settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN
    rates = [Reading("jobs_total", 5.0, "/s"), Reading('sent_bytes_total{card="0"}', 6.0, "B/s")]
    measure("push-shop", int(time.time()), *rates, Reading('t_bucket{le="1"}', 7.0, "/s"), Reading("a.days", 2.0))
    values = found(ask().content.decode())
    assert values["myweb_push_shop_jobs_per_second", ""] == 5
    assert values["myweb_push_shop_sent_bytes_per_second", "0"] == 6
    assert values["myweb_push_shop_t_bucket_per_second", "1"] == 7
    assert values["myweb_push_shop_a_seconds", ""] == 2 * 86_400


def test_up_is_told_of_nothing_that_is_paused_or_was_not_read_yet(settings: Settings, ada: User) -> None:
    settings.METRICS_TOKEN = TOKEN
    t = int(time.time())
    scraped = {
        name: services.make_scraped(ada, name=name, room=None, url="http://127.0.0.1:1/")
        for name in ("new", "waiting", "tried", "paused", "restarted", "fine")
    }
    services.make_pushed(ada, name="unused", room=None, every=60)
    services.revoke_pushed(ada, services.make_pushed(ada, name="revoked", room=None, every=60)[0])
    Scraped.objects.filter(name="tried").update(trouble="It cannot be asked.")
    for name in ("paused", "restarted", "fine"):
        measure(f"scrape-{name}", t - 2, Reading("a", 1.0))
    services.pause_scraped(ada, scraped["paused"], True)
    for name in ("waiting", "tried"):
        measure(f"scrape-{name}", t - 1)
    measure("scrape-restarted", t - 1, Reading("a", nan))
    values = found(ask().content.decode())
    told = {key: value for (name, key), value in values.items() if name == "myweb_up"}
    assert told == {"scrape-tried": 0, "scrape-fine": 1}


def test_promtool_has_nothing_to_say(settings: Settings, ada: User) -> None:
    """Of all that the site measures itself, and of totals, histograms and labels of others."""
    settings.METRICS_TOKEN = TOKEN
    collector = Collector(create_configured_readers())
    for second in (1, 0):  # rates are there with the second
        collector.tick(int(time.time()) - second)
    samples = parse_pushed_values(FOREIGN.replace("__x", "x").encode()).samples
    rates = [Reading(name, 1.0, "/s") for name in ("jobs_total", 't_bucket{le="1"}', "t_count", "t_sum", "a.count")]
    measure("push-shop", int(time.time()), *rates, *(Reading(each.name, each.value) for each in samples))
    text = ask().content
    assert text.count(b"# TYPE myweb_host_") > 20
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, timeout=30, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")


def test_openmetrics_is_given_to_those_who_ask_for_it(settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN
    measure(
        "push-shop",
        int(time.time()),
        *(Reading(each.name, each.value) for each in parse_pushed_values(FOREIGN.encode()).samples),
    )
    accepted = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"
    answer = Client().get("/metrics", headers={"authorization": f"Bearer {TOKEN}", "accept": accepted})
    assert answer["Content-Type"].startswith("application/openmetrics-text")
    assert "Accept" in answer["Vary"].split(", ")
    text = answer.content.decode()
    families = {family.name: family for family in openmetrics.text_string_to_metric_families(text)}  # type: ignore[no-untyped-call]
    assert families["myweb_age_seconds"].unit == "seconds"
    assert {sample.labels["room"] for sample in families["myweb_push_shop_x"].samples} == {"上海", "北京"}
    reread = parse_pushed_values(text.encode())
    assert reread.refusals.count == 0
    assert len(reread.samples) == sum(len(family.samples) for family in families.values())


def test_the_open_sockets_of_all_processes_are_told_by_which_they_can_be_shared_out(settings: Settings) -> None:
    """deploy/kubernetes scales by this name."""
    settings.METRICS_TOKEN = TOKEN
    for name, sockets in (("one", 3_000.0), ("two", 2_500.0)):
        reports.store_report(ProcessReport(name, time.time(), now={"sockets": sockets}))
    Collector([LiveReader()]).tick(int(time.time()))
    assert found(ask().content.decode())["myweb_live_sockets", ""] == 5_500


def test_the_age_of_the_last_tick_grows_when_no_collector_measures(settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN
    measured_at = timezone.now() - timedelta(minutes=5)
    Lease.objects.create(name="collector", until=measured_at, measured_at=measured_at)
    assert 300 <= found(ask().content.decode())["myweb_collector_tick_age_seconds", ""] < 330
