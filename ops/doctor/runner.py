"""Runs the checks, each in a thread of its own and with a timeout."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec
from django.db import connections

from myweb.formats import format_duration
from ops.doctor.finding import Finding, FindingState, describe_error, report_failure, report_unknown
from ops.doctor.installation import find_other_pods
from ops.doctor.memory import get_killed_hint
from ops.doctor.registry import PODS
from ops.doctor.site_client import Check, SiteClient

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


def run_checks(checks: dict[str, Check], site: Callable[[], SiteClient]) -> Iterator[CheckReport]:
    for name, check in checks.items():
        begun, part = time.perf_counter(), PODS.get(name, "")
        if part and (command := find_other_pods(part)):
            findings = [report_unknown(f"the pods of {part} cannot be seen from this one", f"{command} --only {name}")]
        else:
            findings = run_with_timeout(check, site())
        yield CheckReport(name, findings, time.perf_counter() - begun)


def run_checks_apart(checks: dict[str, Check], site: Callable[[], SiteClient]) -> Iterator[CheckReport]:
    """In a child process, which the kernel kills before any part of the site if memory is short."""
    remaining = dict(checks)
    while remaining:
        reading, writing = os.pipe()
        if not (child := os.fork()):
            try:
                send_reports(remaining, site, writing)
            finally:
                os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as stream:
            for line in stream:
                report = msgspec.json.decode(line, type=CheckReport)
                del remaining[report.name]
                yield report
        _pid, status = os.waitpid(child, 0)
        if remaining:
            name = next(iter(remaining))
            del remaining[name]
            ended = f"the doctor ended during this check (signal {os.WTERMSIG(status)})"
            short = ": memory is short" if os.WTERMSIG(status) == signal.SIGKILL else ""
            yield CheckReport(name, [report_failure(ended + short, get_killed_hint())], 0.0)


def send_reports(checks: dict[str, Check], site: Callable[[], SiteClient], pipe: int) -> None:
    with suppress(OSError):  # the kernel prefers the process with the highest number
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    with os.fdopen(pipe, "wb") as stream:
        for report in run_checks(checks, site):
            stream.write(msgspec.json.encode(report) + b"\n")
            stream.flush()


def run_with_timeout(check: Check, site: SiteClient) -> list[Finding]:
    findings: list[Finding] = []
    thread = threading.Thread(target=run_check, args=(check, site, findings), daemon=True)
    thread.start()
    thread.join(CHECK_TIMEOUT)
    if thread.is_alive():
        again = "Check whether its target hangs, and try again"
        return [*findings, report_failure(f"the check did not finish within {format_duration(CHECK_TIMEOUT)}", again)]
    return findings


def run_check(check: Check, site: SiteClient, findings: list[Finding]) -> None:
    try:
        for finding in check(site):
            if finding not in findings:  # several addresses often have the same problem
                findings.append(finding)  # at once: it stays when a later request hangs
    except Exception as error:
        findings.append(
            report_failure(f"the check failed: {describe_error(error)}", "Fix the reported error, and try again")
        )
    finally:
        site.close()
        connections.close_all()
