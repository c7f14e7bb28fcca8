"""What those who watch over the processes ask. No sign-in, no session, nothing that tells more than well or not."""

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error as DatabaseTrouble
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from realtime.publish import get_shared_client


def said(text: str, status: int = 200) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain")


@login_not_required
@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers. It asks nobody: to restart it would not bring a database back."""
    return said("ok")


@login_not_required
@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """It can do its work. Without Redis it can: late events are read from the database (see docs/realtime.md)."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseTrouble:
        return said("The database does not respond.", 503)
    return said("ok" if hears() else "degraded: Redis does not respond; messages arrive some seconds late.")


def hears() -> bool:
    if not settings.REDIS:
        return True
    try:
        return bool(get_shared_client().ping())
    except redis.RedisError:
        return False
