"""How long who tried too often has to wait. allauth counts but does not tell, so its notes are read here."""

import time

from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from myweb import limits
from myweb.formats import format_wait

APP = "allauth.account"
# The name of a page -> what allauth calls that which it limits there.
ACTIONS = {
    "account_login": "login",
    "account_signup": "signup",
    "account_reset_password": "reset_password",
    "account_reset_password_from_key": "reset_password_from_key",
    "account_change_password": "change_password",
    "account_set_password": "change_password",
}


def seconds(request: HttpRequest, action: str, key: str) -> float:
    """Until the oldest of the attempts that fill a limit is forgotten; 0.0 if none is full."""
    now, waits = time.time(), [0.0]
    for rate in ratelimit.get_rates(app=APP, action=action):
        name = ratelimit.get_cache_key(request, app=APP, action=action, rate=rate, key=key, user=request.user)
        history = [moment for moment in cache.get(name, []) if moment > now - rate.duration]
        if len(history) >= rate.amount:
            waits.append(min(history) + rate.duration - now)
    return max(waits)


def text(wait: float) -> str:
    return _("Too many attempts. Try again in %(time)s.") % {"time": format_wait(wait)}


def refuse(request: HttpRequest) -> HttpResponse:
    """What allauth calls when a limit is reached; ``handler429`` of the site."""
    found = request.resolver_match
    action = ACTIONS.get(found.url_name or "", "") if found else ""
    wait = seconds(request, action, request.POST.get("email", "").strip().lower())
    return limits.refuse(request, wait, text(wait))
