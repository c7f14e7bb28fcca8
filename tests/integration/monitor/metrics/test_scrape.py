"""Servers are asked for their metrics beside the ticks: what is down is down, and some addresses are never asked."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from pytest_django.fixtures import Settings

from accounts.models import User
from monitor.metrics.ingest import scrape, services
from monitor.metrics.ingest.forms import ScrapedForm
from monitor.metrics.models import Scraped
from monitor.metrics.readings import SourceDown
from monitor.metrics.sources.declared import DeclaredReaders
from monitor.metrics.sources.scraped import ScrapedReader as Readable
from myweb import encryption
from myweb.errors import Refused
from myweb.network_policy import OutOfReach, check_address
from tests.support.cast import as_
from tests.support.machines import certificate

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]

METRICS = '# TYPE jobs counter\njobs_total 100\n# TYPE load gauge\nload 0.5\nother{a="1"} 7\n'


class Exporter:
    """A server of metrics, which answers as it was told to."""

    def __init__(self) -> None:
        self.body, self.status, self.headers = METRICS.encode(), 200, dict[str, str]()
        self.going, self.asked = threading.Event(), list[tuple[str, str]]()
        self.going.set()
        exporter = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                exporter.asked.append((self.path, self.headers.get("Authorization", "")))
                exporter.going.wait(20)
                self.send_response(exporter.status)
                for name, value in exporter.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                with suppress(OSError):  # who asked may have gone
                    self.wfile.write(exporter.body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - named so by its parent
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/metrics?all=1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def exporter() -> Iterator[Exporter]:
    exporter = Exporter()
    yield exporter
    exporter.going.set()
    exporter.server.shutdown()
    exporter.server.server_close()


Made = Callable[..., Readable]


@pytest.fixture
def made(ada: User, exporter: Exporter) -> Made:
    def made(**more: Any) -> Readable:
        fields = {"name": "Node", "room": None, "url": exporter.url, "interval": 15, "timeout": 5, "allowed": ""}
        services.make_scraped(ada, **fields | more)
        found = DeclaredReaders().load()[-1]
        assert isinstance(found, Readable)
        return found

    return made


def read(source: Readable, at: float) -> dict[str, float]:
    """What it gives at a moment, when the answer to what it asked then is there."""
    source.get_newest_result(at)
    if source.pending:
        source.pending.result(20)
    return {each.name: each.value for each in source.read(at)}


def test_what_a_server_tells_are_its_readings_and_totals_become_growth(exporter: Exporter, made: Made) -> None:
    source, at = made(bearer="s3cret"), time.monotonic()
    assert read(source, at) == {"load": 0.5, 'other{a="1"}': 7}
    exporter.body = exporter.body.replace(b"100", b"400")
    first = source.result
    assert first
    source.result = first._replace(at=first.at - 10)
    source.counters.last_growth["jobs_total"] = first.at - 10, None
    source.counters.rates.last["jobs_total"] = 100, first.at - 10
    assert read(source, at + 15)["jobs_total"] == pytest.approx(30, rel=0.2)
    assert exporter.asked == [("/metrics?all=1", "Bearer s3cret")] * 2


def test_it_is_asked_at_its_own_pace(exporter: Exporter, made: Made) -> None:
    source, at = made(), time.monotonic()
    assert [len(read(source, at + seconds)) for seconds in (0, 1, 14)] == [2, 2, 2]
    assert len(exporter.asked) == 1


def test_a_slow_one_holds_nobody_up(exporter: Exporter, made: Made) -> None:
    source, at = made(), time.monotonic()
    exporter.going.clear()
    for seconds in range(3):
        assert list(source.read(at + seconds)) == []
    assert source.pending
    assert not source.pending.done()


def test_only_the_names_that_are_asked_for_are_taken(made: Made) -> None:
    assert read(made(allowed="lo* other"), time.monotonic()) == {"load": 0.5, 'other{a="1"}': 7}


def test_only_these_names_look_at_the_name_and_not_at_its_labels(exporter: Exporter, made: Made) -> None:
    exporter.body = b'a{b="x*"} 1\nx{c="a"} 2\n{"x.y","b"="c"} 3\nbad{ 4'
    assert read(made(allowed="x*"), time.monotonic()) == {'x{c="a"}': 2, 'x.y{b="c"}': 3}


def test_a_filter_that_fits_nothing_is_down_and_says_so(made: Made) -> None:
    with pytest.raises(SourceDown, match="None of its 3 values has a name that fits"):
        read(made(allowed="x*"), time.monotonic())
    assert "Only these names" in Scraped.objects.get().trouble


def test_the_filter_comes_before_every_limit(exporter: Exporter, made: Made) -> None:
    exporter.body = (
        b"".join(b"s%d 1\n" % number for number in range(600)) + b'long{a="' + b"x" * 3_000 + b'"} 1\ngood 2'
    )
    source = made(allowed="good s599")
    assert read(source, time.monotonic()) == {"s599": 1, "good": 2}
    assert Scraped.objects.values_list("refused", "skipped").get() == (0, 0)


def test_lines_that_are_not_understood_are_left_out_and_counted_on_the_page(
    ada: User, exporter: Exporter, made: Made
) -> None:
    exporter.body = METRICS.encode() + b"what is this\nbroken{ 1\nnone NaN\n\xff 1\n"
    source = made()
    assert read(source, time.monotonic())["load"] == 0.5
    row = Scraped.objects.get()
    assert (row.trouble, row.skipped, len(row.why)) == ("", 4, 4)
    page = as_(ada).get(reverse("source", args=[source.key])).content.decode()
    assert "4 lines" in page
    assert "is not a finite number: none." in page
    exporter.body = METRICS.encode()
    read(source, time.monotonic() + 15)
    assert Scraped.objects.values_list("skipped", "why").get() == (0, [])


def test_an_answer_may_be_compressed(exporter: Exporter, made: Made) -> None:
    exporter.body, exporter.headers = gzip.compress(exporter.body), {"Content-Encoding": "gzip"}
    assert read(made(), time.monotonic())["load"] == 0.5


def test_an_answer_that_is_never_understood_as_utf_8_may_say_how_it_is_written(exporter: Exporter, made: Made) -> None:
    exporter.body, exporter.headers = 'x{room="上海"} 1'.encode("gbk"), {"Content-Type": "text/plain; charset=gbk"}
    assert read(made(), time.monotonic()) == {'x{room="上海"}': 1}


def test_a_server_whose_authority_is_named_is_read_and_another_is_not(
    exporter: Exporter, made: Made, tmp_path: Path
) -> None:
    server = exporter.server
    server.socket = certificate(tmp_path).wrap_socket(server.socket, server_side=True)
    url = exporter.url.replace("http:", "https:")
    with pytest.raises(SourceDown, match="TLS failed"):
        read(made(url=url), time.monotonic())
    ca = "# 机房\n" + (tmp_path / "cert.pem").read_text()
    assert read(made(url=url, ca=ca), time.monotonic())["load"] == 0.5


@pytest.mark.parametrize("ca", ["nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "é"])
def test_what_is_no_authority_is_refused_by_the_form_and_is_down(ada: User, made: Made, ca: str) -> None:
    source = made(url="https://127.0.0.1:1/", ca=ca)
    with pytest.raises(SourceDown, match="certificate authority"):
        read(source, time.monotonic())
    fields = {"name": "Node", "url": "https://127.0.0.1:1/", "interval": "15s", "timeout": "5s", "ca": ca}
    form = ScrapedForm(fields, by=ada)
    assert "ca" in form.errors


def test_beyond_the_limit_series_are_refused_and_counted(exporter: Exporter, made: Made) -> None:
    exporter.body = "".join(f"s{number} 1\n" for number in range(510)).encode()
    source = made()
    assert len(read(source, time.monotonic())) == 500
    assert Scraped.objects.get().refused == 10


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"status": 500}, "status 500"),
        ({"status": 302, "headers": {"Location": "http://127.0.0.1:1/"}}, "status 302"),
        ({"body": b"<html>"}, "not the Prometheus text format"),
        ({"body": b"\xff"}, "not valid UTF-8"),
        ({"body": b"<p>x</p>", "headers": {"Content-Type": "text/html"}}, "a web page"),
        ({"body": b"{}"}, "not the Prometheus text format"),
        ({"body": b""}, "contains no values"),
        ({"body": b"# nothing\n"}, "contains no values"),
        ({"body": b"a 1", "headers": {"Content-Encoding": "br"}}, "only gzip is supported"),
        ({"body": gzip.compress(b"a 1")[:-1], "headers": {"Content-Encoding": "gzip"}}, "not valid gzip"),
        ({"body": gzip.compress(b"a 1\n" * 2**21), "headers": {"Content-Encoding": "gzip"}}, "larger than 4 MB"),
        ({"body": b"a 1\n" * (scrape.MAX_RESPONSE // 4 + 1)}, "larger than 4 MB"),
    ],
)
def test_what_answers_otherwise_is_down_and_its_page_knows_why(
    exporter: Exporter, made: Made, change: dict[str, Any], words: str
) -> None:
    vars(exporter).update(change)
    with pytest.raises(SourceDown, match=words):
        read(made(), time.monotonic())
    assert words in Scraped.objects.get().trouble


def test_who_does_not_answer_is_down_and_up_again_when_it_does(exporter: Exporter, made: Made) -> None:
    source, at = made(timeout=1), time.monotonic()
    exporter.going.clear()
    with pytest.raises(SourceDown, match="within 1 s"):
        read(source, at)
    exporter.going.set()
    assert read(source, at + 15)["load"] == 0.5
    assert Scraped.objects.get().trouble == ""


def test_where_nobody_listens_it_is_down(made: Made) -> None:
    with pytest.raises(SourceDown, match="connection failed"):
        read(made(url="http://127.0.0.1:1/metrics"), time.monotonic())


def test_a_server_that_trickles_does_not_go_on_for_ever(monkeypatch: pytest.MonkeyPatch, exporter: Exporter) -> None:
    moments = iter([0.0, 0.5, 1.5, *[9.0] * 50])
    monkeypatch.setattr(scrape, "monotonic", lambda: next(moments))
    with pytest.raises(SourceDown, match="No complete response"):
        scrape.fetch_metrics(exporter.url, "", 5)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "fe80::1%1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "fd00:ec2::254",
        "100.100.100.200",
    ],
)
def test_addresses_where_secrets_are_found_are_not_asked(address: str) -> None:
    with pytest.raises(OutOfReach):
        check_address(address, scrape.REACH)
    if "%" not in address:
        host = f"[{address}]" if ":" in address else address
        with pytest.raises(SourceDown, match="is blocked"):
            scrape.fetch_metrics(f"http://{host}/latest/meta-data/", "", 1)


@pytest.mark.parametrize("host", ["0xa9fea9fe", "2852039166"])
def test_another_way_to_write_them_does_not_help(host: str) -> None:
    with pytest.raises(SourceDown):
        scrape.fetch_metrics(f"http://{host}/", "", 1)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "192.168.1.1", "::1", "fd12::1", "93.184.216.34"])
def test_servers_of_ones_own_are_asked(address: str) -> None:
    check_address(address, scrape.REACH)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host/",
        "file:///etc/passwd",
        "http://",
        "http://a:b@host/",
        "http://host:0/",
        "http://h:x/",
        "h",
        "http://a b/",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(scrape.BadAddress):
        scrape.parse_target_url(url)


def test_the_token_for_a_server_is_sealed_and_goes_to_no_other(ada: User, made: Made, settings: Settings) -> None:
    source = made(bearer="s3cret")
    row = source.declared
    assert "s3cret" not in row.bearer
    same: dict[str, Any] = {"name": "Node", "room": None, "interval": 15, "timeout": 5, "allowed": ""}
    services.change_scraped(ada, row, url=row.url, **same)
    assert encryption.decrypt_secret(row.bearer) == "s3cret"
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    assert encryption.decrypt_secret(row.bearer) == "s3cret"
    settings.SECRET_KEY_FALLBACKS = []
    assert encryption.decrypt_secret(row.bearer) == ""
    services.change_scraped(ada, row, url="http://127.0.0.1:1/", **same)
    assert row.bearer == ""


def test_who_is_paused_is_not_asked_and_a_changed_one_is_asked_anew(ada: User, made: Made) -> None:
    source = made()
    declared = DeclaredReaders()
    first = declared.load()
    assert declared.load() == first
    services.pause_scraped(ada, source.declared, True)
    assert declared.load() == []
    services.pause_scraped(ada, source.declared, False)
    assert declared.load() != first


def test_only_admins_say_who_is_asked(ben: User, made: Made) -> None:
    row = made().declared
    for forbidden in (
        lambda: services.make_scraped(ben, name="Mine", room=None, url="http://127.0.0.1/"),
        lambda: services.change_scraped(ben, row, room=None, url="http://127.0.0.1/"),
        lambda: services.pause_scraped(ben, row, True),
    ):
        with pytest.raises(Refused, match="Only admins"):
            forbidden()
