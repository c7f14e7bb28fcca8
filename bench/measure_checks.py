"""Measures the checks of a collector in its process: ``python -m bench.measure_checks COUNT INTERVAL SECONDS URL``."""

import django

django.setup()

import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402

from bench.load.usage import percentiles, resident  # noqa: E402
from monitor.checks.collector_job import Checks  # noqa: E402
from monitor.checks.models import Check  # noqa: E402
from monitor.checks.scheduler import CheckScheduler  # noqa: E402
from monitor.checks.storage import CheckResult  # noqa: E402
from monitor.metrics.catalogue import Catalogue  # noqa: E402


def fill(count: int, interval: int, url: str) -> None:
    """Creates more checks than the pages allow; their limit is one of series."""
    Check.objects.all().delete()
    options = {"keyword": "well", "absent": "fire"}
    Check.objects.bulk_create(
        Check(name=f"Check {n}", slug=f"check-{n}", kind="http", target=url, options=options, interval=interval)
        for n in range(count)
    )


def follow(companion: Checks, seconds: float) -> None:
    """Calls the job every second, as the collector does."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        companion.second(int(time.time()) | 1)
        time.sleep(1)


def main(count: int, interval: int, seconds: int, url: str) -> None:
    fill(count, interval, url)
    answers: list[CheckResult] = []
    take = CheckScheduler.record_result

    def counted(asking: CheckScheduler, *args: object) -> None:
        take(asking, *args)  # type: ignore[arg-type]
        answers.append(asking.results[-1])

    CheckScheduler.record_result = counted  # type: ignore[assignment, method-assign]
    companion = Checks()
    companion.begin(Catalogue())
    follow(companion, interval + 2)  # until every check has its first result
    answers.clear()
    begun, spent = time.perf_counter(), time.process_time()
    follow(companion, seconds)
    lasted, spent = time.perf_counter() - begun, time.process_time() - spent
    fine = [answer for answer in answers if answer.result.ok]
    row = {
        "per_s": round(len(answers) / lasted, 1),
        **percentiles([answer.result.seconds or 0.0 for answer in answers]),
        "lost": len(answers) - len(fine),
        "doubled": 0,
        "cpu_s": round(spent, 2),
        "cpu_percent": round(100 * spent / lasted, 1),
        "rss_mb": round(resident(os.getpid()) / 2**20, 1),
        "bound_by": "client",
    }
    companion.end()
    print(json.dumps(row))


main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
