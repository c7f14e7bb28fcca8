"""Health checks for load balancers and process managers. They need no sign-in and no session."""

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from monitor.metrics.lease import LastTick, read_last_tick
from myweb import error_pages
from myweb.times import format_timestamp
from realtime.publish import get_shared_client


def text_response(text: str, status: int = 200) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain")


@login_not_required
@require_safe
@never_cache
def check_health(request: HttpRequest) -> HttpResponse:
    """Liveness: this process responds. No other server is checked, since a restart would not repair it."""
    return text_response("ok")


@login_not_required
@require_safe
@never_cache
def check_ready(request: HttpRequest) -> HttpResponse:
    """Readiness: the database responds. Without Redis, events are read from the database (see docs/realtime.md).

    Without a collector this process works all the same, so it stays in service: 200 with a second line. A monitor asks
    ``/collectorz``.
    """
    try:
        tick = read_last_tick()
    except DatabaseError as error:
        return text_response(describe_failure(error), 503)
    state = "ok" if is_redis_available() else "degraded: Redis does not respond; messages arrive some seconds late."
    return text_response(f"{state}\n{describe_silence(tick)}" if tick and tick.is_old else state)


@login_not_required
@require_safe
@never_cache
def check_collector(request: HttpRequest) -> HttpResponse:
    """Whether a collector measures, for a monitor outside. Nothing inside acts upon it."""
    try:
        tick = read_last_tick()
    except DatabaseError as error:
        return text_response(describe_failure(error), 503)
    if tick and not tick.is_old:
        return text_response("ok")
    return text_response(describe_silence(tick) if tick else "No collector has measured here.", 503)


def describe_failure(error: DatabaseError) -> str:
    if error_pages.is_store_unavailable(error):
        return "The database does not respond."
    return "The database is not migrated: run manage.py migrate."


def describe_silence(tick: LastTick) -> str:
    return f"Not measured since {format_timestamp(tick.at)}: no collector is active."


def is_redis_available() -> bool:
    if not settings.REDIS:
        return True
    try:
        get_shared_client().ping()
    except redis.RedisError:
        return False
    error_pages.failures.record_success(error_pages.REDIS)
    return True
