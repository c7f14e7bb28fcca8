"""Numbers of thousands of digits, wherever a number may come from: Python refuses to read them."""

import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from accounts.models import User
from chat.models import Room
from monitor.metrics.models import Lease, Source
from myweb.numbers import parse_number, parse_time
from tests.conftest import Connect
from tests.support.cast import as_

pytestmark = pytest.mark.django_db(transaction=True)

LONG = ["9" * 18, "9" * 19, "9" * 5_000, "٣" * 5_000, "-" + "9" * 5_000, "1e999"]
NAMES = (
    "after around at before days from limit max_uses minutes number page panel people person points remove role room to"
)


@pytest.fixture(autouse=True)
def collector(db: None) -> None:
    """/collectorz answers 503 without one."""
    now = timezone.now()
    Lease.objects.update_or_create(name="collector", defaults={"until": now, "measured_at": now})


def routes(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route)
        elif isinstance(pattern, URLPattern):
            yield route


def addresses(digits: str) -> list[str]:
    """Every address of the site with ``digits`` for each of its parts."""
    found = set()
    for route in routes(get_resolver()):
        plain = re.sub(r"<[^>]+>", digits, route) if "(?P<" not in route else f"accounts/password/reset/key/{digits}-x/"
        found.add("/" + plain.replace("^", "").replace("$", ""))
    return sorted(address for address in found if "(" not in address)


@pytest.mark.parametrize("digits", LONG, ids=["18", "19", "5000", "5000 arabic", "5000 negative", "infinite"])
def test_no_address_fails_with_long_numbers(ada: User, digits: str) -> None:
    browser = as_(ada)
    for address in addresses(digits):
        for answer in (browser.get(address), browser.post(address)):
            assert answer.status_code < 500, address


@pytest.mark.parametrize("digits", LONG, ids=["18", "19", "5000", "5000 arabic", "5000 negative", "infinite"])
def test_no_query_and_no_form_fails_with_long_numbers(ada: User, room: Room, digits: str) -> None:
    browser = as_(ada)
    fields = dict.fromkeys(NAMES.split(), digits)
    places = [address.replace("9", str(room.pk)) for address in addresses("9")]
    for address in places:
        if address != "/accounts/logout/":
            for answer in (browser.get(address, fields), browser.post(address, fields)):
                assert answer.status_code < 500, address


@pytest.mark.parametrize("digits", ["9" * 18, "9" * 19, "9" * 5_000], ids=len)
def test_no_cookie_and_no_header_fails_with_long_numbers(ada: User, digits: str) -> None:
    browser = as_(ada, headers={"Content-Length": digits, "If-Modified-Since": digits, "If-None-Match": digits})
    for name in ("room", settings.LANGUAGE_COOKIE_NAME, settings.CSRF_COOKIE_NAME, "guest-1"):
        browser.cookies[name] = digits
    assert browser.get("/").status_code == 302
    browser.cookies[settings.SESSION_COOKIE_NAME] = digits
    assert Client().get("/accounts/login/").status_code == 200


def test_a_number_is_read_up_to_what_a_key_can_be() -> None:
    assert [parse_number(text) for text in ("0", " 7 ", "9" * 18)] == [0, 7, int("9" * 18)]
    assert [parse_number(text) for text in ("", "-1", "1.5", "٣", "9" * 19, "x")] == [None] * 6


def test_a_time_is_read_up_to_what_every_platform_can_show() -> None:
    assert parse_time("1796000000") == 1_796_000_000
    assert parse_time("9" * 12) is None


@pytest.mark.parametrize("digits", ["9" * 18, "9" * 19, "9" * 5_000], ids=len)
def test_a_dashboard_is_given_to_no_room_of_a_long_number(ada: User, digits: str) -> None:
    Source.objects.create(key="host")
    answer = as_(ada).post("/dashboards/host/room/", {"room": digits})
    assert answer.status_code == 404


@pytest.mark.parametrize("digits", ["9" * 18, "9" * 19, "9" * 5_000], ids=len)
async def test_a_stream_of_a_long_number_is_not_found(connect: Connect, ada: User, digits: str) -> None:
    tab = await connect(ada)
    assert (await tab.error("subscribe", stream=f"room.{digits}"))["code"] == "not_found"
    await tab.caught_up()
