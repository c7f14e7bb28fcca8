"""The processes: uWSGI by its statistics, the socket servers and the collector by what they tell of themselves."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import redis
from django.conf import settings
from django.db import DatabaseError
from django.db.models.functions import Now

from care.doctor.finding import Finding, Findings, counted, failed, ok, skipped, warning, why
from care.doctor.front import Front
from care.doctor.upgrade import handshake
from care.doctor.ways import way
from deploy import probe
from monitor import reports
from monitor.metrics import Down
from monitor.models import Lease, Source
from monitor.sources import configured
from monitor.sources.web import Stats, ask, queues
from monitor.store.ring import get_ring

TOLD_WITHIN = 3.0  # seconds: a process tells of itself each second, once somebody has come
MEASURED_WITHIN = 30  # seconds: it measures every 10 s while nobody looks


def uwsgi(_front: Front) -> Findings:
    if not settings.WEB_STATS:
        if settings.DEBUG:
            yield skipped("with MYWEB_DEBUG runserver makes the pages")
        else:
            yield warning("its statistics are not known", way().sets("MYWEB_WEB_STATS, as uWSGI has it in its stats"))
        return
    try:
        told = msgspec.json.decode(ask(settings.WEB_STATS), type=Stats)
    except (OSError, Down, ValueError) as error:
        yield warning(f"no statistics at {settings.WEB_STATS}: {why(error)}", way().starts("web"))
        return
    workers = [each for each in told.workers if each.pid]
    busy = sum(each.status == "busy" for each in workers)
    figures = {each.name: int(each.value) for each in queues(told)}
    waiting, most = figures.get("queue", 0), figures.get("queue.most", 0)
    said = f"{busy} of {counted(len(workers), 'worker')} busy, {waiting} waiting" + (f" of {most}" if most else "")
    if not workers:
        yield failed("it has no workers", way().starts("web"))
    elif waiting and busy == len(workers):
        yield warning(said, way().sets(f"MYWEB_WEB_PROCESSES={2 * len(workers)}, if it stays so"))
    else:
        yield ok(said)
    if hung := sum(each.harakiri_count for each in workers):
        yield ok(f"{counted(hung, 'request')} took longer than 30 s since the start")


def live(front: Front) -> Findings:
    yield from sockets()
    try:
        told = reports.fresh() or woken(front)
        silent = sorted(each.name for each in reports.told() if time.time() - each.at > reports.FRESH)
    except (redis.RedisError, DatabaseError) as error:
        yield failed(
            f"what the processes tell of themselves cannot be read: {why(error)}", f"{way().manage} doctor --only redis"
        )
        return
    if not told:
        yield failed("no socket process tells of itself", way().starts("live"))
        return
    opened = sum(each.now.get("sockets", 0) for each in told)
    yield ok(f"{counted(len(told), 'process tells', 'processes tell')} of {counted(int(opened), 'open socket')}")
    if silent:
        yield warning(f"silent for some seconds: {', '.join(silent)}", f"{way().starts('live')} - unless it was ended")
    if len(told) > 1 and not settings.REDIS:
        yield failed("several processes, and no Redis: each hears of the others late", way().sets("REDIS_HOST"))


def woken(front: Front) -> list[reports.Report]:
    """A process to which nobody has come yet tells nothing."""
    try:
        handshake(front, front.origin)
    except httpx.TransportError:
        return []
    end = time.monotonic() + TOLD_WITHIN
    while not (told := reports.fresh()) and time.monotonic() < end:
        time.sleep(0.1)
    return told


def sockets() -> Iterator[Finding]:
    """Where each process listens on a unix socket, each is asked by itself: nginx would pass over one that is dead."""
    places = {Path(each).parent for each in (settings.WEB_STATS, settings.NGINX_STATUS) if each.startswith("/")}
    paths = sorted(path for place in places for path in place.glob("live*.sock"))
    dead = [path.name for path in paths if probe.look("live", str(path))]
    if dead:
        said = f"{counted(len(dead), 'socket does', 'sockets do')} not answer: {', '.join(dead)}"
        yield (failed if len(dead) == len(paths) else warning)(said, way().starts("live"))
    elif paths:
        yield ok(f"{counted(len(paths), 'socket answers', 'sockets answer')}")


def collector(_front: Front) -> Findings:
    try:
        held = Lease.objects.filter(name="collector", until__gt=Now()).first()
        known = Lease.objects.filter(name="collector").exists()
        if not held:
            said = "no collector measures now: no alerts, no dashboards"
            yield failed(said if known else "no collector has ever measured here", way().starts("collector"))
            return
        yield from measured(held.holder)
    except (redis.RedisError, DatabaseError) as error:
        yield failed(
            f"what it measured cannot be read: {why(error)}", f"{way().manage} doctor --only database --only redis"
        )


def measured(holder: str) -> Findings:
    now, keys = int(time.time()), {each.key for each in configured()}
    last = {
        source.key: rows[-1]
        for source in Source.objects.filter(key__in=keys)
        if (rows := get_ring().since(source.pk, now - MEASURED_WITHIN))
    }
    if not last:
        yield failed(
            f"{holder} has the lease and has measured nothing for {MEASURED_WITHIN} s", way().starts("collector")
        )
        return
    yield ok(f"{holder} measured {max(0, now - max(row.t for row in last.values()))} s ago")
    if down := sorted(key for key, row in last.items() if not row.values):
        yield warning(f"it cannot read {', '.join(down)}", f"Its log tells why: {way().starts('collector')}")
