"""The language of a request: the one chosen in this browser, else the workspace's, else the browser's."""

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.views.i18n import set_language

from accounts.models import User, Workspace

PROBES = {"/healthz", "/readyz"}  # they respond while the database does not, and have no language


def detect_language(request: HttpRequest, default: str) -> str:
    """``default`` is that of the workspace, or empty."""
    chosen = settings.LANGUAGE_COOKIE_NAME in request.COOKIES
    return default if default and not chosen else translation.get_language_from_request(request)


def get_default_language(path: str) -> str:
    try:
        return "" if path in PROBES else Workspace.current().language
    except DatabaseError:  # an error page has a language too
        return ""


class WorkspaceLocaleMiddleware(LocaleMiddleware):
    def process_request(self, request: HttpRequest) -> None:
        language = detect_language(request, get_default_language(request.path))
        translation.activate(language)
        request.LANGUAGE_CODE = language


def choose_language(request: HttpRequest) -> HttpResponse:
    """Of this browser, and of mails from now on."""
    response = set_language(request)
    if request.user.is_authenticated and settings.LANGUAGE_COOKIE_NAME in response.cookies:
        remember_language(request.user, response.cookies[settings.LANGUAGE_COOKIE_NAME].value)
    return response


def remember_language(user: User, language: str) -> None:
    """The language of pages is known by the request; mails are made without one."""
    if user.language != language:
        User.objects.filter(pk=user.pk).update(language=language)
