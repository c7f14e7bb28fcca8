"""Runs the checks, each in a thread of its own and with a timeout."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db import connections

from myweb.formats import format_duration
from ops.doctor.finding import Finding, FindingState, describe_error, report_failure
from ops.doctor.front import Check, Front

CHECK_TIMEOUT = 20.0  # seconds for a check; each request in it has a shorter timeout of its own


@dataclass
class CheckReport:
    name: str
    findings: list[Finding]
    seconds: float

    @property
    def state(self) -> FindingState:
        return max((finding.state for finding in self.findings), default=FindingState.OK)

    @property
    def message(self) -> str:
        return "; ".join(finding.message for finding in self.findings if finding.state < FindingState.UNKNOWN)

    @property
    def problems(self) -> list[Finding]:
        """The worst first."""
        findings = [finding for finding in self.findings if finding.state >= FindingState.UNKNOWN]
        return sorted(findings, key=lambda finding: -finding.state)


def run_checks(checks: dict[str, Check], front: Callable[[], Front]) -> Iterator[CheckReport]:
    for name, check in checks.items():
        begun = time.perf_counter()
        yield CheckReport(name, run_with_timeout(check, front()), time.perf_counter() - begun)


def run_with_timeout(check: Check, front: Front) -> list[Finding]:
    findings: list[Finding] = []
    thread = threading.Thread(target=run_check, args=(check, front, findings), daemon=True)
    thread.start()
    thread.join(CHECK_TIMEOUT)
    if thread.is_alive():
        again = "Check whether its target hangs, and try again"
        return [*findings, report_failure(f"the check did not finish within {format_duration(CHECK_TIMEOUT)}", again)]
    return findings


def run_check(check: Check, front: Front, findings: list[Finding]) -> None:
    try:
        for finding in check(front):
            if finding not in findings:  # several addresses often have the same problem
                findings.append(finding)  # at once: it stays when a later request hangs
    except Exception as error:
        findings.append(
            report_failure(f"the check failed: {describe_error(error)}", "Fix the reported error, and try again")
        )
    finally:
        front.close()
        connections.close_all()
