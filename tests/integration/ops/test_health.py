"""What those who watch over the processes are told, by the pages themselves."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import Workspace
from monitor.metrics.models import Lease
from myweb import error_pages
from myweb.log_filters import DOCTOR_HOST
from realtime import publish
from tests.support.redis import free_port, server


def without_database(path: str) -> tuple[int, bytes]:
    return asked_of({"NAME": "/nowhere/site.sqlite3"} if connection.vendor == "sqlite" else {"PORT": free_port()}, path)


def asked_of(nowhere: dict[str, Any], path: str, accept: str = "*/*") -> tuple[int, bytes]:
    """Asked in a thread of its own, whose way to the database leads elsewhere."""

    def ask() -> tuple[int, bytes]:
        connection.settings_dict = {**connection.settings_dict, **nowhere}
        answer = Client(raise_request_exception=False).get(path, headers={"Accept": accept})
        return answer.status_code, answer.content

    with ThreadPoolExecutor(1) as threads:
        return threads.submit(ask).result(20)


def test_a_process_is_alive_without_the_database_and_ready_only_with_it(db: None) -> None:
    assert Client().get("/readyz").content == b"ok\n"
    assert without_database("/healthz") == (200, b"ok\n")
    assert without_database("/readyz") == (503, b"The database does not respond.\n")


def measured(ago: timedelta) -> None:
    Lease.objects.update_or_create(
        name="collector", defaults={"until": timezone.now(), "measured_at": timezone.now() - ago}
    )


def test_without_a_collector_a_process_stays_in_service_and_says_so(db: None) -> None:
    measured(timedelta(seconds=25))
    assert Client().get("/readyz").content == b"ok\n"
    measured(timedelta(minutes=5))
    answer = Client().get("/readyz")
    assert answer.status_code == 200
    assert re.fullmatch(r"ok\nNot measured since \S+Z: no collector is active\.\n", answer.content.decode())


def test_every_request_for_the_collector_gets_a_status_that_says_it(db: None) -> None:
    answer = Client().get("/collectorz")
    assert (answer.status_code, answer.content) == (503, b"No collector has measured here.\n")
    measured(timedelta(seconds=25))
    answer = Client().get("/collectorz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    measured(timedelta(minutes=5))
    answer = Client().get("/collectorz")
    assert answer.status_code == 503
    assert answer.content.startswith(b"Not measured since ")
    assert without_database("/collectorz") == (503, b"The database does not respond.\n")


def test_a_database_that_is_away_costs_a_line_and_not_one_for_each_request(
    db: None, caplog: pytest.LogCaptureFixture
) -> None:
    error_pages.failures.failing.clear()
    for _request in range(3):
        without_database("/readyz")
    assert Client().get("/readyz").status_code == 200
    begin, end = caplog.messages
    assert begin == "A page that needs the database failed: Service Unavailable: /readyz"
    assert end.startswith("A page that needs the database works again after ")


@pytest.fixture
def empty_database(db: None, tmp_path: Path) -> dict[str, str]:
    return {"NAME": str(tmp_path / "empty.sqlite3")} if connection.vendor == "sqlite" else {"NAME": "postgres"}


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/status/", "/offline/"])
def test_a_page_of_a_site_without_tables_says_how_they_are_made(
    empty_database: dict[str, str], path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Workspace, "_kept", None)
    status, page = asked_of(empty_database, path, "text/html")
    assert (status, b"This site is not set up yet" in page, b"manage.py migrate" in page) == (503, True, True)
    status, answer = asked_of(empty_database, path, "application/json")
    assert (status, b"has no tables yet" in answer) == (503, True)


def test_a_database_without_tables_is_not_ready(empty_database: dict[str, str]) -> None:
    without_tables = (503, b"The database is not migrated: run manage.py migrate.\n")
    assert asked_of(empty_database, "/readyz") == without_tables
    assert asked_of(empty_database, "/healthz") == (200, b"ok\n")


def test_to_be_alive_takes_no_question_at_all(db: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        Client().get("/healthz")
    with django_assert_num_queries(1):
        Client().get("/readyz")


def test_without_redis_it_is_ready_and_says_that_it_is_slower(db: None, settings: Settings) -> None:
    port = free_port()
    settings.REDIS = {"host": "127.0.0.1", "port": port}
    client = Client()
    with server(port):
        assert client.get("/readyz").content == b"ok\n"
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.content.startswith(b"degraded: Redis does not respond")
    publish._client = None


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/collectorz"])
def test_none_is_led_to_tls_kept_or_given_a_cookie(db: None, settings: Settings, path: str) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert configured.SECURE_REDIRECT_EXEMPT
    measured(timedelta())
    answer = Client().get(path)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert not answer.cookies
    assert Client().get("/manifest.webmanifest").status_code == 301
    assert Client().post(path).status_code in {301, 405}


def test_a_host_name_that_is_not_the_sites_is_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    assert Client(headers={"host": "scanner.example"}).get("/healthz").status_code == 400
    records = [record for record in caplog.records if "scanner.example" in record.getMessage()]
    assert [(record.levelname, record.exc_info) for record in records] == [("WARNING", None)]
    assert "MYWEB_ORIGINS" in records[0].getMessage()


def test_the_host_name_that_doctor_tries_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert Client(headers={"host": DOCTOR_HOST}).get("/healthz").status_code == 400
    assert not caplog.records
