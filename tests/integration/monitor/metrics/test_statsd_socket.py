"""The collector listens to statsd's clients by UDP, while it leads."""

import socket
from collections.abc import Iterator
from threading import Event

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django.fixtures import Settings

from monitor.metrics.catalogue import Catalogue
from monitor.metrics.readings import SourceDown
from monitor.metrics.sources import create_configured_readers
from monitor.metrics.sources.statsd_socket import StatsdReader
from myweb import env


@pytest.fixture
def statsd() -> Iterator[StatsdReader]:
    statsd = StatsdReader("127.0.0.1", 0)
    statsd.begin(Catalogue())
    yield statsd
    statsd.end()


def tell(statsd: StatsdReader, *datagrams: bytes) -> None:
    """Until they were heard: what was sent last is last in the queue."""
    assert statsd.udp_socket
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        for each in (*datagrams, b"last:1|g"):
            line.sendto(each, statsd.udp_socket.getsockname())
    for _attempt in range(1_000):
        with statsd.lock:
            if "last" in statsd.aggregator.metrics:
                return
        Event().wait(0.01)
    pytest.fail("nothing was heard")


def test_what_is_said_by_udp_is_read(statsd: StatsdReader) -> None:
    tell(statsd, b"load:2|g\nhits:1|c\n", b"\xff\xfe", b"a:b:c")
    found = {each.name: each.value for each in statsd.read(0)}
    assert found["load"] == 2
    assert found["hits"] > 0
    assert found["statsd.malformed"] > 0


def test_before_and_after_it_leads_it_is_down(statsd: StatsdReader) -> None:
    statsd.end()
    with pytest.raises(SourceDown, match="has stopped"):
        statsd.read(0)
    with pytest.raises(SourceDown, match="yet"):
        StatsdReader("127.0.0.1", 0).read(0)


def test_a_taken_port_is_tried_again(statsd: StatsdReader) -> None:
    assert statsd.udp_socket
    second = StatsdReader("127.0.0.1", statsd.udp_socket.getsockname()[1])
    second.begin(Catalogue())
    with pytest.raises(SourceDown, match="can't listen on"):
        second.read(0)
    statsd.end()
    second.second(1)
    assert second.read(0)
    second.end()


def test_a_listener_that_failed_begins_anew(statsd: StatsdReader, monkeypatch: pytest.MonkeyPatch) -> None:
    first = statsd.listener
    assert first
    with monkeypatch.context() as patch:
        patch.setattr(statsd, "receive", lambda line: 1 / 0)
        first.join(20)
    with pytest.raises(SourceDown, match="failed"):
        statsd.read(0)
    statsd.second(1)
    tell(statsd, b"load:2|g")
    assert "load" in {each.name for each in statsd.read(0)}


def test_it_listens_only_where_it_is_told_to(settings: Settings) -> None:
    settings.STATSD = None
    assert not [source for source in create_configured_readers() if source.key == "statsd"]
    settings.STATSD = ("127.0.0.1", 8125)
    assert [source for source in create_configured_readers() if source.key == "statsd"]


@pytest.mark.parametrize(
    ("value", "expected"), [("", None), ("127.0.0.1:8125", ("127.0.0.1", 8125)), ("[::1]:1", ("::1", 1))]
)
def test_an_address_is_a_host_and_a_port(
    monkeypatch: pytest.MonkeyPatch, value: str, expected: tuple[str, int] | None
) -> None:
    monkeypatch.setenv("MYWEB_STATSD", value)
    assert env.read_address("MYWEB_STATSD") == expected


@pytest.mark.parametrize("value", ["8125", ":8125", "host:", "host:0", "host:99999"])
def test_what_is_no_address_is_said(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("MYWEB_STATSD", value)
    with pytest.raises(ImproperlyConfigured, match="MYWEB_STATSD must have the format"):
        env.read_address("MYWEB_STATSD")
