"""A site where the first post too many comes early, and who counts it."""

from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from realtime import rate_limits

MANY = 20  # at once; the next one comes after EACH seconds, so that nothing here depends on how fast a machine is
EACH = 1_000
FORM = {"next": "/"}  # nothing is changed by it
PLACE = "/i18n/setlang/"


@pytest.fixture
def slow_site(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.POSTS_PER_SECOND = 1 / EACH
    monkeypatch.setattr(rate_limits, "BURST", MANY * EACH)


def is_free(client: Client, **extra: Any) -> bool:
    return client.post(PLACE, FORM, **extra).status_code == 302


def refused(client: Client, **extra: Any) -> Any:
    """The answer to the first post too many."""
    for _post in range(MANY):
        assert is_free(client, **extra)
    answer = client.post(PLACE, FORM, **extra)
    assert answer.status_code == 429
    return answer
