"""Limits on failed sign-ins. Guesses from elsewhere never lock out a browser that has signed in to the account."""

from typing import NamedTuple

from allauth.core.internal import ratelimit
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import get_random_string

from accounts.models import User
from accounts.rate_limit import APP, get_wait_time
from myweb.text import normalize_text
from myweb.too_many_requests import get_client_network

COOKIE = "__Host-known-browser" if settings.SECURE else "known-browser"
COOKIE_AGE = 60 * 60 * 24 * 400  # seconds; browsers keep none for longer
SALT = "accounts.known-browser"
ACCOUNTS_OF_A_BROWSER = 10


class Limit(NamedTuple):
    """``action`` names the rates in ACCOUNT_RATE_LIMITS."""

    action: str
    key: str


def limits_for(request: HttpRequest, email: str) -> list[Limit]:
    network = get_client_network(request.META.get("REMOTE_ADDR", ""))
    account = account_key(email)
    if browser := known_browser(request, email):
        return [Limit("login_known_browser", f"{account}|{browser}")]
    return [
        Limit("login_network", network),
        Limit("login_account_network", f"{account}|{network}"),
        Limit("login_account", account),
    ]


def account_key(email: str) -> str:
    """One for all spellings that the database takes for the same address: it compares in upper case."""
    return normalize_text("NFKC", email.strip()).upper().casefold()


def take_attempt(request: HttpRequest, email: str) -> ratelimit.RateLimitUsage | None:
    """Counts an attempt until it is given back; None if a limit is full."""
    limits = limits_for(request, email)
    usages: list[ratelimit.RateLimitUsage] = []
    for limit in limits:
        usage = ratelimit.consume(request, app=APP, action=limit.action, key=limit.key)
        if usage is None:
            for taken in usages:  # a full limit must not fill the others
                taken.rollback()
            return None
        usages.append(usage)
    return ratelimit.RateLimitUsage(usage=[single for usage in usages for single in usage.usage])


def seconds_to_wait(request: HttpRequest, email: str) -> float:
    return max(get_wait_time(request, limit.action, limit.key) for limit in limits_for(request, email))


def clear_limits(request: HttpRequest, email: str) -> None:
    """After a new password was chosen: old guesses are worth nothing."""
    for limit in limits_for(request, email):
        if limit.action != "login_network":
            ratelimit.clear(request, app=APP, action=limit.action, key=limit.key)


def known_browser(request: HttpRequest, email: str) -> str:
    """The browser's own number if somebody signed in to this account with it before, else empty."""
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
    """The cookie opens nothing: it only says to which accounts this browser has signed in."""
    browser, accounts = read_cookie(request)
    accounts = [user.pk, *(number for number in accounts if number != user.pk)][:ACCOUNTS_OF_A_BROWSER]
    value = signing.dumps({"browser": browser or get_random_string(16), "accounts": accounts}, salt=SALT)
    response.set_cookie(COOKIE, value, max_age=COOKIE_AGE, secure=settings.SECURE, httponly=True, samesite="Lax")
