"""How long to wait after too many attempts. allauth does not say, so this reads its history in the cache.

How many there may be says ACCOUNT_RATE_LIMITS in myweb/settings.py, of sign-ins also login_limits.py.
"""

import time

from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from myweb.formats import format_wait
from myweb.too_many_requests import render_too_many_requests

APP = "allauth.account"
# The URL name of a page -> allauth's action for its limit.
ACTIONS = {
    "account_login": "login",
    "account_signup": "signup",
    "account_reset_password": "reset_password",
    "account_reset_password_from_key": "reset_password_from_key",
    "account_change_password": "change_password",
    "account_set_password": "change_password",
}


def get_wait_time(request: HttpRequest, action: str, key: str, rates: dict[str, str] | None = None) -> float:
    """Seconds until the oldest attempt of a full limit expires; 0.0 if no limit is full.

    ``rates`` by action; by default allauth's.
    """
    now, waits = time.time(), [0.0]
    for rate in ratelimit.get_rates(app=APP, action=action, config=rates):
        name = ratelimit.get_cache_key(request, app=APP, action=action, rate=rate, key=key, user=request.user)
        history = [moment for moment in cache.get(name, []) if moment > now - rate.duration]
        if len(history) >= rate.amount:
            waits.append(min(history) + rate.duration - now)
    return max(waits)


def format_rate_limit_text(wait: float) -> str:
    return _("Too many attempts. Try again in %(time)s.") % {"time": format_wait(wait)}


def handle_rate_limit(request: HttpRequest) -> HttpResponse:
    """The site's ``handler429``, which allauth calls when a limit is reached."""
    match = request.resolver_match
    action = ACTIONS.get(match.url_name or "", "") if match else ""
    wait = get_wait_time(request, action, request.POST.get("email", "").strip().lower())
    return render_too_many_requests(request, wait, format_rate_limit_text(wait))
