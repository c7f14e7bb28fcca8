import json
from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from push.models import PushDevice
from push.vapid import get_vapid_key
from tests.support.cast import as_
from tests.support.push_service import Browser, PushService, serve_push

Add = Callable[..., PushDevice]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def service(settings: Settings) -> Iterator[PushService]:
    settings.PUSH_PRIVATE = True
    with serve_push() as service:
        yield service


def subscribe(client: Client, browser: Browser, key: str = "", **more: str | bool) -> dict[str, object]:
    body = json.dumps(browser.describe(key or get_vapid_key().public, **more))
    response = client.post("/push/subscription/", body, content_type="application/json", HTTP_USER_AGENT=FIREFOX)
    answer: dict[str, object] = response.json()
    return answer


@pytest.fixture
def add_device(transactional_db: None) -> Add:
    """Signs a user in and turns push messages on in that browser."""

    def add(user: User, browser: Browser, client: Client | None = None) -> PushDevice:
        answer = subscribe(client or as_(user), browser)
        assert answer.get("known") is True, answer
        return PushDevice.objects.get(endpoint=browser.endpoint)

    return add
