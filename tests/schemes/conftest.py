import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.schemes.scheme import LightStack
from deploy.stack import releases
from deploy.stack.state import find_free_port as free_port
from tests.schemes.served import House, fill


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    """One for each worker: schemes run one after the other on it."""
    with tempfile.TemporaryDirectory(prefix="schemes-", dir="/tmp") as home, pytest.MonkeyPatch.context() as patch:
        Path(home).chmod(0o711)  # Apache's user passes through
        patch.setenv("MYWEB_STACK_DIR", home)
        patch.delenv("MYWEB_SECRET_KEY_FILE", raising=False)
        stack = LightStack.found(free_port())
        stack.save()
        releases.activate_checkout(stack)
        yield fill(stack)
