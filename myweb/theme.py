"""The theme of a browser: the system's, light or dark. A cookie keeps the choice, so that a page begins in it."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from myweb.origins import get_site_origin

THEME_COOKIE = "theme"  # theme.js sets it too
THEME_AGE = 31_536_000  # seconds
COLOUR_SCHEMES = {"system": "light dark", "light": "light", "dark": "dark"}


def read_theme(request: HttpRequest) -> dict[str, str]:
    """The values of ``base.html``; also a context processor."""
    theme = request.COOKIES.get(THEME_COOKIE, "system")
    theme = theme if theme in COLOUR_SCHEMES else "system"
    return {"theme": theme, "colour_scheme": COLOUR_SCHEMES[theme]}


@login_not_required
@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """For browsers without script."""
    wanted = request.POST.get("next", "")
    here = urlsplit(get_site_origin(request)).netloc
    safe = url_has_allowed_host_and_scheme(wanted, {here}, require_https=request.is_secure())
    response = redirect(wanted if safe else "/")
    theme = request.POST.get("theme", "")
    if theme in COLOUR_SCHEMES:
        response.set_cookie(THEME_COOKIE, theme, max_age=THEME_AGE, samesite="Lax", secure=settings.SECURE)
    return response
