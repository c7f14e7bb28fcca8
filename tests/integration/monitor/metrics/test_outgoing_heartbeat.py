"""A service outside hears of the site each minute, and an address where secrets lie is never asked."""

import pytest
from django.conf import LazySettings

from monitor.metrics.outgoing_heartbeat import INTERVAL, OutgoingHeartbeat
from monitor.metrics.readings import SourceDown
from tests.integration.monitor.alerts.test_alert_integrations import Outside, outside

__all__ = ["outside"]


def run(heartbeat: OutgoingHeartbeat, t: int) -> None:
    heartbeat.second(t)
    if heartbeat.pending:
        heartbeat.pending.result(20)


def test_it_is_sent_once_a_minute_with_its_query(outside: Outside, settings: LazySettings) -> None:
    settings.HEARTBEAT_URL = f"http://127.0.0.1:{outside.server.server_port}/ping/7?from=myweb"
    heartbeat = OutgoingHeartbeat()
    for t in range(1_000, 1_000 + 2 * INTERVAL):
        run(heartbeat, t)
    assert outside.told == [{"got": "/ping/7?from=myweb"}] * 2
    (source,) = heartbeat.own_sources()
    (reading,) = source.read(0.0)
    assert (reading.name, reading.value > 0) == ("answer", True)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:1/ping", "The request failed"),
        ("http://169.254.169.254/ping", "blocked"),
        ("http://user:secret@example.com/", "user name or password"),
        ("ftp://example.com/", "Use the format"),
    ],
)
def test_a_heartbeat_that_does_not_arrive_is_a_source_that_is_down(
    url: str, reason: str, settings: LazySettings
) -> None:
    settings.HEARTBEAT_URL = url
    heartbeat = OutgoingHeartbeat()
    run(heartbeat, 1_000)
    with pytest.raises(SourceDown, match=reason) as down:
        list(heartbeat.source.read(0.0))
    assert "secret" not in str(down.value)


def test_another_status_is_told(outside: Outside, settings: LazySettings) -> None:
    settings.HEARTBEAT_URL = f"http://127.0.0.1:{outside.server.server_port}/"
    outside.get_status = 404
    heartbeat = OutgoingHeartbeat()
    run(heartbeat, 1_000)
    assert heartbeat.source.result == "HTTP status 404, expected 2xx."


def test_without_an_address_nothing_is_sent(settings: LazySettings) -> None:
    settings.HEARTBEAT_URL = ""
    heartbeat = OutgoingHeartbeat()
    run(heartbeat, 1_000)
    assert heartbeat.pending is None
    assert list(heartbeat.own_sources()) == []
