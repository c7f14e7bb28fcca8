"""The tests of this folder install the site on a Debian with systemd, in a container: ``bin/test host``."""

from collections.abc import Iterator

import pytest

from tests.faults.visitors import checkout
from tests.host.machine import Host, host


@pytest.fixture(scope="session")
def debian() -> Iterator[Host]:
    with host() as here:
        yield here


@pytest.fixture(scope="session")
def here(debian: Host, tmp_path_factory: pytest.TempPathFactory) -> Host:
    """The site, installed. Each test leaves it serving."""
    debian.put(checkout(tmp_path_factory.mktemp("checkouts") / "first"))
    print(debian.install("--origin", debian.origin, "--live", "2"))
    return debian


@pytest.fixture(autouse=True)
def address(debian: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYWEB_TEST_URL", debian.origin)
