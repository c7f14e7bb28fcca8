"""The report of each socket process, stored every second in Redis or else in the database.

A process without a report for some seconds is gone, and its report is deleted.
"""

import time

import msgspec
from django.conf import settings

from monitor.metrics.models import Process
from realtime.publish import get_shared_client

MAX_REPORT_AGE = 4.0  # seconds that a report is valid
REPORT_LIFETIME = 60.0


class ProcessReport(msgspec.Struct):
    name: str
    at: float
    counts: dict[str, int] = {}  # counters
    now: dict[str, float] = {}
    spread: dict[str, list[float]] = {}  # kind -> [p50, p95, p99], seconds or numbers
    watched: list[str] = []  # dashboards with viewers
    found_killed_at: float = 0.0  # when it found that the process before it had been killed; 0: it was not


encoder, decoder = msgspec.json.Encoder(), msgspec.json.Decoder(ProcessReport)


def get_reports_key() -> str:
    return f"{settings.REDIS_PREFIX}:processes"


def store_report(report: ProcessReport) -> None:
    body = encoder.encode(report)
    if settings.REDIS:
        get_shared_client().hset(get_reports_key(), report.name, body)
    else:
        Process.objects.update_or_create(name=report.name, defaults={"at": report.at, "report": body})


def get_reports() -> list[ProcessReport]:
    """Return all reports and delete expired ones. May raise a RedisError or a database error."""
    if settings.REDIS:
        bodies = list(get_shared_client().hgetall(get_reports_key()).values())
    else:
        bodies = [bytes(body) for body in Process.objects.values_list("report", flat=True)]
    now = time.time()
    reports = [decoder.decode(body) for body in bodies]
    delete_reports([report.name for report in reports if abs(now - report.at) > REPORT_LIFETIME])
    return [report for report in reports if abs(now - report.at) <= REPORT_LIFETIME]


def get_fresh_reports() -> list[ProcessReport]:
    """Return the reports of live processes."""
    now = time.time()
    return [report for report in get_reports() if abs(now - report.at) <= MAX_REPORT_AGE]


def delete_reports(names: list[str]) -> None:
    if names and settings.REDIS:
        get_shared_client().hdel(get_reports_key(), *names)
    elif names:
        Process.objects.filter(name__in=names).delete()
