"""Checks, and a server that they find up."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import User
from monitor.checks import services
from monitor.checks.models import Check, CheckChange
from monitor.checks.probes import make_probe
from monitor.checks.schedule import Plan
from tests.support import machines


@pytest.fixture
def somebody() -> Iterator[str]:
    with machines.saying(b"") as place:
        yield place


def make_check(by: User, slug: str, target: str, kind: str = "tcp", **fields: Any) -> Check:
    options = fields.pop("options", {})
    check = Check(name=slug.title(), slug=slug, **{"retries": 0, **fields})
    services.save_check(by, check, make_probe(kind, target, options))
    return check


def make_plan(pk: int, slug: str = "", interval: int = 10) -> Plan:
    return Plan(pk, slug or f"check-{pk}", slug, make_probe("tcp", "a:1"), interval, 5, 0, None)


def list_changes(check: Check) -> list[tuple[str, str]]:
    return list(CheckChange.objects.filter(of=check).order_by("pk").values_list("state", "said"))
