"""Checks the processes: uWSGI, the socket servers and the collector."""

import time
from pathlib import Path

import httpx
import msgspec
import redis
from django.conf import settings
from django.db import DatabaseError
from django.db.models.functions import Now

from deploy import healthcheck
from monitor.metrics import reports
from monitor.metrics.models import Lease, Source
from monitor.metrics.readings import SourceDown
from monitor.metrics.sources import create_configured_readers
from monitor.metrics.sources.web import UwsgiStats, fetch_stats, read_queues
from monitor.metrics.store.ring import get_ring
from myweb.formats import format_duration
from ops.doctor.finding import (
    Finding,
    Findings,
    describe_error,
    format_count,
    report_failure,
    report_ok,
    report_skipped,
    report_warning,
)
from ops.doctor.hints import get_database_hint
from ops.doctor.installation import get_installation
from ops.doctor.memory import get_killed_hint
from ops.doctor.site_client import SiteClient, describe_transport_error, report_no_response
from ops.doctor.websocket import report_handshake, try_handshake

REPORT_TIMEOUT = 3.0  # seconds: a process reports each second after its first connection
RECENT = 86_400.0  # seconds that a killed process is reported
MAX_VALUE_AGE = 30  # seconds: without viewers it measures every 10 s


def check_uwsgi(_site: SiteClient) -> Findings:
    if not settings.WEB_STATS:
        yield report_skipped("MYWEB_WEB_STATS is not set, which is right if another server renders the pages")
        return
    try:
        stats = msgspec.json.decode(fetch_stats(settings.WEB_STATS), type=UwsgiStats)
    except (OSError, SourceDown, ValueError) as error:
        yield report_warning(
            f"no statistics at {settings.WEB_STATS}: {describe_error(error)}", get_installation().start_command("web")
        )
        return
    workers = [worker for worker in stats.workers if worker.pid]
    busy = sum(worker.status == "busy" for worker in workers)
    figures = {reading.name: int(reading.value) for reading in read_queues(stats)}
    waiting, most = figures.get("queue", 0), figures.get("queue.most", 0)
    message = f"{busy} of {format_count(len(workers), 'worker')} busy, {waiting} waiting" + (
        f" of {most}" if most else ""
    )
    if not workers:
        yield report_failure("it has no workers", get_installation().start_command("web"))
    elif waiting and busy == len(workers):
        yield report_warning(
            message, get_installation().explain_setting(f"MYWEB_WEB_PROCESSES={2 * len(workers)}, if this persists")
        )
    else:
        yield report_ok(message)
    if hung := sum(worker.harakiri_count for worker in workers):
        yield report_ok(f"{format_count(hung, 'request')} took longer than 30 s since the start")


def check_live(site: SiteClient) -> Findings:
    alive, dead = find_socket_paths()
    if dead:
        names = ", ".join(path.name for path in dead)
        message = f"{format_count(len(dead), 'process does', 'processes do')} not answer: {names}"
        hint = get_installation().restart_live_command([find_process_name(path) for path in dead])
        yield (report_warning if alive else report_failure)(message, hint)
        if not alive:
            return
    # Old reports stay for a while, so one process is contacted now.
    target = site.behind_nginx(str(alive[0])) if alive else site
    try:
        result = try_handshake(target, site.origin)
    except httpx.TransportError as error:
        message = f"{target.address} does not respond: {describe_transport_error(error)}"
        yield (
            report_failure(message, get_installation().start_command("live"))
            if alive
            else report_no_response(target, error, "live")
        )
        return
    finally:
        target.close()
    if result.status != 101:
        yield report_handshake(site, result)
        return
    try:
        yield from check_process_reports(len(alive))
    except (redis.RedisError, DatabaseError) as error:
        yield report_unreadable("the statistics of the processes", error)


def find_socket_paths() -> tuple[list[Path], list[Path]]:
    """The unix sockets that respond, and those that do not. Each is contacted directly, as nginx skips dead ones."""
    directories = {
        Path(address).parent for address in (settings.WEB_STATS, settings.NGINX_STATUS) if address.startswith("/")
    }
    paths = sorted(path for place in directories for path in place.glob("live*.sock"))
    dead = [path for path in paths if healthcheck.find_failure("live", str(path))]
    return [path for path in paths if path not in dead], dead


def find_process_name(path: Path) -> str:
    """With Docker the id of the container, which is in its lock (deploy/docker/entrypoint)."""
    lock = path.with_suffix(".lock")
    return (lock.read_text().strip() if lock.exists() else "") or path.stem


def check_process_reports(alive: int) -> Findings:
    end = time.monotonic() + REPORT_TIMEOUT
    while not (fresh_reports := reports.get_fresh_reports()) and time.monotonic() < end:
        time.sleep(0.1)
    if not fresh_reports:
        yield report_failure("no socket process reports statistics", get_installation().start_command("live"))
        return
    opened = sum(report.now.get("sockets", 0) for report in fresh_reports)
    processes = format_count(alive or len(fresh_reports), "process", "processes")
    yield report_ok(f"{format_count(int(opened), 'open socket')} in {processes}")
    ages = [time.time() - report.found_killed_at for report in fresh_reports]
    if killed := [age for age in ages if age < RECENT]:
        were = format_count(len(killed), "process was", "processes were")
        yield report_warning(
            f"{were} killed and replaced, the last one {format_duration(min(killed))} ago", get_killed_hint()
        )
    if len(fresh_reports) > 1 and not settings.REDIS:
        yield report_failure(
            "several processes without Redis: events of other processes arrive late",
            get_installation().explain_setting("REDIS_HOST"),
        )


def report_unreadable(what: str, error: Exception) -> Finding:
    hint = get_database_hint(error) if isinstance(error, DatabaseError) else get_installation().start_command("redis")
    return report_failure(f"{what} can't be read: {describe_error(error)}", hint)


def check_collector(_site: SiteClient) -> Findings:
    try:
        held = Lease.objects.filter(name="collector", until__gt=Now()).first()
        known = Lease.objects.filter(name="collector").exists()
        if not held:
            message = "no collector is active: no alerts, no dashboards"
            yield report_failure(
                message if known else "no collector has ever run here", get_installation().start_command("collector")
            )
            return
        yield from check_measurements(held.holder)
    except (redis.RedisError, DatabaseError) as error:
        yield report_unreadable("its values", error)


def check_measurements(holder: str) -> Findings:
    now, keys = int(time.time()), {source.key for source in create_configured_readers()}
    last = {
        source.key: rows[-1]
        for source in Source.objects.filter(key__in=keys)
        if (rows := get_ring().since(source.pk, now - MAX_VALUE_AGE))
    }
    if not last:
        yield report_failure(
            f"{holder} has the lease and has measured nothing for {format_duration(MAX_VALUE_AGE)}",
            get_installation().start_command("collector"),
        )
        return
    yield report_ok(
        f"measured {format_duration(max(0, now - max(row.t for row in last.values())))} ago; {holder} has the lease"
    )
    if down := sorted(key for key, row in last.items() if not row.values):
        yield report_warning(
            f"it cannot read {', '.join(down)}", f"See its log: {get_installation().log_command('collector')}"
        )
