"""The processes: uWSGI by its statistics, the socket servers and the collector by what they tell of themselves."""

import time
from pathlib import Path

import httpx
import msgspec
import redis
from django.conf import settings
from django.db import DatabaseError
from django.db.models.functions import Now

from care.doctor.database import lost
from care.doctor.finding import Finding, Findings, counted, failed, ok, skipped, warning, why
from care.doctor.front import Front, silent, trouble
from care.doctor.upgrade import handshake, judged
from care.doctor.ways import way
from deploy import probe
from monitor.metrics import reports
from monitor.metrics.models import Lease, Source
from monitor.metrics.readings import Down
from monitor.metrics.sources import configured
from monitor.metrics.sources.web import Stats, ask, queues
from monitor.metrics.store.ring import get_ring

TOLD_WITHIN = 3.0  # seconds: a process tells of itself each second, once somebody has come
MEASURED_WITHIN = 30  # seconds: it measures every 10 s while nobody looks


def uwsgi(_front: Front) -> Findings:
    if not settings.WEB_STATS:
        yield skipped("MYWEB_WEB_STATS is not set, which is right if another server renders the pages")
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
        yield warning(said, way().sets(f"MYWEB_WEB_PROCESSES={2 * len(workers)}, if this persists"))
    else:
        yield ok(said)
    if hung := sum(each.harakiri_count for each in workers):
        yield ok(f"{counted(hung, 'request')} took longer than 30 s since the start")


def live(front: Front) -> Findings:
    alive, dead = sockets()
    if dead:
        said = (
            f"{counted(len(dead), 'process does', 'processes do')} not answer: {', '.join(each.name for each in dead)}"
        )
        yield (warning if alive else failed)(said, way().starts("live"))
        if not alive:
            return
    # What they have told stays for a while: somebody has to come to one that is there now.
    door = front.past_nginx(str(alive[0])) if alive else front
    try:
        found = handshake(door, front.origin)
    except httpx.TransportError as error:
        said = f"{door.where} does not respond: {trouble(error)}"
        yield failed(said, way().starts("live")) if alive else silent(door, error, "live")
        return
    finally:
        door.close()
    if found.status != 101:
        yield judged(front, found)
        return
    try:
        yield from telling(len(alive))
    except (redis.RedisError, DatabaseError) as error:
        yield unreadable("the statistics of the processes", error)


def sockets() -> tuple[list[Path], list[Path]]:
    """Where each process listens on a unix socket, each is asked by itself: nginx would pass over one that is dead."""
    places = {Path(each).parent for each in (settings.WEB_STATS, settings.NGINX_STATUS) if each.startswith("/")}
    paths = sorted(path for place in places for path in place.glob("live*.sock"))
    dead = [path for path in paths if probe.look("live", str(path))]
    return [path for path in paths if path not in dead], dead


def telling(alive: int) -> Findings:
    end = time.monotonic() + TOLD_WITHIN
    while not (told := reports.fresh()) and time.monotonic() < end:
        time.sleep(0.1)
    if not told:
        yield failed("no socket process reports statistics", way().starts("live"))
        return
    opened = sum(each.now.get("sockets", 0) for each in told)
    yield ok(f"{counted(int(opened), 'open socket')} in {counted(alive or len(told), 'process', 'processes')}")
    if len(told) > 1 and not settings.REDIS:
        yield failed("several processes without Redis: events of other processes arrive late", way().sets("REDIS_HOST"))


def unreadable(what: str, error: Exception) -> Finding:
    mend = lost() if isinstance(error, DatabaseError) else way().starts("redis")
    return failed(f"{what} can't be read: {why(error)}", mend)


def collector(_front: Front) -> Findings:
    try:
        held = Lease.objects.filter(name="collector", until__gt=Now()).first()
        known = Lease.objects.filter(name="collector").exists()
        if not held:
            said = "no collector is active: no alerts, no dashboards"
            yield failed(said if known else "no collector has ever run here", way().starts("collector"))
            return
        yield from measured(held.holder)
    except (redis.RedisError, DatabaseError) as error:
        yield unreadable("its values", error)


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
    yield ok(f"measured {max(0, now - max(row.t for row in last.values()))} s ago; {holder} has the lease")
    if down := sorted(key for key, row in last.items() if not row.values):
        yield warning(f"it cannot read {', '.join(down)}", f"See its log: {way().logs('collector')}")
