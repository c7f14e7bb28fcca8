from collections.abc import Iterator
from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from link_previews import host_turns
from tests.support import machines
from tests.support.links import Web


@pytest.fixture(autouse=True)
def private_web(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages on this machine may be fetched, and without the pause between two requests to a host."""
    settings.PREVIEW_PRIVATE = True
    monkeypatch.setattr(host_turns, "EVERY", timedelta(0))


@pytest.fixture
def web() -> Iterator[Web]:
    pages = Web()
    with machines.web(pages) as address:
        pages.address = address
        yield pages
