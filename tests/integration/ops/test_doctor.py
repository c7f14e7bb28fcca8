"""``manage.py doctor`` itself: what it prints, how it ends, and that no check hides another or tells a secret."""

import io
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django.fixtures import Settings

from ops.doctor import registry, runner
from ops.doctor.finding import report_ok
from tests.support.patient import HERE, doctor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("key_of_chance")]
Patch = pytest.MonkeyPatch
POSTGRESQL = "postgresql"


def test_every_check_says_something_and_has_a_name_that_can_be_asked_for() -> None:
    for name in registry.CHECKS:
        found = doctor(name)
        assert [*found] == [name]
        assert found[name].message


def test_for_people_there_is_a_line_for_each_and_the_way_out_below_it(settings: Settings) -> None:
    settings.SECRET_KEY = "guessed"
    out = io.StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("doctor", "--only", "secrets", "--only", "database", stdout=out)
    assert end.value.code == 1
    first, second, third, *_rest = out.getvalue().splitlines()
    assert first.startswith(f"ok       database     {'PostgreSQL' if connection.vendor == POSTGRESQL else 'SQLite'} ")
    assert first.endswith((" ms", " µs")) or " ms;" in first or " µs;" in first
    assert second.startswith("failed   secrets      MYWEB_SECRET_KEY is too weak")
    assert third.strip().startswith("hint: MYWEB_SECRET_KEY by python -c")
    assert out.getvalue().splitlines()[-1].startswith("1 failed, 1 ok, in ")


def test_a_warning_fails_only_if_that_is_asked_for(settings: Settings) -> None:
    settings.METRICS_TOKEN = "short"
    assert doctor("secrets", code=0)["secrets"].state == "warning"
    assert doctor("secrets", code=1, strict=True)["secrets"].state == "warning"


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "127.0.0.1:8080", "http://127.0.0.1/path", "http://me:word@host"])
def test_an_address_that_is_none_is_refused_in_a_sentence(url: str) -> None:
    with pytest.raises(CommandError, match=r"use a URL like http://|Don't put a password into"):
        call_command("doctor", "--url", url)


def test_a_check_that_breaks_or_hangs_hides_no_other(monkeypatch: Patch) -> None:
    def breaks(_front: object) -> Iterator[Any]:
        yield report_ok("half of it")
        raise RuntimeError("the\nsky fell")

    never = threading.Event()

    def hangs(_front: object) -> Iterator[Any]:
        yield report_ok("so far")
        never.wait(60)

    monkeypatch.setattr(runner, "CHECK_TIMEOUT", 0.2)
    monkeypatch.setitem(registry.CHECKS, "redis", breaks)
    monkeypatch.setitem(registry.CHECKS, "layer", hangs)
    found = doctor("redis", "layer", "secrets")
    never.set()
    assert found["redis"].message == "half of it; the check failed: the sky fell"
    assert found["layer"].message == "so far; the check did not finish within 200 ms"
    assert found["secrets"].state != "skipped"


def test_no_secret_is_told_even_where_a_library_would(settings: Settings, monkeypatch: Patch) -> None:
    settings.REDIS = {"host": HERE, "port": 1, "password": "redis-pass#$%@/word"}
    settings.SECRET_KEY = "k" * 50

    def blurts(_front: object) -> Iterator[Any]:
        raise RuntimeError(f"redis://:{settings.REDIS['password']}@host signed by {settings.SECRET_KEY}")

    monkeypatch.setitem(registry.CHECKS, "mail", blurts)
    assert doctor("mail")["mail"].message == "the check failed: redis://:***@host signed by ***"
