"""Runs the checks: each in a thread of its own that is left behind when it takes too long."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db import connections

from care.doctor.finding import Check, Finding, State, failed, why
from care.doctor.front import Front

LONGEST = 20.0  # seconds for a check; each request in it has a timeout of a few seconds


@dataclass
class Report:
    name: str
    findings: list[Finding]
    seconds: float

    @property
    def state(self) -> State:
        return max((each.state for each in self.findings), default=State.OK)

    @property
    def said(self) -> str:
        return "; ".join(each.said for each in self.findings if each.state < State.WARNING)

    @property
    def problems(self) -> list[Finding]:
        """The worst first."""
        found = [each for each in self.findings if each.state >= State.WARNING]
        return sorted(found, key=lambda each: -each.state)


def examine(checks: dict[str, Check], front: Callable[[], Front]) -> Iterator[Report]:
    for name, check in checks.items():
        begun = time.perf_counter()
        yield Report(name, bounded(check, front()), time.perf_counter() - begun)


def bounded(check: Check, front: Front) -> list[Finding]:
    found: list[Finding] = []
    thread = threading.Thread(target=carry_out, args=(check, front, found), daemon=True)
    thread.start()
    thread.join(LONGEST)
    if thread.is_alive():
        again = "Check whether its target hangs, and try again"
        return [*found, failed(f"the check did not finish within {LONGEST:.0f} s", again)]
    return found


def carry_out(check: Check, front: Front, found: list[Finding]) -> None:
    try:
        for each in check(front):
            if each not in found:  # several addresses often meet the same
                found.append(each)  # at once: it stays when a later question hangs
    except Exception as error:
        found.append(failed(f"the check failed: {why(error)}", "Fix the reported error, and try again"))
    finally:
        front.close()
        connections.close_all()
