"""Limits on failed sign-ins: wrong passwords lock an account for their own network.

Attempts from many networks slow unknown browsers down, never a browser that has signed in to the account before.
"""

from typing import NamedTuple

from allauth.core.internal import ratelimit
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import get_random_string

from accounts.models import User
from accounts.too_many_attempts import APP, get_wait_time
from myweb.text_cleaning import normalize_text
from myweb.too_many_requests import get_client_network

COOKIE = "__Host-known-browser" if settings.SECURE else "known-browser"
COOKIE_AGE = 60 * 60 * 24 * 400  # seconds; browsers keep none for longer
SALT = "accounts.known-browser"
ACCOUNTS_OF_A_BROWSER = 10
# Attempts in a time, in allauth's notation. They are counted in CACHES.
RATES = {
    "login_network": "10/m/key",
    "login_account_network": "5/5m/key",
    "login_account": "40/10m/key",
    "login_known_browser": "10/5m/key",
}


class Limit(NamedTuple):
    """``action`` is a key of RATES."""

    action: str
    key: str


def list_login_limits(request: HttpRequest, email: str) -> list[Limit]:
    network = get_client_network(request.META.get("REMOTE_ADDR", ""))
    account = make_account_key(email)
    if browser := get_known_browser(request, email):
        return [Limit("login_known_browser", f"{account}|{browser}")]
    return [
        Limit("login_network", network),
        Limit("login_account_network", f"{account}|{network}"),
        Limit("login_account", account),
    ]


def make_account_key(email: str) -> str:
    """The same key for all spellings that the database considers one address: it compares in upper case."""
    return normalize_text("NFKC", email.strip()).upper().casefold()


def take_attempt(request: HttpRequest, email: str) -> ratelimit.RateLimitUsage | None:
    """Counts an attempt, which allauth may roll back; None if a limit is reached."""
    limits = list_login_limits(request, email)
    usages: list[ratelimit.RateLimitUsage] = []
    for limit in limits:
        usage = ratelimit.consume(request, app=APP, action=limit.action, key=limit.key, config=RATES)
        if usage is None:
            for taken in usages:  # a full limit must not fill the others
                taken.rollback()
            return None
        usages.append(usage)
    return ratelimit.RateLimitUsage(usage=[single for usage in usages for single in usage.usage])


def get_login_wait(request: HttpRequest, email: str) -> float:
    return max(get_wait_time(request, limit.action, limit.key, RATES) for limit in list_login_limits(request, email))


def clear_limits(request: HttpRequest, email: str) -> None:
    """After a password change, earlier guesses no longer matter."""
    for limit in list_login_limits(request, email):
        if limit.action != "login_network":
            ratelimit.clear(request, app=APP, action=limit.action, key=limit.key, config=RATES)


def get_known_browser(request: HttpRequest, email: str) -> str:
    """The browser's random ID if it has signed in to this account before, else empty."""
    browser, accounts = read_cookie(request)
    if not accounts:
        return ""
    known = User.objects.filter(email=email.strip().lower(), pk__in=accounts).exists()
    return browser if known else ""


def read_cookie(request: HttpRequest) -> tuple[str, list[int]]:
    try:
        value = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=COOKIE_AGE)
        return str(value["browser"]), [int(number) for number in value["accounts"]]
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return "", []


def remember_browser(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """The cookie grants no access: it only lists the accounts that this browser has signed in to."""
    browser, accounts = read_cookie(request)
    accounts = [user.pk, *(number for number in accounts if number != user.pk)][:ACCOUNTS_OF_A_BROWSER]
    value = signing.dumps({"browser": browser or get_random_string(16), "accounts": accounts}, salt=SALT)
    response.set_cookie(COOKIE, value, max_age=COOKIE_AGE, secure=settings.SECURE, httponly=True, samesite="Lax")
