"""Health checks for load balancers and process managers. They need no sign-in and no session."""

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error as DatabaseError
from django.db import ProgrammingError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import Workspace
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
    """Readiness: the database responds and has tables.

    Without Redis, events are read from the database (see docs/realtime.md).
    """
    try:
        Workspace.objects.exists()
    except DatabaseError as error:
        if is_table_missing(error):
            return text_response("The database is not migrated: run manage.py migrate.", 503)
        return text_response("The database does not respond.", 503)
    return text_response(
        "ok" if is_redis_available() else "degraded: Redis does not respond; messages arrive some seconds late."
    )


def is_table_missing(error: DatabaseError) -> bool:
    return isinstance(error, ProgrammingError) or "no such table" in str(error)


def is_redis_available() -> bool:
    if not settings.REDIS:
        return True
    try:
        return bool(get_shared_client().ping())
    except redis.RedisError:
        return False
