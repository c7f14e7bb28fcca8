"""A socket process whose lock (GIL) is held: its watcher ends it, and systemd starts it again."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.host.machine import Host
from tests.host.talk import conversation
from tests.support.stalling import Stall
from tests.support.wire import reached

UNIT = "myweb-live@1.service"
DROP_IN = f"/run/systemd/system/{UNIT}.d/stall.conf"
SIGN = "/run/myweb/stall"
SETTINGS = f"""\
[Service]
Environment=MYWEB_WATCHDOG_SECONDS=5 PYTHONPATH=/srv/stall
ExecStartPre=/bin/rm -f {SIGN}
"""


@pytest.fixture
def stalling(here: Host, tmp_path: Path) -> Iterator[None]:
    """Each start of the unit takes the sign away."""
    Stall(tmp_path, Path(SIGN))
    tmp_path.chmod(0o755)
    here.copy(tmp_path, "/srv/stall")
    here.sh(f"mkdir -p $(dirname {DROP_IN}) && cat >{DROP_IN} <<'END'\n{SETTINGS}END")
    here.sh(f"systemctl daemon-reload && systemctl restart {UNIT}")
    try:
        yield
    finally:
        here.sh(f"rm -rf $(dirname {DROP_IN}) /srv/stall {SIGN}")
        here.sh(f"systemctl daemon-reload && systemctl restart {UNIT}")


async def test_a_socket_process_that_stands_still_is_ended_and_comes_back_by_itself(here: Host, stalling: None) -> None:
    pid = here.main_pid(UNIT)
    async with conversation(here) as talk:
        await asyncio.to_thread(here.sh, f"printf pattern >{SIGN}.new && mv {SIGN}.new {SIGN}")
        ended = f"until [ $(systemctl show -P NRestarts {UNIT}) = 1 ]; do sleep 0.2; done"
        await asyncio.to_thread(here.sh, f"timeout 60 sh -c '{ended}'")
        await talk.goes_on()
        await talk.ends()
    await reached(lambda: here.sh(f"systemctl is-active {UNIT} || true") == "active\n", "a start", 60)
    assert here.main_pid(UNIT) not in {0, pid}
    log = here.run("journalctl", "-o", "cat", "-u", UNIT)
    assert f"Process {pid} has not responded for 5 s" in log
    assert "sitecustomize.py" in log, "where it stood"
