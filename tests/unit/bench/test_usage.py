"""When the measured window of a server may begin."""

import os

import pytest

from bench.load import usage
from bench.load.usage import IDLE_SECONDS, IDLE_TIMEOUT, TICK, wait_until_idle


class Machine:
    """Its processes have this many seconds of work left, and each works whenever time passes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *left: float, housekeeping: float = 0.0) -> None:
        self.now, self.housekeeping = 0.0, housekeeping
        self.left = dict(enumerate(left))
        self.spent = dict.fromkeys(self.left, 0.0)
        monkeypatch.setattr(usage, "alive", lambda pids: [pid for pid in pids if pid in self.spent])
        monkeypatch.setattr(usage, "seconds", self.spent.__getitem__)

    def pause(self, seconds: float) -> None:
        self.now += seconds
        for pid, left in self.left.items():
            worked = min(left, seconds)
            self.left[pid] -= worked
            self.spent[pid] += worked + self.housekeeping

    def wait(self) -> bool:
        return wait_until_idle(self.spent, lambda: self.now, self.pause)


def test_the_window_waits_for_what_a_client_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, 3.0, 0.2)
    assert machine.wait()
    assert machine.left == {0: 0.0, 1: 0.0}
    assert machine.now <= 3.0 + 2 * IDLE_SECONDS


def test_a_server_that_only_looks_after_itself_is_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, 0.0, housekeeping=1 / TICK)
    assert machine.wait()
    assert machine.now == IDLE_SECONDS


def test_a_server_that_never_comes_to_rest_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, 1000.0)
    assert not machine.wait()
    assert machine.now >= IDLE_TIMEOUT


def test_a_process_that_ends_meanwhile_is_idle() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    assert wait_until_idle([pid], pause=lambda _seconds: None)
