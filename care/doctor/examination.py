"""Runs the checks: each in a thread of its own that is left behind when it takes too long."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db import connections

from care.doctor.finding import Check, Finding, State, failed
from care.doctor.front import Front

LONGEST = 10.0  # seconds for a check; each question in it has a patience of its own, of a few


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
        found = bounded(check, front())
        yield Report(name, [clean(each) for each in found], time.perf_counter() - begun)


def bounded(check: Check, front: Front) -> list[Finding]:
    found: list[Finding] = []
    thread = threading.Thread(target=carry_out, args=(check, front, found), daemon=True)
    thread.start()
    thread.join(LONGEST)
    if thread.is_alive():
        again = "Look whether what it asks hangs, and try again"
        return [*found, failed(f"it did not end within {LONGEST:.0f} s", again)]
    return found


def carry_out(check: Check, front: Front, found: list[Finding]) -> None:
    try:
        for each in check(front):
            found.append(each)  # noqa: PERF402 - what was found stays when a later question hangs
    except Exception as error:
        told = " ".join(str(error).split()) or type(error).__name__
        found.append(failed(f"it could not be looked at: {told}", "Mend what it names, and try again"))
    finally:
        front.close()
        connections.close_all()


def clean(finding: Finding) -> Finding:
    """Errors of libraries may hold anything: no secret of the settings, one line."""
    said = " ".join(finding.said.split())
    for secret in secrets():
        said = said.replace(secret, "***")
    return Finding(finding.state, said, finding.mend)


def secrets() -> Iterable[str]:
    there = settings.REDIS or {}
    every = [
        *(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS, settings.METRICS_TOKEN, settings.EMAIL_HOST_PASSWORD),
        *(connections[name].settings_dict.get("PASSWORD") for name in connections),
        *(there.get("password"), (there.get("sentinel_kwargs") or {}).get("password")),
    ]
    return [each for each in every if each]
