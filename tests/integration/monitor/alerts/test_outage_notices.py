"""An outage of the database is heard of outside while it lasts, and after it. The other side is a real HTTP server."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import LazySettings

from accounts.models import Workspace
from monitor.alerts.models import Route
from monitor.alerts.outage_notices import HOLD, MAX_TRIES, RETRY_EVERY, OutageNotices
from myweb.encryption import encrypt_secret
from tests.integration.monitor.alerts.test_alert_integrations import Outside, outside

__all__ = ["outside"]
pytestmark = pytest.mark.django_db(transaction=True)
BEGIN = 1_900_000_000
REASON = "connection refused"


@pytest.fixture
def notices(outside: Outside, settings: LazySettings) -> OutageNotices:
    Workspace.objects.update_or_create(pk=1, defaults={"name": "Harbour"})
    Workspace.forget()
    Route.objects.create(name="Outside", sealed=encrypt_secret(outside.address))
    Route.objects.create(name="Only hints", sealed=encrypt_secret(outside.address), severities=["info"])
    notices = OutageNotices()
    notices.tick(BEGIN - 1, {})
    return notices


def wait_until_sent(notices: OutageNotices) -> None:
    notices.threads.shutdown(wait=True)
    notices.threads = ThreadPoolExecutor(max_workers=2)


def last(notices: OutageNotices, seconds: int) -> None:
    """The database is away for so long."""
    for t in range(BEGIN, BEGIN + seconds + 1):
        notices.without_database(t, REASON)
    wait_until_sent(notices)


def test_a_channel_is_told_while_it_lasts_and_when_it_is_over(notices: OutageNotices, outside: Outside) -> None:
    last(notices, HOLD)
    (told,) = outside.told
    assert (told["title"], told["type"]) == ("Harbour: the database is unavailable", "failure")
    assert "Since March 17, 2030 17:46 UTC." in told["message"]
    assert told["message"].endswith(f"Reason: {REASON}")
    last(notices, HOLD + 5 * RETRY_EVERY)
    assert len(outside.told) == 1, "once"
    notices.second(BEGIN + 400)
    notices.second(BEGIN + 401)
    wait_until_sent(notices)
    _first, over = outside.told
    assert (over["title"], over["type"]) == ("Harbour: the database is back", "success")
    assert "for 6 min 40 s" in over["message"]


def test_a_short_outage_is_told_to_none(notices: OutageNotices, outside: Outside) -> None:
    last(notices, HOLD - 1)
    notices.second(BEGIN + HOLD)
    wait_until_sent(notices)
    assert outside.told == []


def test_a_channel_that_fails_is_tried_again_some_times(notices: OutageNotices, outside: Outside) -> None:
    outside.status = 500
    last(notices, HOLD + 3_600)
    assert len(outside.told) == MAX_TRIES


def test_it_asks_the_database_for_nothing_meanwhile(notices: OutageNotices, outside: Outside) -> None:
    Route.objects.all().delete()
    last(notices, HOLD)
    assert len(outside.told) == 1, "remembered"
    notices.second(BEGIN + 60)
    notices.tick(BEGIN + 61, {})
    assert notices.routes == []
